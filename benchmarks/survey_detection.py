"""Detection by the whole signal path: the adaptive survey of 1 MHz through libiio and the simulated spectrometer.

Each seed is a sample of its own with 0 to 3 lines at random places of the range and T2* of 150 to 600 µs; the amplitude
is one at which a single line is found with at least 95 %. The places of the lines are used only to count afterwards.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from acquisition.lines import Line, LineStatus
from acquisition.methods import get
from acquisition.methods.survey_parameters import SurveyParameters
from benchmarks.result import Result
from sdr import open_transceiver
from sdr.simulated import running
from sdr.transceiver import ConverterSettings, InstrumentSettings

SEEDS = 50
CENTRE_HZ = 28e6
SPAN_HZ = 1e6
AMPLITUDE_OVER_NOISE = 0.08
"""Signal after the best pulse over the noise of one sample of one shot: in the average of 32 shots it is 0.45."""

PARAMETERS = SurveyParameters(centre_frequency_hz=CENTRE_HZ, span_hz=SPAN_HZ, averages=32, averages_max=128)
MATCH_HZ = 3e3
"""A found line within this distance of a true one is that line."""


@dataclass(frozen=True)
class Trial:
    """What one survey found of what was there, and how far from it."""

    seed: int
    true_hz: tuple[float, ...]
    found: tuple[Line, ...]
    duration_s: float

    def matches(self) -> dict[float, Line]:
        """The found line of each true one that has one; each found line is used once."""
        left = list(self.found)
        pairs: dict[float, Line] = {}
        for frequency in self.true_hz:
            near = min(left, key=lambda line: abs(line.frequency_hz - frequency), default=None)
            if near is not None and abs(near.frequency_hz - frequency) <= MATCH_HZ:
                pairs[frequency] = near
                left.remove(near)
        return pairs

    def extra(self) -> list[Line]:
        """Confirmed lines that are not there."""
        used = list(self.matches().values())
        return [line for line in self.found if line not in used]

    def on_wrong_tooth(self) -> list[Line]:
        """Confirmed lines that lie a whole number of teeth from a line that is there."""
        spacing_hz = 1.0 / PARAMETERS.gap_period_s
        wrong = []
        for line in self.extra():
            for frequency in self.true_hz:
                distance = line.frequency_hz - frequency
                if abs(distance - spacing_hz * round(distance / spacing_hz)) <= MATCH_HZ:
                    wrong.append(line)
                    break
        return wrong


@dataclass(frozen=True)
class Tally:
    """Sums over trials."""

    lines: int
    found: int
    false_lines: int
    wrong_tooth: int
    within_3_sigma: float
    pull_deviation: float

    @property
    def recall(self) -> float:
        return self.found / self.lines if self.lines else 1.0


def sample_of(seed: int) -> dict[str, object]:
    """A sample in the simulator's JSON form: seed modulo 4 lines."""
    rng = np.random.default_rng([seed, 20])
    lines = [
        {
            "frequency_hz": CENTRE_HZ + rng.uniform(-SPAN_HZ / 2, SPAN_HZ / 2),
            "t2_star_s": rng.uniform(150e-6, 600e-6),
            "amplitude_over_noise": AMPLITUDE_OVER_NOISE,
            "t1_s": 0.02,
        }
        for _ in range(seed % 4)
    ]
    return {"name": f"seed {seed}", "lines": lines}


def trial(seed: int) -> Trial:
    """One survey through the driver and libiio on a simulated spectrometer of its own."""
    sample = sample_of(seed)
    lines = sample["lines"]
    assert isinstance(lines, list)
    with running(sample, seed=seed, serial=f"detection-{os.getpid()}-{seed}") as simulator:
        converter = ConverterSettings(side="upper", lo_hz=400e6)
        settings = InstrumentSettings(slug="detection", uri=simulator.uri, converter=converter)
        with open_transceiver(settings) as radio:
            experiment = get("survey").experiment(PARAMETERS, settings.limits)
            while (shot := experiment.next_shot()) is not None:
                experiment.take(radio.play(shot))
    certain = (LineStatus.CONFIRMED, LineStatus.MOVED)
    return Trial(
        seed=seed,
        true_hz=tuple(line["frequency_hz"] for line in lines),
        found=tuple(line for line in experiment.result().lines if line.status in certain),
        duration_s=experiment.progress.duration_done_s,
    )


def tally(trials: Iterable[Trial]) -> Tally:
    """Sums over trials; the pulls are (found - true) / sigma of the matched lines' frequencies."""
    done = list(trials)
    pulls = [
        (line.frequency_hz - frequency) / line.frequency_sigma_hz
        for one in done
        for frequency, line in one.matches().items()
    ]
    return Tally(
        lines=sum(len(one.true_hz) for one in done),
        found=len(pulls),
        false_lines=sum(len(one.extra()) for one in done),
        wrong_tooth=sum(len(one.on_wrong_tooth()) for one in done),
        within_3_sigma=_fraction([abs(pull) <= 3.0 for pull in pulls]),
        pull_deviation=float(np.std(pulls)) if pulls else math.nan,
    )


def _fraction(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else 1.0


def run() -> Result:
    """Recall over all seeds; the ratio is the same figure, there being nothing to compare it with."""
    trials = [trial(seed) for seed in range(SEEDS)]
    total = tally(trials)
    return Result(
        name="survey_detection",
        value=total.recall,
        unit="fraction of lines confirmed",
        against="none",
        ratio=total.recall,
        extra={
            "seeds": SEEDS,
            "lines": total.lines,
            "false_lines": total.false_lines,
            "wrong_tooth": total.wrong_tooth,
            "within_3_sigma": round(total.within_3_sigma, 4),
            "pull_deviation": round(total.pull_deviation, 3),
            "instrument_s": round(float(np.mean([one.duration_s for one in trials])), 2),
        },
    )
