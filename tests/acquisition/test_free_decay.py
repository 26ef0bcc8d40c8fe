"""Decimated free decays: lines, noise and echoes come through as they are."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from acquisition.free_decay import free_decay, pulses
from acquisition.lines import Line
from acquisition.presence import presence, presence_threshold
from acquisition.pulses import rectangular_pulse
from acquisition.shot import Capture
from tests.acquisition.synthetic import SyntheticLine, synthetic_capture

LINE_HZ = 28.1e6
PULSE = rectangular_pulse(8e-6, 10e6, offset_hz=0.1e6)


def capture(lines: list[SyntheticLine], noise_sigma: float = 0.0, seed: int = 0) -> Capture:
    return synthetic_capture(PULSE, lines, noise_sigma, tail_s=3e-3, rng=seed, method="confirm")


def as_line(frequency_hz: float, t2_star_s: float) -> Line:
    return Line(frequency_hz, 1.0, 1 / (math.pi * t2_star_s), 1.0, 1.0, 0.1, 0.0, 50.0, 1.0)


def test_a_line_stays_an_exponential_of_its_frequency_and_width() -> None:
    decay = free_decay(capture([SyntheticLine(LINE_HZ + 3e3, 300e-6)]), LINE_HZ, 1e3)
    assert decay is not None
    ratio = decay.data[1:] / decay.data[:-1]
    expected = np.exp((2j * np.pi * 3e3 - 1 / 300e-6) / decay.rate_hz)
    np.testing.assert_allclose(ratio[:200], expected, rtol=2e-3)
    assert decay.rate_hz == pytest.approx(400e3)


@pytest.mark.parametrize("t2_star_s", [100e-6, 300e-6, 1e-3])
def test_the_amplitude_is_that_of_the_decay_at_its_delay(t2_star_s: float) -> None:
    full = capture([SyntheticLine(LINE_HZ, t2_star_s)])
    line = as_line(LINE_HZ, t2_star_s)
    decay = free_decay(full, LINE_HZ, line.fwhm_hz)
    assert decay is not None
    amplitude, _ = decay.amplitude(line)
    at_pulse = amplitude * math.exp(decay.delay_s / t2_star_s)
    # A pulse of omega_1 t turns the line by 1.005 rad; its linear response is that angle.
    turned = 2 * math.pi * 20e3 * 8e-6
    assert at_pulse == pytest.approx(turned, rel=0.02)


def test_white_noise_stays_white() -> None:
    decay = free_decay(capture([], noise_sigma=1.0), LINE_HZ, 1e3)
    assert decay is not None
    power = np.abs(np.fft.fft(decay.data)) ** 2
    quarters = power.reshape(-1)[: len(power) // 8 * 8].reshape(8, -1).mean(axis=1)
    np.testing.assert_allclose(quarters / quarters.mean(), 1.0, atol=0.35)


def test_a_line_far_away_is_gone() -> None:
    decay = free_decay(capture([SyntheticLine(LINE_HZ + 430e3, 300e-6)]), LINE_HZ, 1e3)
    near = free_decay(capture([SyntheticLine(LINE_HZ + 30e3, 300e-6)]), LINE_HZ, 1e3)
    assert decay is not None
    assert near is not None
    assert np.abs(decay.data).max() < 0.01 * np.abs(near.data).max()


def test_lines_can_be_taken_out() -> None:
    decay = free_decay(capture([SyntheticLine(LINE_HZ + 8e3, 300e-6), SyntheticLine(LINE_HZ, 200e-6)]), LINE_HZ, 1e3)
    assert decay is not None
    left = decay.without([as_line(LINE_HZ + 8e3, 300e-6), as_line(LINE_HZ, 200e-6), as_line(LINE_HZ + 5e6, 1e-4)])
    assert np.linalg.norm(left.data) < 0.02 * np.linalg.norm(decay.data)


def test_an_echo_is_read_from_its_top() -> None:
    pulse = rectangular_pulse(4e-6, 10e6)
    waveform = np.concatenate([pulse, np.zeros(960, dtype=np.complex64), pulse, pulse])
    samples = np.zeros(6000, dtype=np.complex64)
    top = 2 * 1039.5 - 19.5  # as far behind the middle of the second pulse as that is behind the first one's
    samples[:] = np.exp(-np.abs(np.arange(6000) - top) / 100.0)
    full = Capture(samples, waveform, 10e6, LINE_HZ, 4e-6, 16, method="confirm")
    assert pulses(waveform) == ((0, 40), (1000, 1080))
    decay = free_decay(full, LINE_HZ, 32e3)
    assert decay is not None
    amplitude, _ = decay.amplitude(as_line(LINE_HZ, 10e-6))
    assert amplitude * math.exp(decay.delay_s / 10e-6) == pytest.approx(1.0, rel=0.05)


def test_nothing_received_gives_nothing() -> None:
    full = capture([])
    assert free_decay(replace(full, samples=full.samples[: len(PULSE) + 45]), LINE_HZ, 1e3) is None
    assert free_decay(replace(full, waveform=np.zeros(5, dtype=np.complex64)), LINE_HZ, 1e3) is None


def test_noise_reaches_the_threshold_as_often_as_it_says() -> None:
    threshold = presence_threshold(1.0, 1e3)
    alarms = 0
    for seed in range(60):
        decay = free_decay(capture([], noise_sigma=1.0, seed=seed), LINE_HZ, 1e3)
        assert decay is not None
        alarms += presence([decay], LINE_HZ, 1e3) > threshold
    # One expected peak means about 1 - 1/e of the records; the sum over decay times errs on the safe side.
    assert 3 <= alarms <= 45


def test_a_line_is_seen_and_only_where_it_is() -> None:
    decays = [
        decay
        for seed in range(2)
        if (decay := free_decay(capture([SyntheticLine(LINE_HZ, 300e-6)], 2.0, seed), LINE_HZ, 1e3)) is not None
    ]
    assert presence(decays, LINE_HZ, 1e3) > presence_threshold(1e-4, 1e3)
    assert presence(decays, LINE_HZ + 40e3, 1e3) < presence_threshold(1e-3, 1e3)
