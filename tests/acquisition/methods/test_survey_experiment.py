"""The adaptive experiment, driven by captures of an independent simulation."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from acquisition import verdict
from acquisition.experiment import ExperimentResult
from acquisition.free_decay import pulses
from acquisition.limits import InstrumentLimits
from acquisition.lines import Line, LineStatus
from acquisition.methods import get
from acquisition.methods.survey_experiment import SurveyExperiment
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.reconstruction import ReconstructionParameters
from acquisition.shot import Capture, Shot
from tests.acquisition.synthetic import SyntheticLine, synthetic_capture

LIMITS = InstrumentLimits()
CENTRE_HZ = 28e6
NOISE = 1.5  # of the average, per sample, relative to a line's full amplitude


def experiment(limits: InstrumentLimits = LIMITS, **changes: Any) -> SurveyExperiment:
    values = {"centre_frequency_hz": CENTRE_HZ, "span_hz": 1e6} | changes
    made = get("survey").experiment(SurveyParameters(**values), limits)
    assert isinstance(made, SurveyExperiment)
    return made


class Bench:
    """Answers shots as a sample would; the phase of each tuning is random."""

    def __init__(self, lines: Sequence[SyntheticLine], noise: float = NOISE, averages: int = 32, seed: int = 0) -> None:
        self.lines, self.seed = lines, seed
        self.noise_of_one = noise * math.sqrt(averages)
        self.rng = np.random.default_rng(seed)
        self.shots: list[Shot] = []
        self.captures: list[Capture] = []

    def play(self, shot: Shot) -> Capture:
        self.shots.append(shot)
        # A saturation train is answered by anything but a linear response; a powder turns sqrt(3) times as fast.
        train = len(pulses(shot.waveform)) > 2 and shot.method == "confirm"
        spins: dict[str, Any] = (
            {"model": "bloch", "powder": True, "nutation_frequency_hz": math.sqrt(3) * 20e3} if train else {}
        )
        capture = synthetic_capture(
            shot.waveform,
            self.lines,
            self.noise_of_one / math.sqrt(shot.averages),
            sample_rate_hz=shot.sample_rate_hz,
            centre_frequency_hz=shot.centre_frequency_hz,
            dead_time_s=shot.dead_time_s,
            tail_s=(shot.capture_samples - len(shot.waveform)) / shot.sample_rate_hz,
            rng=self.rng,
            global_phase_rad=self.rng.uniform(0, 2 * math.pi),
            averages=shot.averages,
            method=shot.method,
            **spins,
        )
        self.captures.append(capture)
        return capture

    def run(self, what: SurveyExperiment) -> ExperimentResult:
        while (shot := what.next_shot()) is not None:
            what.take(self.play(shot))
        return what.result()


def certain(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.status in (LineStatus.CONFIRMED, LineStatus.MOVED)]


def random_lines(seed: int) -> list[SyntheticLine]:
    rng = np.random.default_rng(seed)
    return [SyntheticLine(CENTRE_HZ + rng.uniform(-0.5e6, 0.5e6), rng.uniform(150e-6, 600e-6)) for _ in range(seed % 4)]


@pytest.mark.parametrize("seed", range(8))
def test_it_confirms_the_lines_and_nothing_else(seed: int) -> None:
    lines = random_lines(seed)
    found = certain(Bench(lines, seed=seed).run(experiment()).lines)
    assert len(found) == len(lines)
    for expected, line in zip(sorted(lines, key=lambda line: line.frequency_hz), found, strict=True):
        assert abs(line.frequency_hz - expected.frequency_hz) < 5 * line.frequency_sigma_hz + 1
        assert line.frequency_sigma_hz < 200
        assert abs(line.fwhm_hz - 1 / (math.pi * expected.t2_star_s)) < 5 * line.fwhm_sigma_hz


def test_stored_captures_give_the_same_result() -> None:
    bench = Bench(random_lines(2), seed=2)
    result = bench.run(experiment())
    again = verdict.reconstruct(bench.captures, ReconstructionParameters())
    assert [line.status for line in again.lines] == [line.status for line in result.lines]
    for first, second in zip(certain(result.lines), certain(again.lines), strict=True):
        assert second.frequency_hz == pytest.approx(first.frequency_hz, abs=0.01)


def test_an_empty_sample_costs_the_survey_and_little_more() -> None:
    bench = Bench([], seed=11)
    result = bench.run(experiment())
    assert certain(result.lines) == []
    assert bench.shots[0].method == "survey"
    assert sum(shot.method == "survey" for shot in bench.shots) == 1
    assert all(line.status is LineStatus.REJECTED and line.reason for line in result.lines)


def test_next_shot_is_the_same_until_it_was_taken() -> None:
    running = experiment()
    first = running.next_shot()
    assert running.next_shot() is first
    with pytest.raises(ValueError, match="capture"):
        experiment().take(Bench([]).play(first))  # type: ignore[arg-type]


def test_a_confirmation_is_tuned_away_from_the_line_at_two_places() -> None:
    (line,) = random_lines(1)
    bench = Bench([line], seed=1)
    bench.run(experiment())
    near = [s for s in bench.shots if s.method == "confirm" and abs(s.centre_frequency_hz - line.frequency_hz) < 400e3]
    centres = {round(shot.centre_frequency_hz) for shot in near}
    assert len(centres) >= 2
    for centre in centres:
        assert abs(centre - line.frequency_hz) > 20e3
    assert all(len(shot.phase_cycle) == 4 and shot.averages % 4 == 0 for shot in bench.shots)


def test_progress_grows_and_ends_complete() -> None:
    bench = Bench(random_lines(1), seed=1)
    running = experiment()
    assert running.progress.shots_done == 0
    assert running.progress.shots_planned == 1
    seen = []
    while (shot := running.next_shot()) is not None:
        running.take(bench.play(shot))
        seen.append(running.progress)
    assert [p.shots_done for p in seen] == list(range(1, len(seen) + 1))
    assert all(p.shots_done <= p.shots_planned and p.duration_done_s <= p.duration_planned_s + 1e-9 for p in seen)
    assert seen[0].step == "survey"
    assert running.progress.step == "done"
    assert running.progress.shots_done == running.progress.shots_planned
    assert "Confirmed" in running.progress.message


def test_stopped_early_it_says_what_it_knows() -> None:
    (line,) = random_lines(1)
    bench = Bench([line], noise=0.5, seed=1)
    running = experiment()
    assert running.partial_spectrum() is None
    assert running.result().lines == ()
    shot = running.next_shot()
    assert shot is not None
    running.take(bench.play(shot))
    spectrum = running.partial_spectrum()
    assert spectrum is not None
    peak_hz = spectrum.x0_hz + spectrum.dx_hz * int(np.argmax(np.abs(spectrum.values)))
    assert abs(peak_hz - line.frequency_hz) < 2e3
    result = running.result()
    assert any(abs(found.frequency_hz - line.frequency_hz) < 1e3 for found in result.lines)
    assert {found.status for found in result.lines} == {LineStatus.CANDIDATE}
    assert any("stopped early" in message for message in result.messages)


def test_without_confirmation_lines_stay_candidates() -> None:
    lines = random_lines(2)
    bench = Bench(lines, noise=0.5, seed=2)
    result = bench.run(experiment(confirm=False))
    assert {shot.method for shot in bench.shots} == {"survey"}
    assert [line.status for line in result.lines] == [LineStatus.CANDIDATE] * 2


def test_a_doubtful_line_gets_more_averages_up_to_the_most() -> None:
    (line,) = random_lines(1)
    bench = Bench([line], noise=4.0, seed=3)
    bench.run(experiment(snr_target=50.0, averages_max=128))
    surveys = [shot.averages for shot in bench.shots if shot.method == "survey"]
    assert surveys == [32, 32, 64]


def test_long_averaging_is_split_into_growing_rounds() -> None:
    bench = Bench([], seed=5)
    bench.run(experiment(averages=1000, averages_max=1000, confirm=False))
    rounds = [shot.averages for shot in bench.shots]
    assert sum(rounds) == 1000
    assert rounds[0] * 50e-3 <= 2.0
    assert len(rounds) <= 6


def test_two_windows_find_a_line_in_their_overlap_once() -> None:
    line = SyntheticLine(CENTRE_HZ + 10e3, 300e-6)
    bench = Bench([line], seed=4)
    result = bench.run(experiment(span_hz=1.8e6))
    assert sum(shot.method == "survey" for shot in bench.shots) == 2
    (found,) = certain(result.lines)
    assert abs(found.frequency_hz - line.frequency_hz) < 5 * found.frequency_sigma_hz


def test_a_short_gap_period_needs_shots_on_the_neighbouring_teeth() -> None:
    """With teeth 100 kHz apart one pulse does not excite the neighbours; the line must still be found where it is."""
    line = SyntheticLine(CENTRE_HZ + 123e3, 300e-6)
    bench = Bench([line], seed=6)
    (found,) = certain(bench.run(experiment(gap_period_s=10e-6, tooth_s=0.5e-6, pulse_length_s=2e-3)).lines)
    assert abs(found.frequency_hz - line.frequency_hz) < 5 * found.frequency_sigma_hz


NARROW = InstrumentLimits(frequency_min_hz=27.95e6, frequency_max_hz=28.05e6, nutation_frequency_hz=100e3)
IN_NARROW = {"span_hz": 60e3, "tooth_s": 20e-6, "gap_period_s": 100e-6, "averages_max": 32}
"""A range in which a comb has room, and the pulse of a confirmation, 600 kHz wide, has none."""


def test_a_line_whose_confirmation_does_not_fit_stays_a_candidate_and_says_why() -> None:
    bench = Bench([SyntheticLine(CENTRE_HZ + 3e3, 300e-6)], noise=0.3, seed=3)
    running = experiment(NARROW, **IN_NARROW)
    result = bench.run(running)
    assert {shot.method for shot in bench.shots} == {"survey"}
    assert result.lines
    assert {line.status for line in result.lines} == {LineStatus.CANDIDATE}
    assert all("not measured again" in line.reason for line in result.lines)
    assert any("not measured by itself" in message and "28.05 MHz" in message for message in result.messages)
    assert running.candidates() == result.lines
    again = verdict.reconstruct(bench.captures, ReconstructionParameters())
    assert again.lines == result.lines
    assert running.progress.shots_done == running.progress.shots_planned == len(bench.shots)


@pytest.mark.parametrize("spare_s", [0.0, 4.0])
def test_it_never_takes_longer_than_planned(spare_s: float) -> None:
    """32 averages of 50 ms are 1.6 s; whatever is doubtful after them shares what the instrument's limit leaves."""
    limits = dataclasses.replace(LIMITS, run_duration_max_s=1.6 + spare_s)
    bench = Bench(random_lines(3), noise=3.0, seed=3)
    result = bench.run(experiment(limits, snr_target=50.0, averages_max=1024))
    planned = get("survey").plan(SurveyParameters(centre_frequency_hz=CENTRE_HZ, span_hz=1e6), limits)
    assert sum(shot.duration_s for shot in bench.shots) <= planned.duration_max_s * (1 + 1e-9)
    assert any("longest duration" in message for message in result.messages)
    assert len(bench.shots) > 1 if spare_s else len(bench.shots) == 1


