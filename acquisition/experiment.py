"""The contract of an experiment: pure logic that yields shots and takes captures, with no I/O in it.

Whoever drives it (a worker with a radio, a test, a digital twin) does

    while (shot := experiment.next_shot()) is not None:
        experiment.take(transceiver.play(shot))
    result = experiment.result()
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from acquisition.curves import Curve
from acquisition.lines import Line
from acquisition.shot import Capture, ComplexArray, Shot


@dataclass(frozen=True)
class SpectrumWindow:
    """One stretch of a stitched spectrum, low_hz <= f < high_hz, that comes from one tuning of the radio.

    `noise_sigma` is the standard deviation of a bin within it. The values were turned back by `phase_rad`, the phase of
    this tuning against the first window, where a line that both see tells it (`phase_known`); else it is 0, and the
    phase within the window is its own.
    """

    low_hz: float
    high_hz: float
    noise_sigma: float
    phase_rad: float = 0.0
    phase_known: bool = False


@dataclass(frozen=True, eq=False)
class Spectrum:
    """An evenly spaced complex spectrum: bin k lies at x0_hz + k * dx_hz (absolute frequency, Hz).

    `noise_sigma` is the standard deviation of a bin in the median over all; of a stitched spectrum `windows` give it
    for each tuning, by rising frequency.
    """

    x0_hz: float
    dx_hz: float
    values: ComplexArray
    noise_sigma: float
    windows: tuple[SpectrumWindow, ...] = ()


@dataclass(frozen=True)
class Progress:
    """How far an experiment is. `shots_planned` and `duration_planned_s` may grow when candidates are found."""

    step: str  # machine name: "survey", "confirm", "done"
    message: str  # one sentence for people
    shots_done: int
    shots_planned: int
    duration_done_s: float
    duration_planned_s: float


@dataclass(frozen=True, eq=False)
class ExperimentResult:
    """The end of an experiment: every line with its status (rejected ones too) and the last quick spectrum."""

    lines: tuple[Line, ...]
    spectrum: Spectrum | None
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Plan:
    """What an experiment will do, known before any instrument time is spent.

    `windows_hz` lists (centre, width) of each window; `excitation_frequency_hz` and `excitation_flip_deg` (same shape)
    draw the excitation profile over the whole range; `shots_survey`, `shots_confirm_max` count shots; `duration_s` is
    what is expected, `duration_max_s` the bound.
    """

    windows_hz: tuple[tuple[float, float], ...]
    shots_survey: int
    shots_confirm_max: int
    averages_per_shot: int
    duration_s: float
    duration_max_s: float
    excitation_frequency_hz: npt.NDArray[np.float64]
    excitation_flip_deg: npt.NDArray[np.float64]
    notes: tuple[str, ...] = field(default=())


class Experiment(Protocol):
    """Pure logic that yields shots and takes captures."""

    def next_shot(self) -> Shot | None:
        """The next shot to play, or None when the experiment is finished. Calling it twice gives the same shot."""
        ...

    def take(self, capture: Capture) -> None:
        """Take the capture of the shot that `next_shot` gave last."""
        ...

    @property
    def progress(self) -> Progress: ...

    def partial_spectrum(self) -> Spectrum | None:
        """Quick spectrum of what was captured until now, for live display; None before the first capture."""
        ...

    def partial_curves(self) -> tuple[Curve, ...]:
        """The curves as far as they have been measured, for live display; empty for methods that have none."""
        ...

    def candidates(self) -> tuple[Line, ...]:
        """Lines known until now, with their status."""
        ...

    def result(self) -> ExperimentResult:
        """What is known now; complete when `next_shot` returns None, honest about the rest when stopped early."""
        ...
