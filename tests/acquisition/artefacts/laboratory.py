"""Whole surveys and single captures in a laboratory that disturbs them."""

from __future__ import annotations

from collections.abc import Sequence

from acquisition.experiment import ExperimentResult
from acquisition.lines import Line, LineStatus
from acquisition.shot import Capture, Shot
from tests.acquisition.interference import Laboratory
from tests.acquisition.methods.test_survey_experiment import CENTRE_HZ, Bench, certain, experiment
from tests.acquisition.synthetic import SyntheticLine

LINE = SyntheticLine(CENTRE_HZ + 0.1e6, 300e-6)


class DisturbedBench(Bench):
    """Answers shots as sample and laboratory would."""

    def __init__(self, lines: Sequence[SyntheticLine], laboratory: Laboratory, noise: float = 0.8, seed: int = 3):
        super().__init__(lines, noise=noise, seed=seed)
        self.laboratory = laboratory

    def play(self, shot: Shot) -> Capture:
        """The capture of a shot with everything that disturbs it."""
        self.captures.append(self.laboratory.disturb(super().play(shot), self.rng))
        del self.captures[-2]
        return self.captures[-1]


def survey(laboratory: Laboratory, lines: Sequence[SyntheticLine], seed: int = 3) -> ExperimentResult:
    """An adaptive survey of 1 MHz from its first to its last shot."""
    return DisturbedBench(lines, laboratory, seed=seed).run(experiment())


def frequencies_hz(lines: Sequence[Line]) -> list[float]:
    """Where the confirmed lines are."""
    return [line.frequency_hz for line in certain(lines)]


def reasons_near(lines: Sequence[Line], frequency_hz: float, within_hz: float = 2e3) -> str:
    """What is said of everything rejected near a frequency."""
    rejected = [line for line in lines if line.status is LineStatus.REJECTED]
    return " ".join(line.reason for line in rejected if abs(line.frequency_hz - frequency_hz) < within_hz)
