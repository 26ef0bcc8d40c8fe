"""What the planner accepts, the driver plays: every shot of an accepted plan passes the driver's own check."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from acquisition.errors import InvalidParameters
from acquisition.limits import InstrumentLimits
from acquisition.methods import confirm, get, narrow_band, survey_checks, survey_plan, survey_shots
from acquisition.methods.confirm import ConfirmParameters
from acquisition.methods.fits import ShotDoesNotFit
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.shot import Shot
from sdr.converter import Converter
from sdr.safety import RadioRanges, check

RADIO = RadioRanges(70e6, 6000e6, 2.0833e6, 61.44e6)
CONVERTER = Converter("upper", 400e6)
LIMITS = (
    InstrumentLimits(),
    InstrumentLimits(frequency_min_hz=28e6, frequency_max_hz=30e6),
    InstrumentLimits(frequency_min_hz=28e6, frequency_max_hz=28.05e6),
    InstrumentLimits(peak_amplitude=0.3, nutation_frequency_hz=100e3, duty_max=0.02),
    InstrumentLimits(dead_time_s=30e-6, nutation_frequency_hz=200.0),
    InstrumentLimits(sample_rate_max_hz=61.44e6, nutation_frequency_hz=1e6, dead_time_s=1e-6),
)
T2_STARS_S = (2e-6, 20e-6, 300e-6, 5e-3)
FEW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)


def log_floats(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(0.0, 1.0).map(lambda part: float(low * (high / low) ** part))


@st.composite
def places_hz(draw: st.DrawFn, limits: InstrumentLimits) -> float:
    """Somewhere in the range, most often near one of its ends."""
    low, high = limits.frequency_min_hz, limits.frequency_max_hz
    from_end = draw(st.one_of(st.just(0.0), log_floats(1.0, high - low)))
    return draw(st.sampled_from((low + from_end, high - from_end)))


@st.composite
def surveys(draw: st.DrawFn) -> tuple[InstrumentLimits, dict[str, Any]]:
    limits = draw(st.sampled_from(LIMITS))
    centre_hz = draw(places_hz(limits))
    edge_hz = min(centre_hz - limits.frequency_min_hz, limits.frequency_max_hz - centre_hz)
    span_hz = min(2 * edge_hz, draw(log_floats(1e3, 2e8)))
    assume(span_hz >= 1e3)
    changes = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "tooth_s": st.one_of(log_floats(1e-7, 3e-5), st.sampled_from((0.4e-6, 2e-6, 20e-6))),
                "gap_period_s": st.one_of(log_floats(5e-6, 1e-3), st.sampled_from((10e-6, 33.3e-6, 50e-6))),
                "pulse_length_s": log_floats(1e-5, 20e-3),
                "hs_order": st.integers(1, 8),
                "amplitude": log_floats(1e-3, 1.0),
                "tail_s": log_floats(1e-5, 3e-2),
                "sample_rate_hz": st.one_of(log_floats(2.084e6, 20e6), st.sampled_from((2.084e6, 3e6, 20e6))),
                "repetition_time_s": log_floats(1e-3, 1.0),
            },
        )
    )
    if draw(st.booleans()):
        # Right at the limit of the duty, as far as it can be calculated without samples.
        values = {"tooth_s": 1e-6, "gap_period_s": 20e-6, "pulse_length_s": 4e-3} | changes
        on_s = values["pulse_length_s"] * values["tooth_s"] / values["gap_period_s"]
        changes["repetition_time_s"] = max(1e-3, on_s / limits.duty_max)
    return limits, {"centre_frequency_hz": centre_hz, "span_hz": span_hz} | changes


def assert_safe(shot: Shot, limits: InstrumentLimits) -> None:
    check(shot, limits, CONVERTER, RADIO)


FEW_SHORT_TEETH = {
    "centre_frequency_hz": 1017291.6164657905,
    "span_hz": 1e3,
    "gap_period_s": 5.005301125575072e-6,
    "tooth_s": 9.281656464162698e-7,
    "pulse_length_s": 6.687403049764221e-5,
    "tail_s": 1e-5,
    "sample_rate_hz": 3e6,
}
"""Thirteen teeth of two or three samples at the end of the range, of which the strong ones have two."""


@FEW
@example((LIMITS[-1], FEW_SHORT_TEETH), 0.0, 2e-6)
@given(surveys(), st.floats(0.0, 1.0), st.sampled_from(T2_STARS_S))
def test_every_shot_of_an_accepted_survey_is_safe(
    chosen: tuple[InstrumentLimits, dict[str, Any]], part: float, t2_star_s: float
) -> None:
    limits, values = chosen
    parameters = SurveyParameters(**values)
    try:
        survey_plan.plan(parameters, limits)
    except InvalidParameters:
        assume(False)
    first = get("survey").experiment(parameters, limits).next_shot()
    assert first is not None
    assert_safe(first, limits)
    layout = survey_checks.validate(parameters, limits)
    windows = survey_shots.windows_of(parameters, layout, limits)
    for window in windows[-1:]:
        assert_safe(survey_shots.survey_shot(parameters, limits, layout, window, layout.averages), limits)
    low = windows[0].centre_hz - windows[0].width_hz / 2
    high = windows[-1].centre_hz + windows[-1].width_hz / 2
    narrow = survey_shots.narrow_settings(parameters)
    averages = narrow_band.averages_per_shot(layout.averages)
    for frequency_hz in (low, high, low + part * (high - low)):
        for target_hz in (frequency_hz, frequency_hz - narrow.tooth_spacing_hz, frequency_hz + narrow.tooth_spacing_hz):
            with contextlib.suppress(ShotDoesNotFit):
                for shot in narrow_band.shots(target_hz, t2_star_s, [low], averages, narrow, limits):
                    assert_safe(shot, limits)
        with contextlib.suppress(ShotDoesNotFit):
            assert_safe(narrow_band.control_shot(frequency_hz, 300e-6, [], averages, narrow, limits), limits)


@st.composite
def confirmations(draw: st.DrawFn) -> tuple[InstrumentLimits, dict[str, Any]]:
    limits = draw(st.sampled_from(LIMITS))
    optional = {
        "flip_deg": log_floats(1.0, 360.0),
        "amplitude": log_floats(1e-3, 1.0),
        "sequence": st.just("spin_echo"),
        "observation_s": log_floats(1e-6, 1e-1),
        "repetition_time_s": log_floats(1e-3, 1.0),
        "sample_rate_hz": log_floats(2.084e6, 20e6),
    }
    values: dict[str, Any] = draw(st.fixed_dictionaries({"frequency_hz": places_hz(limits)}, optional=optional))
    return limits, values


@FEW
@given(confirmations())
def test_every_shot_of_an_accepted_confirmation_is_safe(chosen: tuple[InstrumentLimits, dict[str, Any]]) -> None:
    limits, values = chosen
    try:
        confirm.plan(ConfirmParameters(**values), limits)
    except InvalidParameters:
        assume(False)
    shot = get("confirm").experiment(ConfirmParameters(**values), limits).next_shot()
    assert shot is not None
    assert_safe(shot, limits)


@pytest.mark.parametrize("limits", LIMITS[:2])
def test_with_usual_numbers_every_line_of_the_range_can_be_confirmed(limits: InstrumentLimits) -> None:
    """Leaving a shot out is for narrow ranges and odd pulses, not what happens at each end of an instrument's range."""
    chosen = SurveyParameters(centre_frequency_hz=limits.frequency_min_hz + 1e6, span_hz=2e6)
    narrow = survey_shots.narrow_settings(chosen)
    low, high = limits.frequency_min_hz, limits.frequency_max_hz
    for target_hz in (low, low + 10e3, low + 60e3, (low + high) / 2, high - 60e3, high - 10e3, high):
        for shot in narrow_band.shots(target_hz, 300e-6, [], 16, narrow, limits):
            assert_safe(shot, limits)
        assert_safe(narrow_band.control_shot(target_hz, 300e-6, [], 16, narrow, limits), limits)
