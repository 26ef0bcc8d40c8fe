"""What a capture says of the radio that received it, and which calibrations were in force when it did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class RadioState:
    """How the radio stood while it received a capture.

    `frequency_hz` is what it was tuned to, before any converter; `inverted` says that a converter mirrors the spectrum,
    which has been undone in the capture. The radio's own baseband was turned by -`turned_rad` to make the capture.
    `phase_cycle` is the cycle of the shot. `start_delay_s` is the time from the transmission's start, as the radio's
    timing has it, to the arrival of its first sample; None where that timing is unknown.
    """

    frequency_hz: float
    inverted: bool
    turned_rad: float
    phase_cycle: tuple[complex, ...]
    start_delay_s: float | None = None

    @property
    def image_left(self) -> complex:
        """Factor on the receiver's quadrature image that the phase cycle leaves: 0 for four steps, 1 for two."""
        if not self.phase_cycle:
            return 0j
        return sum((complex(phase).conjugate() ** 2 for phase in self.phase_cycle), 0j) / len(self.phase_cycle)


@dataclass(frozen=True)
class UsedCalibration:
    """A calibrated quantity as it was when a run started: name with SI unit, value and one-sigma (NaN if unknown).

    `sample_rate_hz` is the rate it was measured at, where it is true for that only (0: for every rate); `number` and
    `measured_at` (ISO 8601) say which measurement it was.
    """

    quantity: str
    value: float
    sigma: float = math.nan
    sample_rate_hz: float = 0.0
    number: int = 0
    measured_at: str = ""


def calibrated(used: Sequence[UsedCalibration], quantity: str, sample_rate_hz: float) -> float | None:
    """The value of a quantity that is true for this rate, or None."""
    for one in used:
        if one.quantity == quantity and one.sample_rate_hz in (0.0, sample_rate_hz):
            return one.value
    return None
