"""Excitation pulses as complex baseband waveforms, |x| <= 1, sampled at the start of each sample interval."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from acquisition.shot import ComplexArray

FloatArray = npt.NDArray[np.float64]

TRUNCATION_BETA = 5.3
"""beta of the sech envelope for which it has fallen to 1 % at both ends: sech(5.3) = 0.01."""


def sample_count(length_s: float, sample_rate_hz: float) -> int:
    """Number of samples that a length takes, at least one."""
    return max(1, round(length_s * sample_rate_hz))


def hs_amplitude(tau: npt.ArrayLike, order: int = 1, beta: float = TRUNCATION_BETA) -> FloatArray:
    """Envelope f_n(tau) = sech(beta tau^n) of an HSn pulse, tau in -1..1, values in 0..1.

    Source: Tannus and Garwood, J. Magn. Reson. A 120, 133 (1996); n = 1 is the hyperbolic secant, and a larger n makes
    the envelope flatter. |tau| is used, so that odd and even orders are symmetric alike.
    """
    scaled: FloatArray = beta * np.abs(np.asarray(tau, dtype=np.float64)) ** order
    return np.asarray(1.0 / np.cosh(scaled), dtype=np.float64)


def _hs_progress(tau: FloatArray, order: int, beta: float) -> FloatArray:
    """Fraction of the integral of f_n^2 that lies before tau: 0 at -1, one half at 0, 1 at +1."""
    if order == 1:
        return np.asarray(0.5 * (1.0 + np.tanh(beta * tau) / math.tanh(beta)), dtype=np.float64)
    fine = np.linspace(0.0, 1.0, 8193)
    squared = hs_amplitude(fine, order, beta) ** 2
    cumulative = np.concatenate([[0.0], np.cumsum(0.5 * (squared[1:] + squared[:-1]))])
    half = 0.5 * cumulative / cumulative[-1]
    return np.asarray(0.5 + np.sign(tau) * np.interp(np.abs(tau), fine, half), dtype=np.float64)


def hs_frequency_hz(
    tau: npt.ArrayLike, bandwidth_hz: float, order: int = 1, beta: float = TRUNCATION_BETA
) -> FloatArray:
    """Instantaneous frequency of an HSn pulse by offset-independent adiabaticity, in Hz, rising from -BW/2 to BW/2.

    Delta(t) = BW (integral_0^t f_n^2 / integral_0^Tp f_n^2 - 1/2), so that the sweep is slow where the field is weak
    and every offset inside BW is passed with the same ratio of field squared to sweep rate.
    """
    progress = _hs_progress(np.asarray(tau, dtype=np.float64), order, beta)
    return bandwidth_hz * (progress - 0.5)


def hs_pulse(
    length_s: float,
    bandwidth_hz: float,
    sample_rate_hz: float,
    *,
    order: int = 1,
    amplitude: float = 1.0,
    beta: float = TRUNCATION_BETA,
) -> ComplexArray:
    """An HSn pulse of the given length and bandwidth (full sweep), shape (round(length * rate),).

    The phase is 2 pi times the integral of the instantaneous frequency and zero in the middle of the pulse.
    """
    count = sample_count(length_s, sample_rate_hz)
    tau = (2.0 * np.arange(count) + 1.0) / count - 1.0
    frequency = hs_frequency_hz(tau, bandwidth_hz, order, beta)
    phase = 2.0 * np.pi * np.cumsum(frequency) / sample_rate_hz
    phase -= phase[count // 2]
    envelope = amplitude * hs_amplitude(tau, order, beta)
    return np.asarray(envelope * np.exp(1j * phase), dtype=np.complex64)


def rectangular_pulse(
    length_s: float, sample_rate_hz: float, *, offset_hz: float = 0.0, amplitude: float = 1.0, phase_rad: float = 0.0
) -> ComplexArray:
    """A hard pulse at an offset from the centre frequency; it excites about +-0.6 / length around it (half height)."""
    time_s = np.arange(sample_count(length_s, sample_rate_hz)) / sample_rate_hz
    return np.asarray(amplitude * np.exp(1j * (2.0 * np.pi * offset_hz * time_s + phase_rad)), dtype=np.complex64)


def gaussian_pulse(
    length_s: float,
    sample_rate_hz: float,
    *,
    offset_hz: float = 0.0,
    amplitude: float = 1.0,
    phase_rad: float = 0.0,
    truncation: float = 0.01,
) -> ComplexArray:
    """A selective pulse whose Gaussian envelope has fallen to `truncation` at both ends.

    With the default truncation the small-angle excitation has a full width at half height of 2.28 / length and no
    side lobes above 2 % of its top.
    """
    count = sample_count(length_s, sample_rate_hz)
    tau = (2.0 * np.arange(count) + 1.0) / count - 1.0
    envelope = amplitude * truncation ** (tau**2)
    time_s = np.arange(count) / sample_rate_hz
    return np.asarray(envelope * np.exp(1j * (2.0 * np.pi * offset_hz * time_s + phase_rad)), dtype=np.complex64)


def on_resonance_flip_rad(waveform: ComplexArray, sample_rate_hz: float, nutation_frequency_hz: float) -> float:
    """Flip angle that a waveform gives at its centre frequency: 2 pi nu_1 |sum x| / rate.

    Exact for a pulse of constant phase, and the small-angle value otherwise. `nutation_frequency_hz` is omega_1 / 2 pi
    at |x| = 1.
    """
    return 2.0 * math.pi * nutation_frequency_hz * float(abs(np.sum(waveform, dtype=np.complex128))) / sample_rate_hz
