"""The one rule by which shots are allowed, and that plans of every kind go by it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from acquisition import methods
from acquisition.errors import InvalidParameters
from acquisition.limits import InstrumentLimits
from acquisition.methods.parameters import parse
from acquisition.pulse_facts import pulse_facts
from acquisition.pulses import gaussian_pulse
from acquisition.shot_limits import first_fault, nearest_allowed_hz
from tests.sdr.shots import comb, shot

CB = (26.965e6, 27.405e6)  # citizens' band
LIMITS = InstrumentLimits(forbidden_bands_hz=(CB,))
SOFT = gaussian_pulse(50e-6, 10e6)


def test_a_pulse_in_a_forbidden_band_is_refused_with_the_nearest_allowed() -> None:
    refused = first_fault(shot(waveform=SOFT, centre_frequency_hz=27.1e6), LIMITS)
    assert refused is not None and refused.field == "centre_frequency_hz"
    assert "forbidden band 26.965 MHz to 27.405 MHz" in refused.message
    named = re.search(r"nearest centre frequency allowed for this pulse is ([0-9.]+) MHz", refused.message)
    assert named is not None
    told_hz = float(named[1]) * 1e6
    assert first_fault(shot(waveform=SOFT, centre_frequency_hz=told_hz), LIMITS) is None
    assert told_hz < CB[0] and first_fault(shot(waveform=SOFT, centre_frequency_hz=told_hz + 30e3), LIMITS) is not None


def test_the_share_of_energy_counts_where_the_density_is_low() -> None:
    """From its third side lobe on a rectangle is 20 dB down, and some of its energy still lies there."""
    played = shot(waveform=np.ones(40, dtype=np.complex64), centre_frequency_hz=28e6)
    band = (28.76e6, 30.3e6)
    assert first_fault(played, replace(LIMITS, forbidden_bands_hz=(band,), forbidden_share_max=0.03)) is None
    strict = first_fault(played, replace(LIMITS, forbidden_bands_hz=(band,), forbidden_share_max=0.01))
    assert strict is not None and re.search(r"1\.[1-3] % of its energy lies there, of which 1 % may", strict.message)


def test_bands_beyond_half_the_sampling_rate_are_not_judged() -> None:
    assert first_fault(shot(centre_frequency_hz=33e6), LIMITS) is None
    assert nearest_allowed_hz(shot(waveform=SOFT, centre_frequency_hz=27.1e6), LIMITS) == pytest.approx(26.9e6, abs=5e4)


def test_average_power_of_a_shot_alone() -> None:
    """500 us of full scale every 5 ms is a tenth; in a window of 1 s a shot of 40 ms is a fraction of that."""
    pulse = np.ones(5000, dtype=np.complex64)
    long = shot(waveform=pulse, averages=1000)
    limits = InstrumentLimits(average_power_max=0.05, average_power_window_s=1.0, full_scale_power_w=200.0)
    refused = first_fault(long, limits)
    assert refused is not None and refused.field == "repetition_time_s"
    assert "0.1 of full scale (20 W)" in refused.message and "limit is 0.05 (10 W)" in refused.message
    assert "at least 10 ms" in refused.message
    assert first_fault(replace(long, repetition_time_s=10e-3), limits) is None
    assert first_fault(replace(long, averages=8), limits) is None
    # of half the amplitude is a quarter of the power
    assert first_fault(replace(long, waveform=np.complex64(0.5) * pulse), limits) is None
    single = first_fault(replace(long, averages=1), replace(limits, average_power_max=1e-4))
    assert single is not None and "shorter or weaker pulse" in single.message


def test_facts_are_kept_for_equal_samples_only() -> None:
    waveform = comb()
    facts = pulse_facts(waveform, 10e6)
    assert pulse_facts(waveform.copy(), 10e6) is facts
    assert pulse_facts(waveform, 5e6) is not facts
    waveform[5] = 2.0
    assert pulse_facts(waveform, 10e6).peak == 2.0
    assert facts.peak == pytest.approx(1.0)


SWEEPS: list[tuple[str, dict[str, Any]]] = [
    ("survey", {"centre_frequency_hz": 27.2e6, "span_hz": 4e6}),
    ("stepped", {"centre_frequency_hz": 27.2e6, "span_hz": 3e6}),
    ("echo_map", {"centre_frequency_hz": 27.2e6, "span_hz": 3e6, "step_hz": 20e3}),
    ("fid", {"frequency_hz": 27.2e6}),
    ("nutation", {"frequency_hz": 27.2e6}),
    ("confirm", {"frequency_hz": 27.2e6}),
]


@pytest.mark.parametrize(("method", "given"), SWEEPS)
def test_no_plan_steps_into_a_forbidden_band(method: str, given: dict[str, Any]) -> None:
    known = methods.get(method)
    names = known.parameters.__dataclass_fields__
    values = parse(known.parameters, {name: value for name, value in given.items() if name in names})
    known.plan(values, InstrumentLimits())
    with pytest.raises(InvalidParameters) as raised:
        known.plan(values, LIMITS)
    assert "forbidden band" in str(raised.value)
    assert all(fault.field in names for fault in raised.value.errors)
