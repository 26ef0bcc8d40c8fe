"""Plans of the methods that calibrate: weak, within the limits of every instrument, and at a level that is heard."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from acquisition import methods
from acquisition.errors import InvalidParameters
from acquisition.limits import InstrumentLimits
from acquisition.methods import get
from acquisition.methods.calibration_shots import LEVEL
from acquisition.methods.parameters import describe, parse
from acquisition.methods.registry import CALIBRATION
from acquisition.shot import Shot
from tests.acquisition.calibration.laboratory import Laboratory
from tests.acquisition.methods.test_shots_are_safe import LIMITS, assert_safe, log_floats, places_hz

NAMES = sorted(name for name, method in methods.methods().items() if method.family == CALIBRATION)
WEAK = ("calibrate_probe", "calibrate_receiver")


def played(
    name: str, values: dict[str, Any], limits: InstrumentLimits, laboratory: Laboratory
) -> tuple[list[Shot], Any]:
    method = get(name)
    experiment = method.experiment(parse(method.parameters, values), limits)
    rng = np.random.default_rng(1)
    shots = []
    while (shot := experiment.next_shot()) is not None:
        shots.append(shot)
        experiment.take(laboratory.capture(shot, rng))
    return shots, experiment


def place(name: str) -> dict[str, Any]:
    field = "centre_frequency_hz" if name == "calibrate_probe" else "frequency_hz"
    return {field: 28e6}


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=3, deadline=None, suppress_health_check=[*HealthCheck])
@given(data=st.data())
def test_every_first_shot_of_an_accepted_plan_is_safe(name: str, data: st.DataObject) -> None:
    method = get(name)
    limits = data.draw(st.sampled_from(LIMITS))
    values: dict[str, Any] = {}
    for info in describe(method.parameters):
        if info.name in ("frequency_hz", "centre_frequency_hz"):
            values[info.name] = data.draw(places_hz(limits))
        elif info.type is float and data.draw(st.booleans()):
            value = info.default * data.draw(log_floats(0.1, 10.0))
            values[info.name] = float(np.clip(value, info.minimum, info.maximum if info.maximum else np.inf))
    parameters = parse(method.parameters, values)
    try:
        planned = method.plan(parameters, limits)
    except InvalidParameters:
        assume(False)
        return
    first = method.experiment(parameters, limits).next_shot()
    assert first is not None
    assert_safe(first, limits)
    assert planned.duration_s >= first.duration_s * 0.999


@pytest.mark.parametrize("name", WEAK)
@pytest.mark.parametrize("gain", [0.4, 20.0, 400.0])
def test_the_level_is_heard_without_saturating_and_never_above_what_was_allowed(name: str, gain: float) -> None:
    values = place(name) | {"averages": 4} | ({"quiet_s": 1e-4} if name == "calibrate_receiver" else {})
    limits = InstrumentLimits(peak_amplitude=0.8)
    shots, experiment = played(name, values, limits, Laboratory(gain=gain, bandwidth_hz=4e6, saturates=True))
    assert experiment.progress.step == "done"
    assert experiment.progress.shots_done == experiment.progress.shots_planned
    for shot in shots:
        assert_safe(shot, limits)
        assert np.abs(shot.waveform).max() <= 0.8 / 16 * 1.0001
    measured = [shot for shot in shots if shot.purpose != LEVEL]
    reached = gain * float(np.abs(measured[0].waveform).max())
    assert reached < 0.85
    assert reached > 0.1 or gain < 1  # where even the strongest is not heard well, the strongest it is
    assert experiment.result().spectrum is not None


def test_dead_time_plays_what_it_planned() -> None:
    laboratory = Laboratory(ringing=((0.5, 0.4e-6),))
    shots, experiment = played("calibrate_dead_time", place("calibrate_dead_time"), InstrumentLimits(), laboratory)
    planned = get("calibrate_dead_time").plan(
        parse(get("calibrate_dead_time").parameters, place("calibrate_dead_time")), InstrumentLimits()
    )
    assert len(shots) == planned.shots_survey
    assert sum(shot.duration_s for shot in shots) == pytest.approx(planned.duration_s)
    assert "dead time" in experiment.progress.message


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("calibrate_probe", {"centre_frequency_hz": 2e6, "span_hz": 3e6}, "span_hz"),
        ("calibrate_probe", {"span_hz": 1e9}, "span_hz"),
        ("calibrate_probe", {"repetition_time_s": 1e-4}, "repetition_time_s"),
        ("calibrate_receiver", {"quiet_s": 5e-5}, "quiet_s"),
        ("calibrate_receiver", {"frequency_hz": 2e6}, "frequency_hz"),
        ("calibrate_dead_time", {"level": 0.01, "averages": 4}, "level"),
        ("calibrate_dead_time", {"frequency_hz": 0.5e6}, "frequency_hz"),
        ("calibrate_dead_time", {"averages": 10**8}, "averages"),
        ("calibrate_reference", {"known_sigma_hz": -1.0}, "known_sigma_hz"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_its_field(name: str, values: dict[str, Any], field: str) -> None:
    method = get(name)
    with pytest.raises(InvalidParameters) as refused:
        method.plan(parse(method.parameters, place(name) | values), InstrumentLimits())
    assert field in {error.field for error in refused.value.errors}
    assert all(error.message.endswith(".") for error in refused.value.errors)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_received_is_no_result(name: str) -> None:
    reconstruct = get(name).reconstruct
    assert reconstruct is not None
    from acquisition.reconstruction import ReconstructionParameters

    assert reconstruct([], ReconstructionParameters()).quantities == ()
