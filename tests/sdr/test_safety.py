from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquisition.limits import InstrumentLimits
from sdr.converter import Converter
from sdr.errors import SafetyLimitExceeded
from sdr.safety import RadioRanges, check
from tests.sdr.shots import comb, shot

RADIO = RadioRanges(325e6, 3800e6, 2.083333e6, 61.44e6)
UPPER = Converter("upper", 400e6)
LIMITS = InstrumentLimits()


def refused(limits: InstrumentLimits = LIMITS, converter: Converter = UPPER, **changes: Any) -> SafetyLimitExceeded:
    with pytest.raises(SafetyLimitExceeded) as raised:
        check(shot(**changes), limits, converter, RADIO)
    return raised.value


def with_sample(value: complex) -> np.ndarray:
    waveform = comb()
    waveform[5] = value
    return waveform


def test_a_shot_within_the_limits_passes() -> None:
    check(shot(), LIMITS, UPPER, RADIO)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("sample_rate_hz", {"sample_rate_hz": 1e6}),
        ("sample_rate_hz", {"sample_rate_hz": 25e6}),
        ("sample_rate_hz", {"sample_rate_hz": math.nan}),
        ("capture_samples", {"capture_samples": 0}),
        ("capture_samples", {"capture_samples": 4_000_001, "repetition_time_s": 1.0}),
        ("capture_samples", {"capture_samples": 8000.5}),
        ("capture_samples", {"capture_samples": True}),
        ("averages", {"averages": 0}),
        ("averages", {"averages": -2}),
        ("averages", {"averages": 7}),
        ("averages", {"averages": math.nan}),
        ("averages", {"averages": 10**9}),
        ("phase_cycle", {"phase_cycle": ()}),
        ("phase_cycle", {"phase_cycle": (1, -1.1)}),
        ("phase_cycle", {"phase_cycle": (1, complex(math.nan, 0))}),
        ("waveform", {"waveform": comb().reshape(2, -1)}),
        ("waveform", {"waveform": np.zeros(100, dtype=np.complex64)}),
        ("waveform", {"waveform": np.zeros(0, dtype=np.complex64)}),
        ("waveform", {"waveform": comb(samples=9000)}),
        ("waveform", {"waveform": with_sample(complex(math.nan, 0))}),
        ("waveform", {"waveform": with_sample(complex(0, math.inf))}),
        ("amplitude", {"waveform": with_sample(1.01)}),
        ("amplitude", {"waveform": with_sample(0.8 + 0.8j)}),
        ("repetition_time_s", {"repetition_time_s": 0.5e-3, "capture_samples": 4000}),
        ("repetition_time_s", {"repetition_time_s": 1e-3, "capture_samples": 20000}),
        ("repetition_time_s", {"repetition_time_s": math.nan}),
        ("repetition_time_s", {"repetition_time_s": math.inf}),
        ("repetition_time_s", {"repetition_time_s": -1.0}),
        ("dead_time_s", {"dead_time_s": math.nan}),
        ("dead_time_s", {"dead_time_s": -1e-6}),
        ("centre_frequency_hz", {"centre_frequency_hz": 0.5e6}),
        ("centre_frequency_hz", {"centre_frequency_hz": 301e6}),
        ("centre_frequency_hz", {"centre_frequency_hz": math.nan}),
        ("centre_frequency_hz", {"centre_frequency_hz": 1.1e6}),  # its band reaches below 1 MHz
    ],
)
def test_each_limit_is_named(field: str, changes: dict[str, Any]) -> None:
    error = refused(**changes)
    assert error.field == field
    assert error.message.endswith(".")


def test_duty_pulse_length_and_peak_follow_the_instrument() -> None:
    assert refused(replace(LIMITS, duty_max=0.003)).field == "duty"
    assert refused(replace(LIMITS, pulse_length_max_s=0.3e-3)).field == "pulse_length_s"
    assert refused(replace(LIMITS, peak_amplitude=0.5)).field == "amplitude"
    assert refused(replace(LIMITS, peak_amplitude=math.nan)).field == "amplitude"
    assert refused(replace(LIMITS, duty_max=math.nan)).field == "duty"


def test_an_instrument_cannot_allow_more_than_full_scale() -> None:
    assert refused(replace(LIMITS, peak_amplitude=3.0), waveform=with_sample(1.5)).field == "amplitude"


def test_the_converter_limits_the_frequency() -> None:
    error = refused(converter=Converter("lower", 400e6), centre_frequency_hz=80e6)
    assert error.field == "centre_frequency_hz"
    assert "to 75 MHz" in error.message
    nothing = refused(converter=Converter("none", 0.0))
    assert nothing.field == "centre_frequency_hz"
    assert "325000000 to 3800000000 Hz, which holds nothing of the instrument's 1000000 to 300000000" in nothing.message


def test_a_short_pulse_is_judged_by_its_true_width() -> None:
    """A pulse of 20 samples at 2 MHz reaches 0.24 MHz to either side, not a whole 1 / length = 0.5 MHz."""
    pulse = np.ones(20, dtype=np.complex64)
    check(shot(waveform=pulse, centre_frequency_hz=LIMITS.frequency_min_hz + 0.25e6), LIMITS, UPPER, RADIO)
    assert refused(waveform=pulse, centre_frequency_hz=LIMITS.frequency_min_hz + 0.2e6).field == "centre_frequency_hz"


ANY_NUMBER = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=200, deadline=None)
@given(
    rate=st.one_of(ANY_NUMBER, st.floats(2e6, 21e6)),
    frequency=st.one_of(ANY_NUMBER, st.floats(0.5e6, 310e6)),
    repetition=st.one_of(ANY_NUMBER, st.floats(1e-4, 0.1)),
    scale=st.one_of(ANY_NUMBER, st.floats(0.9, 1.1)),
    capture=st.integers(-1, 20_000),
    averages=st.integers(-4, 20),
    phase=st.one_of(st.complex_numbers(allow_nan=True), st.just(1j)),
    teeth=st.integers(1, 200),
)
def test_whatever_passes_is_within_every_limit(
    rate: float,
    frequency: float,
    repetition: float,
    scale: float,
    capture: int,
    averages: int,
    phase: complex,
    teeth: int,
) -> None:
    with np.errstate(all="ignore"):
        waveform = comb(tooth=teeth) * np.complex64(scale)
    candidate = shot(
        sample_rate_hz=rate,
        centre_frequency_hz=frequency,
        repetition_time_s=repetition,
        waveform=waveform,
        capture_samples=capture,
        averages=averages,
        phase_cycle=(1, phase),
    )
    try:
        check(candidate, LIMITS, UPPER, RADIO)
    except SafetyLimitExceeded:
        return
    assert LIMITS.sample_rate_min_hz <= rate <= LIMITS.sample_rate_max_hz
    assert LIMITS.frequency_min_hz <= frequency <= LIMITS.frequency_max_hz
    assert np.max(np.abs(waveform)) <= LIMITS.peak_amplitude * (1 + 2e-6)
    assert np.count_nonzero(waveform) / rate <= LIMITS.duty_max * repetition
    assert len(waveform) / rate <= LIMITS.pulse_length_max_s
    assert len(waveform) <= capture <= LIMITS.capture_samples_max
    assert LIMITS.repetition_time_min_s <= repetition < math.inf
    assert averages > 0
    assert averages % 2 == 0
    assert abs(abs(phase) - 1) <= 2e-6
