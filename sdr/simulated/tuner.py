"""Around the sample: the probe's resonance as a motor or a varactor moves it, and the temperature."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from sdr.simulated.sample import Tuning

_STEPS = 16  # the way is gone in so many steps, so that little depends on when exactly one looks


class ProbeTuner:
    """Where the probe is tuned; times are the radio's own, in s."""

    def __init__(self, tuning: Tuning) -> None:
        self._tuning = tuning
        self._from_hz = self._target_hz = tuning.tuned_hz
        self._arrival_s = -math.inf

    @property
    def range_hz(self) -> tuple[float, float]:
        return self._tuning.minimum_hz, self._tuning.maximum_hz

    @property
    def arrival_s(self) -> float:
        """When the last movement is or was over."""
        return self._arrival_s

    def tune(self, frequency_hz: float, now_s: float) -> float:
        """Begin to move there; returns how long it takes in s. ValueError if it is out of range."""
        low, high = self.range_hz
        if not low <= frequency_hz <= high:
            raise ValueError(f"frequency must be between {low:.0f} and {high:.0f} Hz, not {frequency_hz:.0f} Hz")
        self._from_hz = self.frequency_hz(now_s)
        self._target_hz = frequency_hz
        duration_s = self._tuning.settling_s if frequency_hz != self._from_hz else 0.0
        self._arrival_s = now_s + duration_s
        return duration_s

    def frequency_hz(self, now_s: float) -> float:
        """The resonance at this time; it moves evenly from where it was to where it shall be."""
        left_s = self._arrival_s - now_s
        if left_s <= 0:
            return self._target_hz
        left = math.ceil(_STEPS * left_s / self._tuning.settling_s) / _STEPS
        return self._target_hz + (self._from_hz - self._target_hz) * min(left, 1.0)


@dataclass
class Surroundings:
    """What a reboot of the radio leaves as it is. Without a tuner the probe follows the transmitter."""

    tuning: Tuning | None
    temperature_k: float
    tuner: ProbeTuner | None = field(init=False)

    def __post_init__(self) -> None:
        self.tuner = ProbeTuner(self.tuning) if self.tuning is not None else None
