from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquisition.shot import ComplexArray
from sdr.alignment import find_start, has_onsets, onset_near
from sdr.errors import AlignmentFailed
from tests.sdr.shots import comb


def reception(
    waveform: ComplexArray,
    start: int,
    length: int,
    gain: float = 0.2,
    phase_rad: float = 0.0,
    noise: float = 0.01,
    ringing_samples: float = 0.0,
    seed: int = 0,
) -> ComplexArray:
    """Leakage of `waveform` with noise, the probe's ringing and clipping of either component at full scale."""
    generator = np.random.default_rng(seed)
    leaked = np.zeros(length, dtype=complex)
    leaked[start : start + len(waveform)] = gain * np.exp(1j * phase_rad) * waveform
    if ringing_samples:
        response = np.exp(-np.arange(200) / ringing_samples)
        leaked = np.convolve(leaked, response)[:length]
    leaked += noise * (generator.normal(size=length) + 1j * generator.normal(size=length)) / np.sqrt(2)
    return (np.clip(leaked.real, -1, 1) + 1j * np.clip(leaked.imag, -1, 1)).astype(np.complex64)


def rectangle(samples: int = 64) -> ComplexArray:
    return np.ones(samples, dtype=np.complex64)


def smooth(samples: int = 2000) -> ComplexArray:
    n = np.arange(samples)
    envelope = 1 / np.cosh(5.3 * (2 * n / samples - 1))
    return (envelope * np.exp(2j * np.pi * 20 * (n / samples) ** 2)).astype(np.complex64)


@settings(max_examples=40, deadline=None)
@given(
    start=st.integers(1, 3000),
    phase_rad=st.floats(-3.1, 3.1),
    gain=st.floats(0.05, 0.9),
    seed=st.integers(0, 1000),
    pulse=st.sampled_from(["comb", "rectangle"]),
)
def test_start_and_phase_of_an_unsaturated_pulse(
    start: int, phase_rad: float, gain: float, seed: int, pulse: str
) -> None:
    waveform = comb() if pulse == "comb" else rectangle()
    found = find_start(reception(waveform, start, 8000, gain, phase_rad, 0.01, seed=seed), waveform)
    assert found.start == start
    assert abs(np.angle(np.exp(1j * (found.phase_rad - phase_rad)))) < 0.15


@settings(max_examples=40, deadline=None)
@given(
    start=st.integers(1, 3000),
    phase_rad=st.floats(-3.1, 3.1),
    gain=st.floats(5, 500),
    ringing=st.sampled_from([0.0, 3.0, 6.0, 10.0]),
    seed=st.integers(0, 1000),
    pulse=st.sampled_from(["comb", "rectangle"]),
)
def test_start_of_a_pulse_that_saturates_the_receiver_and_rings(
    start: int, phase_rad: float, gain: float, ringing: float, seed: int, pulse: str
) -> None:
    waveform = comb() if pulse == "comb" else rectangle()
    received = reception(waveform, start, 8000, gain, phase_rad, 0.02, ringing, seed)
    assert find_start(received, waveform).start == start


def test_a_smooth_pulse_is_found_within_a_sample_of_its_bandwidth() -> None:
    waveform = smooth()
    assert not has_onsets(waveform)
    found = find_start(reception(waveform, 777, 8000, 3.0, 1.0, 0.02), waveform)
    assert abs(found.start - 777) <= 3


@pytest.mark.parametrize("waveform", [comb(), rectangle(), smooth()])
def test_noise_alone_is_never_taken_for_leakage(waveform: ComplexArray) -> None:
    for seed in range(20):
        noise = reception(waveform, 0, 8000, gain=0.0, noise=0.05, seed=seed)
        with pytest.raises(AlignmentFailed):
            find_start(noise, waveform)


def test_silence_is_not_leakage() -> None:
    with pytest.raises(AlignmentFailed):
        find_start(np.zeros(5000, dtype=np.complex64), comb())


def test_a_reception_shorter_than_the_pulse() -> None:
    with pytest.raises(AlignmentFailed):
        find_start(np.zeros(100, dtype=np.complex64), comb())


def test_the_search_can_be_narrowed() -> None:
    waveform = rectangle()
    twice = reception(waveform, 500, 8000) + reception(waveform, 5000, 8000, seed=1)
    assert find_start(twice, waveform, 0, 3000).start == 500
    assert find_start(twice, waveform, 3000, 7000).start == 5000


def test_onset_near_tells_a_slip_of_one_sample() -> None:
    waveform = comb()
    for slip in (-1, 0, 1, 5):
        received = reception(waveform, 100 + slip, 6000, gain=50.0, ringing_samples=5.0)
        assert onset_near(received, waveform, 100) == 100 + slip
