"""The narrow-band method by itself."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from acquisition.errors import InvalidParameters
from acquisition.limits import InstrumentLimits
from acquisition.lines import LineStatus
from acquisition.methods import confirm, get
from acquisition.methods.confirm import ConfirmParameters
from tests.acquisition.methods.test_survey_experiment import Bench
from tests.acquisition.synthetic import SyntheticLine

LIMITS = InstrumentLimits()
LINE = SyntheticLine(28.0846e6, 300e-6)


def parameters(**changes: Any) -> ConfirmParameters:
    return ConfirmParameters(**{"frequency_hz": 28.085e6} | changes)


def measure(lines: list[SyntheticLine], **changes: Any) -> Any:
    bench = Bench(lines, noise=1.0, averages=64, seed=1)
    running = get("confirm").experiment(parameters(**changes), LIMITS)
    while (shot := running.next_shot()) is not None:
        running.take(bench.play(shot))
    return running, bench


def test_it_measures_a_line_at_two_centre_frequencies() -> None:
    running, bench = measure([LINE])
    (line,) = running.result().lines
    assert line.status is LineStatus.CONFIRMED
    assert abs(line.frequency_hz - LINE.frequency_hz) < 4 * line.frequency_sigma_hz
    assert len({shot.centre_frequency_hz for shot in bench.shots}) == 2
    assert running.progress.step == "done"
    assert "28.0846 MHz" in running.progress.message
    assert running.partial_spectrum() is not None


def test_it_finds_nothing_where_there_is_nothing() -> None:
    running, _ = measure([])
    assert running.result().lines == ()
    assert "No line" in running.progress.message


def test_the_plan_counts_both_shots_and_what_may_be_asked_for_after_them() -> None:
    plan = confirm.plan(parameters(averages=30), LIMITS)
    assert (plan.shots_survey, plan.shots_confirm_max, plan.averages_per_shot) == (0, 4, 32)
    assert plan.duration_s == pytest.approx(2 * 32 * 50e-3)
    assert plan.duration_max_s == pytest.approx(4 * 32 * 50e-3)
    short = confirm.plan(parameters(averages=30), dataclasses.replace(LIMITS, run_duration_max_s=4.0))
    assert short.duration_max_s == pytest.approx(4.0)
    assert plan.excitation_flip_deg.max() == pytest.approx(58.6, rel=1e-3)
    assert np.all(np.diff(plan.excitation_frequency_hz) > 0)


def test_an_echo_has_two_pulses() -> None:
    running = get("confirm").experiment(parameters(sequence="spin_echo"), LIMITS)
    shot = running.next_shot()
    assert shot is not None
    assert "spin echo" in shot.purpose


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"frequency_hz": 0.5e6}, "frequency_hz", "1 MHz to 300 MHz"),
        ({"frequency_hz": float("nan")}, "frequency_hz", "finite"),
        ({"averages": 10**9}, "averages", "2,000,000,000 shots"),
        ({"repetition_time_s": 1e-3}, "repetition_time_s", "at least"),
        ({"observation_s": 3e-6}, "observation_s", "dead time of 4 µs"),
        ({"observation_s": 1.0, "repetition_time_s": 2.0}, "observation_s", "holds 4,000,000"),
        ({"sample_rate_hz": 1e6}, "sample_rate_hz", "2.084"),
        ({"sequence": "cpmg"}, "sequence", "fid, spin_echo"),
        ({"amplitude": 0.0}, "amplitude", "at least 0.001"),
        ({"averages": 10**400}, "averages", "at most"),
        ({"amplitude": 0.001, "flip_deg": 360.0, "repetition_time_s": 1.0}, "flip_deg", "limit of 20 ms"),
    ],
)
def test_a_fault_names_field_and_limit(changes: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(InvalidParameters) as caught:
        confirm.plan(parameters(**changes), LIMITS)
    found = {error.field: error.message for error in caught.value.errors}
    assert field in found
    assert words in found[field]


def test_a_range_without_room_for_two_centre_frequencies_is_refused() -> None:
    narrow = InstrumentLimits(frequency_min_hz=28.00e6, frequency_max_hz=28.05e6)
    with pytest.raises(InvalidParameters) as caught:
        confirm.plan(ConfirmParameters(frequency_hz=28.02e6, amplitude=0.1), narrow)
    (error,) = caught.value.errors
    assert error.field == "frequency_hz"
    assert "28 MHz to 28.05 MHz" in error.message
