"""Looks for one more line, carrier or ring-down in what is left of a capture, over all frequencies at once.

For a decay time the products of the data with the responses of lines at every frequency are one Fourier transform:
<r_f, y> = sum_k exp(-2 pi i f k) exp(-pi FWHM k) R_yx[k], where R_yx is the cross-correlation of reception and
transmission, itself Y X* in the frequency domain. Divided by the energy of each response they are the matched filter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft

from acquisition.reconstruction.parameters import ReconstructionParameters
from acquisition.reconstruction.record import Complex, Real, Record

T2_STAR_STEP = 2.5
"""Ratio of neighbouring decay times in the search; half a step away the matched filter still has 95 % of its power."""


@dataclass(frozen=True, eq=False)
class Scan:
    """Matched-filter power over energy at absolute frequencies, for one line width; statistic times sigma^2."""

    fwhm_hz: float
    frequency_hz: Real
    energy: Real
    power: Real


def search_widths_hz(parameters: ReconstructionParameters) -> list[float]:
    """Line widths that the search is matched to, narrowest first."""
    low, high = parameters.t2_star_min_s, max(parameters.t2_star_max_s, parameters.t2_star_min_s)
    count = max(1, math.ceil(math.log(high / low) / math.log(T2_STAR_STEP) + 1e-9))
    step = (high / low) ** (1 / count)
    # Each decay time stands for a range half a step to either side.
    times = [high * step ** -(i + 0.5) for i in range(count)]
    return [1 / (math.pi * time) for time in times]


def excited_band_hz(record: Record, floor: float) -> tuple[float, float]:
    """Lowest and highest absolute frequency where the excitation reaches `floor` of its strongest amplitude."""
    power = np.abs(record.drive_spectrum) ** 2
    width = max(1, round(2e3 * len(power) / record.rate_hz))
    total = np.cumsum(np.concatenate([power[-width:], power, power[:width]]))
    smooth = fft.fftshift((total[2 * width :] - total[: -2 * width])[: len(power)] / (2 * width))
    offsets = fft.fftshift(fft.fftfreq(len(power), 1 / record.rate_hz))
    above = offsets[smooth >= floor**2 * smooth.max(initial=0.0)]
    if len(above) == 0 or record.drive_scale == 0:
        return record.centre_hz, record.centre_hz
    return record.centre_hz + float(above[0]), record.centre_hz + float(above[-1])


class Searcher:
    """Everything about one capture's search that does not depend on the data: bands, widths and response energies."""

    def __init__(self, record: Record, widths_hz: Sequence[float], band_hz: tuple[float, float]) -> None:
        self.record = record
        low, high = self.low_hz, self.high_hz = band_hz
        self.widths_hz = list(widths_hz) if high > low else []
        length = record.transform_length
        resolution = record.rate_hz / length
        first = math.floor((low - record.centre_hz) / resolution)
        count = math.ceil((high - record.centre_hz) / resolution) - first + 1
        margin = max(64, count // 16)
        self._bins = np.arange(first - margin, first + count + margin) % length
        self._size = min(fft.next_fast_len(len(self._bins)), max(length, len(self._bins)))
        self._origin_hz = record.centre_hz + (first - margin) * resolution
        self._step_s = length / (self._size * record.rate_hz)
        self._band_rate_hz = 1 / self._step_s
        self._lag_s = (
            np.arange(min(self._size, math.ceil(record.samples / record.rate_hz / self._step_s))) * self._step_s
        )
        self._grids = [self._grid(width) for width in self.widths_hz]
        self._ratio = self._tooth_ratio() if self.widths_hz else None
        self._energies = [self._energy(width, grid[2]) for width, grid in zip(self.widths_hz, self._grids, strict=True)]

    def _grid(self, fwhm_hz: float) -> tuple[int, int, Real]:
        """Lags to use, transform length and absolute frequencies inside the band for one width."""
        lags = min(len(self._lag_s), max(8, math.ceil(8 / (2 * math.pi * fwhm_hz) / self._step_s)))
        spacing = min(fwhm_hz / 2.5, self._band_rate_hz / 8)
        size = fft.next_fast_len(max(lags, math.ceil(self._band_rate_hz / spacing)))
        frequencies = np.asarray(self._origin_hz + np.arange(size) * (self._band_rate_hz / size), dtype=np.float64)
        return lags, size, frequencies

    def _tooth_ratio(self) -> tuple[Real, Real] | None:
        """Response energy relative to the same place in the central tooth, which is smooth over frequency."""
        spacing = self.record.tooth_spacing_hz
        if spacing is None or self.high_hz - self.low_hz < 3 * spacing:
            return None
        reference = 1.5e3
        frequencies = np.arange(self.low_hz - spacing, self.high_hz + spacing, spacing / 6)
        centre = self.record.centre_hz
        folded = centre + np.mod(frequencies - centre + spacing / 2, spacing) - spacing / 2
        energies = self.record.response_energy(np.concatenate([frequencies, folded]), reference)
        return frequencies, energies[: len(frequencies)] / np.maximum(energies[len(frequencies) :], 1e-300)

    def _energy(self, fwhm_hz: float, frequencies_hz: Real) -> Real:
        record, spacing = self.record, self.record.tooth_spacing_hz
        finest = max(fwhm_hz / 2, 0.25 * record.rate_hz / record.samples)
        if self._ratio is None or spacing is None:
            coarse = np.arange(self.low_hz - finest, self.high_hz + 2 * finest, finest)
            return np.interp(frequencies_hz, coarse, record.response_energy(coarse, fwhm_hz))
        nodes = max(16, math.ceil(spacing / finest))
        place = (np.arange(nodes + 1) / nodes - 0.5) * spacing
        central = record.response_energy(record.centre_hz + place, fwhm_hz)
        folded = np.mod(frequencies_hz - record.centre_hz + spacing / 2, spacing) - spacing / 2
        return np.interp(folded, place, central) * np.interp(frequencies_hz, *self._ratio)

    def scan(self, samples: Complex) -> list[Scan]:
        """Matched-filter power of these samples (all of a capture, zero where there is no data) for every width."""
        if not self.widths_hz:
            return []
        record = self.record
        product = fft.fft(samples, record.transform_length)[self._bins] * np.conj(record.drive_spectrum[self._bins])
        correlation = fft.ifft(product, self._size)
        scans = []
        for fwhm_hz, (lags, size, frequencies), energy in zip(self.widths_hz, self._grids, self._energies, strict=True):
            decay = np.exp(-math.pi * fwhm_hz * self._lag_s[:lags])
            response = fft.fft(correlation[:lags] * decay, size)
            inside = (frequencies >= self.low_hz) & (frequencies <= self.high_hz) & (energy > 0)
            power = np.abs(response[inside]) ** 2 / energy[inside]
            scans.append(Scan(fwhm_hz, frequencies[inside], energy[inside], power))
        return scans


def strongest_carrier(record: Record, samples: Complex) -> tuple[float, float]:
    """Frequency (absolute) and power over energy of the strongest signal of constant frequency."""
    spectrum = fft.fft(samples, record.transform_length)
    power = spectrum.real**2 + spectrum.imag**2
    best = int(np.argmax(power))
    offset = fft.fftfreq(len(power), 1 / record.rate_hz)[best]
    return record.centre_hz + float(offset), float(power[best]) / max(record.count, 1)