def test_a_run_with_time_stays_within_its_plan() -> None:
    chosen = {"snr_target": 50.0, "averages_max": 128}
    bench = Bench(random_lines(3), noise=3.0, seed=3)
    bench.run(experiment(**chosen))
    planned = get("survey").plan(SurveyParameters(centre_frequency_hz=CENTRE_HZ, span_hz=1e6, **chosen), LIMITS)
    assert sum(shot.duration_s for shot in bench.shots) <= planned.duration_max_s
    assert sum(shot.method == "confirm" for shot in bench.shots) <= planned.shots_confirm_max


@pytest.mark.parametrize("distance_hz", [0.3e6, 1.15e6])
def test_only_lines_inside_the_windows_are_measured_again_and_reported(distance_hz: float) -> None:
    """The comb's side lobes hear a strong line beyond its window as well; nobody asked for it."""
    bench = Bench([SyntheticLine(CENTRE_HZ + distance_hz, 300e-6, amplitude=20.0)], noise=0.3, seed=8)
    result = bench.run(experiment())
    asked = distance_hz < 0.5e6
    assert len(certain(result.lines)) == asked
    assert all(abs(line.frequency_hz - CENTRE_HZ) <= 0.6e6 for line in result.lines)
    aimed = [s for s in bench.shots if s.method == "confirm" and abs(s.centre_frequency_hz - CENTRE_HZ) > 0.9e6]
    assert not aimed
