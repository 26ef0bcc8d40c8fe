"""Pulses against closed forms and against a Bloch simulation of what they do."""

from __future__ import annotations

import numpy as np
import pytest

from acquisition.pulses import (
    gaussian_pulse,
    hs_amplitude,
    hs_frequency_hz,
    hs_pulse,
    on_resonance_flip_rad,
    rectangular_pulse,
)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 8])
def test_envelope_is_symmetric_and_truncated_at_one_percent(order: int) -> None:
    tau = np.linspace(-1, 1, 2001)
    envelope = hs_amplitude(tau, order)
    np.testing.assert_allclose(envelope, envelope[::-1], rtol=1e-12)
    assert envelope[1000] == 1.0
    assert envelope[0] == pytest.approx(0.01, rel=0.01)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_sweep_has_offset_independent_adiabaticity(order: int) -> None:
    """Sweep rate over field squared is the same at every offset."""
    tau = np.linspace(-0.95, 0.95, 4001)
    frequency = hs_frequency_hz(tau, 50e3, order)
    rate = np.gradient(frequency, tau)
    ratio = rate / hs_amplitude(tau, order) ** 2
    assert np.ptp(ratio[5:-5]) / np.mean(ratio) < 2e-3
    ends = hs_frequency_hz([-1.0, 0.0, 1.0], 50e3, order)
    np.testing.assert_allclose(ends, [-25e3, 0.0, 25e3], atol=1e-6)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_phase_is_the_integral_of_the_frequency(order: int) -> None:
    rate = 10e6
    pulse = hs_pulse(4e-3, 50e3, rate, order=order)
    assert pulse.dtype == np.complex64 and len(pulse) == 40_000
    measured = np.angle(pulse[1:].astype(complex) * np.conj(pulse[:-1])) * rate / (2 * np.pi)
    tau = (2 * np.arange(40_000) + 1) / 40_000 - 1
    middle = slice(4_000, 36_000)
    np.testing.assert_allclose(measured[middle], hs_frequency_hz(tau[1:], 50e3, order)[middle], atol=2.0)


def test_spectrum_of_an_hs_pulse_fills_its_bandwidth_evenly() -> None:
    rate = 1e6
    pulse = hs_pulse(4e-3, 50e3, rate, order=1)
    spectrum = np.abs(np.fft.fft(pulse, 1 << 15))
    offset = np.fft.fftfreq(1 << 15, 1 / rate)
    inside, outside = spectrum[np.abs(offset) < 20e3], spectrum[np.abs(offset) > 35e3]
    assert inside.min() > 0.9 * inside.max()
    assert outside.max() < 0.02 * inside.max()


def test_gaussian_pulse_width_and_side_lobes() -> None:
    rate, length = 10e6, 100e-6
    spectrum = np.abs(np.fft.fft(gaussian_pulse(length, rate, offset_hz=30e3), 1 << 18))
    offset = np.fft.fftfreq(1 << 18, 1 / rate)
    top = offset[np.argmax(spectrum)]
    assert top == pytest.approx(30e3, abs=50)
    above = offset[spectrum > 0.5 * spectrum.max()]
    assert above.max() - above.min() == pytest.approx(2.28 / length, rel=0.03)
    assert spectrum[np.abs(offset - 30e3) > 3 / length].max() < 0.02 * spectrum.max()


def test_flip_angle_of_a_right_angle_pulse() -> None:
    assert on_resonance_flip_rad(rectangular_pulse(12.5e-6, 10e6), 10e6, 20e3) == pytest.approx(np.pi / 2, rel=1e-5)


def test_phase_and_amplitude_of_a_rectangular_pulse() -> None:
    pulse = rectangular_pulse(5e-6, 10e6, amplitude=0.5, phase_rad=np.pi / 2)
    np.testing.assert_allclose(pulse, np.full(50, 0.5j), atol=1e-7)
