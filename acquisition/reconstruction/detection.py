"""The threshold above which lines are looked for, as it is stated with every result and before every survey."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from acquisition.reconstruction.parameters import ReconstructionParameters
from acquisition.reconstruction.search import search_widths_hz
from acquisition.reconstruction.statistics import detection_threshold

CANDIDATES_OF_NOISE = 1.0
"""Expected number of noise peaks among the candidates of a survey whose candidates are measured again."""


@dataclass(frozen=True)
class Detection:
    """Signal-to-noise ratio from which on something is taken for a line, and how often noise alone gets there.

    `false_alarms` is the expected number of such peaks of noise in all of the survey. Where candidates are measured
    again it is theirs, not that of the lines which are confirmed.
    """

    snr: float
    false_alarms: float

    @property
    def sentence(self) -> str:
        """The same for people."""
        return (
            f"Lines were looked for above a signal-to-noise ratio of {self.snr:.1f}, "
            f"which noise alone exceeds {self.false_alarms:.3g} times a survey."
        )


def expected(false_alarms: float, span_hz: float, parameters: ReconstructionParameters | None = None) -> Detection:
    """The threshold of a survey over a span, before anything was measured."""
    decays_s = [1.0 / (math.pi * width) for width in search_widths_hz(parameters or ReconstructionParameters())]
    return Detection(math.sqrt(detection_threshold(false_alarms, span_hz, decays_s)), false_alarms)


def of_all(parts: Sequence[Detection | None], false_alarms: float) -> Detection | None:
    """That of a survey made of parts with so many false alarms together: the highest of their thresholds."""
    known = [part.snr for part in parts if part is not None]
    return Detection(max(known), false_alarms) if known else None


def of_candidates(false_alarms: float) -> float:
    """Noise peaks that may be among the candidates where each is measured again and so many may remain of them."""
    return max(CANDIDATES_OF_NOISE, false_alarms)


def threshold_note(false_alarms: float, span_hz: float, *, measured_again: bool) -> str:
    """What a plan says of the threshold of its search."""
    found = expected(of_candidates(false_alarms) if measured_again else false_alarms, span_hz)
    again = (
        f" Each is measured again, after which {false_alarms:.3g} false lines are left on average."
        if measured_again
        else ""
    )
    return (
        f"Lines are looked for above a signal-to-noise ratio of about {found.snr:.1f}, which noise alone exceeds "
        f"{found.false_alarms:.3g} times a survey.{again}"
    )
