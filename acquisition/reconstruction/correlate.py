"""The spectrum by correlation, S(f) = Y X* / (|X|^2 + eps), of one capture or stitched from several."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import fft

from acquisition.experiment import Spectrum
from acquisition.reconstruction.excitation import Complex, Real
from acquisition.reconstruction.record import Record
from acquisition.reconstruction.transform import AnyComplex, transformed

POINTS_MAX = 1 << 20

_Number = TypeVar("_Number", np.float64, np.complex128)


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
    `regularisation` times the largest |X|^2, which is 1; the cross-correlation is weighted with exp(-t / `decay_s`),
    which keeps the noise of times when no line is left out of the spectrum. The result is in units of a line's
    amplitude times s. Where captures overlap they are averaged with weights |X|^4 / (|X|^2 + eps)^2 / sigma^2.
    `noise_sigma` is the standard deviation of a bin in the median over the band: noise is least where the excitation is
    strongest.
    """
    low, high = band_hz
    step_hz = min(record.rate_hz / record.transform_length for record in records)
    step_hz = max(step_hz, (high - low) / (POINTS_MAX - 1), 1e-3)
    grid = np.arange(low, high + 0.5 * step_hz, step_hz) if high > low else np.asarray([low])
    total = np.zeros(len(grid), dtype=np.complex128)
    weight, variance = np.zeros(len(grid)), np.zeros(len(grid))
    filters: dict[Hashable, _Filter] = {}
    for record, values, sigma in zip(records, samples, sigmas, strict=True):
        key = (id(record.excitation), low - record.centre_hz, high - record.centre_hz)
        if key not in filters:
            filters[key] = _Filter(record, (low, high), regularisation, decay_s)
        chosen = filters[key]
        if chosen.size == 0:
            continue
        axis = np.asarray(record.centre_hz + chosen.offset_hz, dtype=np.float64)
        inside = (grid >= axis[0]) & (grid <= axis[-1])
        onto = _Interpolation(np.asarray(grid, dtype=np.float64), axis)
        own = np.where(inside, onto(chosen.seen), 0.0) / float(sigma) ** 2
        total += own * onto(chosen.correlated(transformed(values, record.transform_length)))
        weight += own
        variance += own**2 * onto(chosen.variance) * float(sigma) ** 2
    used = weight > 1e-6 * weight.max(initial=0.0)
    values = np.where(used, total / np.where(used, weight, 1.0), 0.0)
    noise_sigma = float(np.sqrt(np.median((variance / np.where(used, weight, 1.0) ** 2)[used]))) if used.any() else 0.0
    return Spectrum(float(grid[0]), float(step_hz), values.astype(np.complex64), noise_sigma)


class _Interpolation:
    """From one even axis to another, linear."""

    def __init__(self, grid: Real, axis: Real) -> None:
        step = axis[1] - axis[0] if len(axis) > 1 else 1.0
        place = np.clip((grid - axis[0]) / step, 0.0, len(axis) - 1)
        self._below = np.minimum(place.astype(np.intp), max(len(axis) - 2, 0))
        self._share = place - self._below

    def __call__(self, values: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
        below: npt.NDArray[_Number] = values[self._below]
        if len(values) < 2:
            return below
        above: npt.NDArray[_Number] = values[self._below + 1]
        between: npt.NDArray[_Number] = below + self._share * (above - below)
        return between


class _Filter:
    """X* / (|X|^2 + eps) and the apodisation of one capture, on the bins of its transform in a band and around it.

    Only these bins are worked with, so times are those of a sampling at the rate of this band. `offset_hz`, `seen` (the
    filter's response to a line) and `variance` (of a bin, for noise of variance 1 a sample) are by rising frequency.
    """

    def __init__(self, record: Record, band_hz: tuple[float, float], regularisation: float, decay_s: float) -> None:
        length = record.transform_length
        resolution = record.rate_hz / length
        first = math.floor((band_hz[0] - record.centre_hz) / resolution)
        last = math.ceil((band_hz[1] - record.centre_hz) / resolution)
        margin = max(64, (last - first) // 8)
        first, last = max(first - margin, -(length // 2)), min(last + margin, (length - 1) // 2)
        self.size = max(min(fft.next_fast_len(last - first + 1), length // 2 - first), 0)
        bins = np.arange(first, first + self.size)
        self.offset_hz = bins * resolution
        self._bins = bins % length
        drive = record.drive_spectrum[self._bins]
        power = np.abs(drive) ** 2
        self._filtered = np.conj(drive) / (power + regularisation)
        self.seen = (power / (power + regularisation)) ** 2
        self._rate_hz = record.rate_hz
        lag_s = np.arange(self.size) * (length / record.rate_hz / max(self.size, 1))
        self._apodisation = np.where(np.arange(self.size) < self.size // 2, np.exp(-lag_s / decay_s), 0.0)
        self.variance = self._noise_variance(record) if self.size else np.zeros(0)

    def correlated(self, transform: AnyComplex) -> Complex:
        """The spectrum of data from the transform of all samples, in units of a line's amplitude times s."""
        correlation = fft.ifft(transform[self._bins] * self._filtered)
        return np.asarray(fft.fft(correlation * self._apodisation) / self._rate_hz)

    def _noise_variance(self, record: Record) -> Real:
        """Variance of each bin for received noise of variance 1 a sample, after the filter and the apodisation.

        Apodisation multiplies correlations in time, so it smooths the noise power over frequency with the transform of
        its own autocorrelation. Of the filter's response in time, each lag sees what falls on received samples; the
        mean over the lags is taken.
        """
        size = self.size
        # The power is real, so its transform is that of half the band.
        smooth = fft.irfft(fft.rfft(np.abs(self._filtered) ** 2) * self._overlap(), size)
        response = np.abs(fft.fft(self._filtered)) ** 2
        # The share of received samples in each step of this band's own, slower sampling.
        edges = np.round(np.arange(size + 1) * (record.transform_length / size)).astype(np.intp)
        before = np.concatenate([[0], np.cumsum(record.mask, dtype=np.int32)])[np.minimum(edges, record.samples)]
        received = np.diff(before) / np.maximum(np.diff(edges), 1)
        weights = self._apodisation**2
        seen = fft.irfft(fft.rfft(received) * np.conj(fft.rfft(response)), size)
        share = float(weights @ seen) / max(float(weights.sum() * response.sum()), 1e-300)
        # A bin of the band's own rate holds the noise of as many samples as the rate is lower by.
        scale = share / self._rate_hz**2 * (record.transform_length / self.size)
        return np.asarray(np.maximum(smooth, 0.0) * scale, dtype=np.float64)

    def _overlap(self) -> Real:
        """Autocorrelation of the apodisation for lags up to half of all: that of a decay that ends there."""
        decay = self._apodisation[: self.size // 2]
        # From a lag on it is as at its beginning, but weaker by the decay until then.
        return np.append(decay * np.cumsum(decay**2)[::-1], 0.0)
