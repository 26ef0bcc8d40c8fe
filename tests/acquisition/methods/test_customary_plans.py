"""Plans of the customary methods: what is accepted the driver plays, what is not is refused with its field."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from acquisition.errors import InvalidParameters
from acquisition.free_decay import pulses
from acquisition.limits import InstrumentLimits
from acquisition.methods import get, stepped
from acquisition.methods.parameters import describe, parse
from acquisition.methods.stepped import SteppedParameters
from acquisition.shot import Shot
from tests.acquisition.methods.spins import nothing
from tests.acquisition.methods.test_shots_are_safe import LIMITS, assert_safe, log_floats, places_hz

SOME = settings(max_examples=8, deadline=None, suppress_health_check=[*HealthCheck])
METHODS = ("echo_decay", "fid", "inversion_recovery", "nutation", "spin_echo", "stepped")
USUAL = InstrumentLimits()


def shots_of(method: str, values: dict[str, Any], limits: InstrumentLimits = USUAL) -> list[Shot]:
    """Every shot of a plan; raises InvalidParameters."""
    known = get(method)
    experiment = known.experiment(parse(known.parameters, values), limits)
    shots = []
    while (shot := experiment.next_shot()) is not None:
        shots.append(shot)
        experiment.take(nothing(shot))
    return shots


@st.composite
def wanted(draw: st.DrawFn, method: str) -> tuple[InstrumentLimits, dict[str, Any]]:
    """Parameters around the usual ones, on instruments of all kinds."""
    limits = draw(st.sampled_from(LIMITS))
    values: dict[str, Any] = {}
    for info in describe(get(method).parameters):
        if info.name in ("frequency_hz", "centre_frequency_hz"):
            values[info.name] = draw(places_hz(limits))
        elif info.choices:
            values[info.name] = draw(st.sampled_from(info.choices))
        elif info.type is float and draw(st.booleans()):
            value = info.default * draw(log_floats(0.1, 10.0))
            values[info.name] = float(np.clip(value, info.minimum, info.maximum if info.maximum else np.inf))
        elif info.name in ("delays", "lengths", "echoes"):
            values[info.name] = draw(st.integers(4, 6))
    if method == "stepped":
        values["span_hz"] = draw(log_floats(1e4, 3e5))
    return limits, values


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@SOME
@given(data=st.data())
def test_every_shot_of_an_accepted_plan_is_safe(method: str, data: st.DataObject) -> None:
    limits, values = data.draw(wanted(method))
    parameters = parse(get(method).parameters, values)
    try:
        planned = get(method).plan(parameters, limits)
    except InvalidParameters:
        assume(False)
        return
    experiment = get(method).experiment(parameters, limits)
    first = experiment.next_shot()
    assert first is not None
    assert_safe(first, limits)
    assert planned.duration_s >= first.duration_s * 0.999


@pytest.mark.parametrize("method", METHODS)
def test_a_plan_says_how_many_shots_and_how_long(method: str) -> None:
    values = {"centre_frequency_hz": 28e6} if method == "stepped" else {"frequency_hz": 28e6}
    planned = get(method).plan(parse(get(method).parameters, values), USUAL)
    shots = shots_of(method, values)
    assert len(shots) == planned.shots_survey
    assert sum(shot.duration_s for shot in shots) == pytest.approx(planned.duration_s)
    for shot in shots:
        assert_safe(shot, USUAL)


@pytest.mark.parametrize(
    ("method", "values", "field"),
    [
        ("inversion_recovery", {"longest_delay_s": 1e-3}, "longest_delay_s"),
        ("inversion_recovery", {"longest_delay_s": 100.0}, "longest_delay_s"),
        ("inversion_recovery", {"delays": 3}, "delays"),
        ("nutation", {"longest_pulse_s": 1e-6}, "longest_pulse_s"),
        ("nutation", {"shortest_pulse_s": 2.0e-6, "longest_pulse_s": 2.2e-6}, "lengths"),
        ("nutation", {"longest_pulse_s": 30e-3, "repetition_time_s": 1.0}, "longest_pulse_s"),
        ("echo_decay", {"shortest_delay_s": 10e-6}, "shortest_delay_s"),
        ("spin_echo", {"echo_spacing_s": 20e-6}, "echo_spacing_s"),
        ("spin_echo", {"echoes": 2000, "echo_spacing_s": 1e-3}, "echoes"),
        ("fid", {"frequency_hz": 0.9e6}, "frequency_hz"),
        ("fid", {"observation_s": 1e-6}, "observation_s"),
        ("fid", {"repetition_time_s": 1e-3}, "repetition_time_s"),
        ("fid", {"sample_rate_hz": 1e6}, "sample_rate_hz"),
        ("fid", {"averages": 10**7}, "averages"),
        ("stepped", {"step_hz": 0.5e6}, "step_hz"),
        ("stepped", {"span_hz": 400e6}, "span_hz"),
        ("stepped", {"sequence": "spin_echo", "echo_delay_s": 5e-6}, "echo_delay_s"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_its_field(method: str, values: dict[str, Any], field: str) -> None:
    place = {"centre_frequency_hz": 28e6} if method == "stepped" else {"frequency_hz": 28e6}
    with pytest.raises(InvalidParameters) as refused:
        get(method).plan(parse(get(method).parameters, place | values), USUAL)
    assert field in {error.field for error in refused.value.errors}
    assert all(error.message.endswith(".") for error in refused.value.errors)


def test_neighbouring_windows_are_visited_far_apart_when_interleaved() -> None:
    parameters = SteppedParameters(centre_frequency_hz=28e6, span_hz=1e6, order="interleaved")
    order = stepped.visiting_order(parameters, USUAL)
    assert sorted(order) == list(range(20))
    place = {number: at for at, number in enumerate(order)}
    assert min(abs(place[number] - place[number + 1]) for number in range(19)) >= 5


def test_a_recovery_is_prepared_in_both_senses_and_read_in_one() -> None:
    first, second = shots_of("inversion_recovery", {"frequency_hz": 28e6})[:2]
    (prepared, read) = pulses(first.waveform)
    assert np.allclose(first.waveform[slice(*prepared)], -second.waveform[slice(*prepared)], atol=1e-6)
    assert np.allclose(first.waveform[slice(*read)], second.waveform[slice(*read)], atol=1e-6)
