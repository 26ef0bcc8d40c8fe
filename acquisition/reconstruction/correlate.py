"""The spectrum by correlation, S(f) = Y X* / (|X|^2 + eps), of one capture or stitched from several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import fft

from acquisition.experiment import Spectrum
from acquisition.reconstruction.record import Complex, Real, Record

POINTS_MAX = 1 << 20


def correlation_spectrum(
    records: Sequence[Record],
    samples: Sequence[Complex],
    sigmas: Real,
    band_hz: tuple[float, float],
    *,
    regularisation: float = 0.05,
    decay_s: float = 0.5e-3,
) -> Spectrum:
    """Correlation spectrum of masked samples on an even grid over a band.

    For each capture S = Y X* / (|X|^2 + eps) with Y the transform of the data (zero where there are none) and eps the
    `regularisation` times the largest |X|^2; the cross-correlation is weighted with exp(-t / `decay_s`), which keeps
    the noise of times when no line is left out of the spectrum. The result is in units of a line's amplitude
    times s. Where captures overlap they are averaged with weights |X|^4 / (|X|^2 + eps)^2 / sigma^2. `noise_sigma` is
    the standard deviation of a bin in the median over the band: noise is least where the excitation is strongest.
    """
    low, high = band_hz
    step_hz = min(record.rate_hz / record.transform_length for record in records)
    step_hz = max(step_hz, (high - low) / (POINTS_MAX - 1), 1e-3)
    grid = np.arange(low, high + 0.5 * step_hz, step_hz) if high > low else np.asarray([low])
    total = np.zeros(len(grid), dtype=np.complex128)
    weight, variance = np.zeros(len(grid)), np.zeros(len(grid))
    for record, values, sigma in zip(records, samples, sigmas, strict=True):
        length = record.transform_length
        power = np.abs(record.drive_spectrum) ** 2
        filtered = np.conj(record.drive_spectrum) / (power + regularisation * power.max(initial=1e-300))
        product = fft.fft(values, length) * filtered
        correlation = fft.ifft(product)
        lag_s = np.arange(length) / record.rate_hz
        correlation *= np.where(np.arange(length) < length // 2, np.exp(-lag_s / decay_s), 0.0)
        spectrum = fft.fftshift(fft.fft(correlation)) / record.rate_hz
        seen = fft.fftshift((power / (power + regularisation * power.max(initial=1e-300))) ** 2)
        axis = record.centre_hz + fft.fftshift(fft.fftfreq(length, 1 / record.rate_hz))
        inside = (grid >= axis[0]) & (grid <= axis[-1])
        own = np.where(inside, np.interp(grid, axis, seen), 0.0) / float(sigma) ** 2
        line = np.interp(grid, axis, spectrum.real) + 1j * np.interp(grid, axis, spectrum.imag)
        total += own * line
        weight += own
        noise = fft.fftshift(_noise_variance(filtered, record, decay_s)) * float(sigma) ** 2
        own_variance = np.interp(grid, axis, noise)
        variance += own**2 * own_variance
    used = weight > 1e-6 * weight.max(initial=0.0)
    values = np.where(used, total / np.where(used, weight, 1.0), 0.0)
    noise_sigma = float(np.sqrt(np.median((variance / np.where(used, weight, 1.0) ** 2)[used]))) if used.any() else 0.0
    return Spectrum(float(grid[0]), float(step_hz), values.astype(np.complex64), noise_sigma)


def _noise_variance(filtered: Complex, record: Record, decay_s: float) -> Real:
    """Variance of each bin for received noise of variance 1 a sample, after the filter and the apodisation.

    Apodisation multiplies correlations in time, so it smooths the noise power over frequency with the transform of its
    own autocorrelation, sum_n w_n w_(n+l) = q^l (1 - q^(2 (half - l))) / (1 - q^2) for w_n = q^n, n < half. Of the
    filter's response in time, each lag sees what falls on received samples; the mean over the lags is taken.
    """
    length = record.transform_length
    half = length // 2
    fall = 1.0 / (decay_s * record.rate_hz)
    lag = np.arange(half)
    overlap = np.zeros(length)
    overlap[:half] = np.exp(-fall * lag) * np.expm1(-2.0 * fall * (half - lag)) / np.expm1(-2.0 * fall)
    overlap[-half + 1 :] = overlap[half - 1 : 0 : -1]
    smooth = fft.fft(fft.ifft(np.abs(filtered) ** 2) * overlap).real
    response = np.abs(fft.fft(filtered)) ** 2
    received = fft.ifft(fft.fft(record.mask, length) * np.conj(fft.fft(response)))[:half].real
    weights = np.exp(-2.0 * fall * lag)
    share = float(weights @ received) / max(float(weights.sum() * response.sum()), 1e-300)
    return np.maximum(smooth, 0.0) * share / record.rate_hz**2
