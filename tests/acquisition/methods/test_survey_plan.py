"""Planning of a survey: what it will do, and what it refuses with which sentence."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.errors import InvalidParameters
from acquisition.limits import InstrumentLimits
from acquisition.methods import get, methods, survey_advice, survey_checks, survey_plan, survey_shots
from acquisition.methods.parameters import describe, parse
from acquisition.methods.survey_parameters import SurveyParameters

LIMITS = InstrumentLimits()


def parameters(**changes: Any) -> SurveyParameters:
    return SurveyParameters(**{"centre_frequency_hz": 28.0846e6, "span_hz": 1e6} | changes)


def faults(limits: InstrumentLimits = LIMITS, **changes: Any) -> dict[str, str]:
    """Fields and sentences of what is refused."""
    with pytest.raises(InvalidParameters) as caught:
        survey_plan.plan(parameters(**changes), limits)
    return {error.field: error.message for error in caught.value.errors}


def test_the_method_is_found_by_its_name() -> None:
    assert get("survey").parameters is SurveyParameters
    assert {"survey", "confirm"} <= set(methods())


@pytest.mark.parametrize(
    ("tooth_s", "rate_hz", "width_hz"),
    [(0.1e-6, 10e6, 8e6), (0.4e-6, 2.5e6, 2e6), (0.5e-6, 2.5e6, 1.25e6), (0.15e-6, 10e6, 5e6)],
)
def test_a_tooth_may_be_a_single_sample(tooth_s: float, rate_hz: float, width_hz: float) -> None:
    chosen = parameters(tooth_s=tooth_s, sample_rate_hz=rate_hz, span_hz=20e6)
    assert survey_checks.validate(chosen, LIMITS).window_width_hz == pytest.approx(width_hz)
    waveform = survey_shots.comb_of(chosen, LIMITS).waveform(rate_hz)
    assert np.count_nonzero(waveform[: round(20e-6 * rate_hz)]) == math.ceil(tooth_s * rate_hz - 1e-9)
    if width_hz == 8e6:
        assert any("inside" in note for note in survey_plan.plan(chosen, LIMITS).notes)


def test_a_fixed_probe_limits_the_range_and_a_tuner_takes_its_time() -> None:
    fixed = dataclasses.replace(LIMITS, probe_centre_hz=28e6, probe_bandwidth_hz=2e6)
    assert "27 MHz to 29 MHz of the probe" in faults(fixed, span_hz=3e6)["span_hz"]
    assert "outside" in faults(fixed, centre_frequency_hz=40e6)["centre_frequency_hz"]
    chosen = parameters(span_hz=10e6)
    tuned = dataclasses.replace(fixed, probe_tuning="stepper", settle_s=2.0)
    plan, quick = survey_plan.plan(chosen, tuned), survey_plan.plan(chosen, LIMITS)
    assert plan.duration_s - quick.duration_s == pytest.approx(2.0 * (quick.shots_survey + 4))
    assert plan.duration_max_s - quick.duration_max_s == pytest.approx(2.0 * (quick.shots_survey + 40))
    assert survey_plan.plan(chosen, dataclasses.replace(tuned, probe_tuning="prompt")).duration_s == quick.duration_s
    layout = survey_checks.validate(chosen, tuned)
    wanted = [
        survey_shots.survey_shot(chosen, tuned, layout, window, 4).probe_hz
        for window in survey_shots.windows_of(chosen, layout, tuned)
    ]
    assert wanted == sorted(wanted)


def test_the_reference_case() -> None:
    plan = survey_plan.plan(parameters(), LIMITS)
    assert plan.windows_hz == ((28.0846e6, 1e6),)
    assert plan.shots_survey == 1
    assert plan.averages_per_shot == 32
    assert plan.duration_s < plan.duration_max_s
    assert plan.excitation_frequency_hz[0] == pytest.approx(27.5846e6)
    assert plan.excitation_frequency_hz[-1] == pytest.approx(28.5846e6)
    middle = plan.excitation_flip_deg[len(plan.excitation_flip_deg) // 2]
    # theta = omega_1 d sqrt(R) / BW times beta^(-1/2), which is 44 degrees for these numbers.
    assert middle == pytest.approx(
        math.degrees(2 * math.pi * 20e3 * 0.05 * math.sqrt(200) / 50e3 / math.sqrt(5.3)), rel=0.01
    )
    assert plan.excitation_flip_deg[0] == pytest.approx(middle * np.sinc(0.5), rel=1e-3)


@given(st.floats(0.02e6, 40e6), st.floats(0.4e-6, 3e-6), st.floats(5e6, 200e6))
def test_windows_cover_the_range_and_overlap(span_hz: float, tooth_s: float, centre_hz: float) -> None:
    chosen = parameters(span_hz=span_hz, tooth_s=tooth_s, centre_frequency_hz=max(centre_hz, 2e6 + span_hz / 2))
    layout = survey_checks.validate(chosen, LIMITS)
    laid = survey_shots.windows_of(chosen, layout, LIMITS)
    low, high = chosen.centre_frequency_hz - span_hz / 2, chosen.centre_frequency_hz + span_hz / 2
    edges = [(window.centre_hz - window.width_hz / 2, window.centre_hz + window.width_hz / 2) for window in laid]
    assert edges[0][0] <= low + 1e-3
    assert edges[-1][1] >= high - 1e-3
    for (_, end), (start, _) in itertools.pairwise(edges):
        assert start < end
    for window in laid:
        assert window.width_hz <= 1 / tooth_s + 1e-3
        assert LIMITS.frequency_min_hz <= window.tuned_hz <= LIMITS.frequency_max_hz


def test_the_window_keeps_away_from_the_tuned_frequency() -> None:
    chosen = parameters()
    layout = survey_checks.validate(chosen, LIMITS)
    (window,) = survey_shots.windows_of(chosen, layout, LIMITS)
    assert abs(window.centre_hz - window.tuned_hz) - window.width_hz / 2 >= 20e3
    teeth = window.offset_hz * chosen.gap_period_s
    assert teeth == pytest.approx(round(teeth))
    waveform = survey_shots.survey_waveform(chosen, LIMITS, window)
    power = np.abs(np.fft.fft(waveform)) ** 2
    offsets = np.fft.fftfreq(len(waveform), 1 / chosen.sample_rate_hz)
    inside = np.abs(offsets - window.offset_hz) < window.width_hz / 2
    assert power[inside].sum() > 0.7 * power.sum()
    assert power[np.abs(offsets) < 5e3].max() < power[inside].max()


def test_at_the_ends_of_the_range_the_excitation_stays_inside() -> None:
    for centre_hz in (LIMITS.frequency_min_hz + 0.1e6, LIMITS.frequency_max_hz - 0.1e6):
        chosen = parameters(centre_frequency_hz=centre_hz, span_hz=0.2e6)
        layout = survey_checks.validate(chosen, LIMITS)
        (window,) = survey_shots.windows_of(chosen, layout, LIMITS)
        assert window.comb_hz - 0.48 / chosen.tooth_s >= LIMITS.frequency_min_hz
        assert window.comb_hz + 0.48 / chosen.tooth_s <= LIMITS.frequency_max_hz
        assert LIMITS.frequency_min_hz <= window.tuned_hz <= LIMITS.frequency_max_hz


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"centre_frequency_hz": 0.9e6}, "centre_frequency_hz", "1 MHz to 300 MHz"),
        ({"centre_frequency_hz": 301e6}, "centre_frequency_hz", "300 MHz"),
        ({"centre_frequency_hz": 1.2e6}, "span_hz", "700 kHz to 1.7 MHz"),
        ({"centre_frequency_hz": math.nan}, "centre_frequency_hz", "finite"),
        ({"centre_frequency_hz": math.inf}, "centre_frequency_hz", "finite"),
        ({"span_hz": 0.0}, "span_hz", "at least 0.001 MHz"),
        ({"span_hz": -1e6}, "span_hz", "at least 0.001 MHz"),
        ({"span_hz": math.nan}, "span_hz", "finite"),
        ({"tooth_s": 20e-6}, "tooth_s", "shorter than the gap period of 20 µs"),
        ({"tooth_s": 30e-6}, "tooth_s", "shorter than the gap period of 20 µs"),
        ({"tooth_s": math.nan}, "tooth_s", "finite"),
        ({"gap_period_s": 5e-6}, "gap_period_s", "dead time of 4 µs; it must be at least 5.8 µs"),
        ({"repetition_time_s": 5.1e-3}, "repetition_time_s", "at least 5.2 ms"),
        ({"amplitude": 1.5}, "amplitude", "at most 1"),
        ({"pulse_length_s": 21e-3}, "pulse_length_s", "limit of 20 ms"),
        ({"pulse_length_s": 50e-6}, "pulse_length_s", "five gap periods, 100 µs"),
        ({"sample_rate_hz": 30e6}, "sample_rate_hz", "2.084 and 20 MS/s"),
        ({"sample_rate_hz": 2e6}, "sample_rate_hz", "2.084 and 20 MS/s"),
        ({"tooth_s": 0.3e-6, "sample_rate_hz": 3e6}, "tooth_s", "it needs at least 3.333 MS/s"),
        ({"tail_s": 0.5, "repetition_time_s": 1.0}, "tail_s", "holds 4,000,000"),
        ({"averages": 1024}, "averages_max", "at least the averages, 1,024"),
        ({"averages": 0}, "averages", "at least 4"),
        ({"hs_order": 99}, "hs_order", "at most 8"),
    ],
)
def test_a_fault_names_field_and_limit(changes: dict[str, Any], field: str, words: str) -> None:
    found = faults(**changes)
    assert set(found) == {field}
    assert words in found[field]


def test_duty_above_the_limit() -> None:
    found = faults(dataclasses.replace(LIMITS, duty_max=0.001))
    assert "0.4 % of the time; the instrument's limit is 0.1 %" in found["repetition_time_s"]
    assert "200 ms" in found["repetition_time_s"]


def test_a_narrower_converter_narrows_the_range() -> None:
    found = faults(dataclasses.replace(LIMITS, frequency_min_hz=30e6, frequency_max_hz=60e6))
    assert found == {"centre_frequency_hz": "28.0846 MHz is outside the instrument's 30 MHz to 60 MHz."}


def test_all_faults_are_reported_together_in_the_order_of_the_fields() -> None:
    with pytest.raises(InvalidParameters) as caught:
        survey_plan.plan(
            parameters(centre_frequency_hz=0.5e6, tooth_s=25e-6, sample_rate_hz=40e6, pulse_length_s=30e-3), LIMITS
        )
    fields = [error.field for error in caught.value.errors]
    order = [info.name for info in describe(SurveyParameters)]
    assert set(fields) == {"centre_frequency_hz", "tooth_s", "sample_rate_hz", "pulse_length_s"}
    assert fields == sorted(fields, key=order.index)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"averages": 10**9, "averages_max": 10**9}, "averages"),
        ({"averages": 10**14, "averages_max": 10**14}, "averages"),
        ({"tooth_s": 9e-6, "span_hz": 250e6, "centre_frequency_hz": 150e6, "repetition_time_s": 20.0}, "span_hz"),
    ],
)
def test_an_absurd_plan_is_refused_at_once(changes: dict[str, Any], field: str) -> None:
    started = time.process_time()
    found = faults(**changes)
    assert time.process_time() - started < 0.1
    assert "shots and would take" in found[field]
    assert "at most 5,000,000 shots and 24 h" in found[field]


def test_a_plan_of_a_thousand_million_shots_says_how_many_and_how_long() -> None:
    found = faults(averages=10**9, averages_max=10**9)
    assert "1,000,000,000 shots and would take 578.7 days" in found["averages"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"averages": 10**400, "averages_max": 10**400}, "averages"),
        ({"averages_max": 10**12}, "averages_max"),
        ({"averages_max": 5_000_004}, "averages_max"),
        ({"tail_s": 1e15}, "tail_s"),
        ({"span_hz": 1e15}, "span_hz"),
        ({"sample_rate_hz": 1e15}, "sample_rate_hz"),
        ({"gap_period_s": 1e15}, "pulse_length_s"),
        ({"pulse_length_s": 1e15, "tooth_s": 1e-9}, "pulse_length_s"),
        ({"repetition_time_s": 1e15}, "averages"),
        ({"tooth_s": 1e-3, "gap_period_s": 2e-3, "pulse_length_s": 10e-3, "repetition_time_s": 0.1,
          "centre_frequency_hz": 150e6, "span_hz": 290e6, "averages": 4}, "span_hz"),
    ],
)  # fmt: skip
def test_a_number_without_sense_is_refused_at_once_in_a_readable_sentence(changes: dict[str, Any], field: str) -> None:
    started = time.process_time()
    found = faults(**changes)
    assert time.process_time() - started < 0.1
    assert field in found
    assert all(len(message) < 250 for message in found.values())


def test_five_thousand_windows_are_planned_at_once() -> None:
    chosen = parameters(
        centre_frequency_hz=150.5e6, span_hz=298e6, tooth_s=15e-6, gap_period_s=50e-6, repetition_time_s=13e-3,
        averages=4,
    )  # fmt: skip
    times_s = []
    for _ in range(3):
        started = time.process_time()
        plan = survey_plan.plan(chosen, LIMITS)
        times_s.append(time.process_time() - started)
    assert min(times_s) < 0.1
    assert len(plan.windows_hz) > 4900
    middles = np.array([centre for centre, _ in plan.windows_hz])
    at = np.argmin(np.abs(plan.excitation_frequency_hz - middles[2500]))
    distance_hz = np.abs(middles - plan.excitation_frequency_hz[at]).min()
    assert plan.excitation_flip_deg[at] == pytest.approx(
        plan.excitation_flip_deg.max() * np.sinc(distance_hz * 15e-6), rel=0.02
    )


def test_the_duty_is_that_of_whole_samples() -> None:
    """9.561 µs at 3 MS/s are 28.683 samples: 29 of them are sent in most teeth."""
    sampled = {"tooth_s": 9.561e-6, "gap_period_s": 47.81e-6, "sample_rate_hz": 3e6, "confirm": False}
    limits = dataclasses.replace(LIMITS, duty_max=0.02)
    nominal_s = 4e-3 * 9.561 / 47.81 / 0.02
    assert "for 2.0" in faults(limits, repetition_time_s=nominal_s, **sampled)["repetition_time_s"]
    enough_s = 1.006 * nominal_s
    assert survey_plan.plan(parameters(repetition_time_s=enough_s, **sampled), limits)


def test_the_repetition_time_that_a_message_asks_for_is_accepted() -> None:
    sampled = {"tooth_s": 3.3e-6, "sample_rate_hz": 7.3e6}
    message = faults(repetition_time_s=5.3e-3, **sampled)["repetition_time_s"]
    asked = message.rsplit("at least ", 1)[1].removesuffix(" ms.")
    assert survey_plan.plan(parameters(repetition_time_s=float(asked) * 1e-3, **sampled), LIMITS)


@pytest.mark.parametrize(
    ("changes", "limits", "field", "words"),
    [
        ({"amplitude": 0.001}, {"pulse_length_max_s": 5e-3}, "amplitude", "8.139 ms is longer"),
        ({"amplitude": 0.005}, {"duty_max": 0.02}, "repetition_time_s", "limit is 2 %"),
        ({"amplitude": 0.004, "repetition_time_s": 5.2e-3}, {"duty_max": 0.9}, "repetition_time_s", "at least"),
    ],
)
def test_the_pulse_of_a_confirmation_must_fit_too(
    changes: dict[str, Any], limits: dict[str, float], field: str, words: str
) -> None:
    narrower = dataclasses.replace(LIMITS, **limits)
    message = faults(narrower, **changes)[field]
    assert "confirmation" in message
    assert words in message
    assert survey_plan.plan(parameters(confirm=False, **changes), narrower)


def test_teeth_that_excite_more_than_the_range_are_refused() -> None:
    narrow = dataclasses.replace(LIMITS, frequency_min_hz=28.0e6, frequency_max_hz=28.5e6)
    found = faults(narrow, centre_frequency_hz=28.25e6, span_hz=0.1e6)
    assert "excite a band of 1.03 MHz; the instrument's range is 500 kHz wide" in found["tooth_s"]


def test_a_run_at_the_longest_duration_expects_no_more() -> None:
    plan = survey_plan.plan(
        parameters(averages=1600, averages_max=5000), dataclasses.replace(LIMITS, run_duration_max_s=90.0)
    )
    assert plan.duration_s <= plan.duration_max_s == 90.0


def test_values_of_a_form_are_parsed_with_every_fault() -> None:
    with pytest.raises(InvalidParameters) as caught:
        parse(SurveyParameters, {"centre_frequency_hz": "x", "span_hz": -1, "confirm": 3, "colour": "red"})
    assert {error.field for error in caught.value.errors} == {"centre_frequency_hz", "span_hz", "confirm", "colour"}


def test_the_ernst_angle() -> None:
    assert survey_advice.ernst_angle_deg(1.0, 1.0) == pytest.approx(math.degrees(math.acos(math.exp(-1))))
    best = survey_advice.ernst_angle_deg(10e-3, 20e-3)
    signal = [survey_advice.steady_state_signal(best + step, 10e-3, 20e-3) for step in (-3, 0, 3)]
    assert signal[1] == max(signal)


def test_a_wasteful_repetition_time_is_mentioned() -> None:
    notes = survey_plan.plan(parameters(repetition_time_s=1.0), LIMITS).notes
    assert any("repetition time" in note and "times the signal-to-noise" in note for note in notes)


def test_the_threshold_is_stated_before_the_survey() -> None:
    """Candidates that are measured again may be weaker, as noise among them is found out."""
    lowest = survey_plan.plan(parameters(confirm=True, false_alarms_per_survey=0.01), LIMITS).notes[-1]
    strict = survey_plan.plan(parameters(confirm=False, false_alarms_per_survey=0.01), LIMITS).notes[-1]
    assert "exceeds 1 times a survey" in lowest and "0.01 false lines are left" in lowest
    assert "exceeds 0.01 times a survey" in strict and "measured again" not in strict
    ratio = re.compile(r"ratio of about (\d\.\d)")
    (low,), (high,) = (ratio.findall(note) for note in (lowest, strict))
    assert float(low) < float(high)
