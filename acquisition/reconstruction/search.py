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
import numpy.typing as npt
from scipy import fft

from acquisition.reconstruction.excitation import Complex, Excitation, Real
from acquisition.reconstruction.parameters import ReconstructionParameters
from acquisition.reconstruction.record import Record
from acquisition.reconstruction.transform import AnyComplex, Single, transformed

T2_STAR_STEP = 2.5
"""Ratio of neighbouring decay times in the search; half a step away the matched filter still has 95 % of its power."""

PROBE_DECAYS_S = (0.4e-6, 1.2e-6, 4e-6)
PROBE_REACH_HZ = 1e6

TOOTH_WIDTHS = 4.0
"""Widths to either side of a line within which its spectrum is looked at to compare teeth."""

RATIO_NODES, RATIO_FWHM_HZ = 6, 1.5e3
"""Places in a tooth, and width of the line, for which all teeth are compared with the central one."""


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
    spectrum = record.drive_spectrum
    power = spectrum.real**2 + spectrum.imag**2
    width = max(1, round(2e3 * len(power) / record.rate_hz))
    total = np.cumsum(np.concatenate([power[-width:], power, power[:width]]), dtype=np.float64)
    smooth = fft.fftshift((total[2 * width :] - total[: -2 * width])[: len(power)])
    above = np.flatnonzero(smooth >= floor**2 * smooth.max(initial=0.0)) - len(power) // 2
    if len(above) == 0 or record.drive_scale == 0:
        return record.centre_hz, record.centre_hz
    resolution = record.rate_hz / len(power)
    return record.centre_hz + float(above[0]) * resolution, record.centre_hz + float(above[-1]) * resolution


@dataclass(frozen=True, eq=False)
class _Grid:
    """How one width is searched: decays at the lags used, transform length, and the frequencies inside the band."""

    fwhm_hz: float
    decay: npt.NDArray[np.float32]
    size: int
    inside: slice
    offset_hz: Real
    energy: Real


class Bank:
    """The matched filters of one excitation over a band of offsets: all of a search that does not depend on data."""

    def __init__(self, excitation: Excitation, widths_hz: Sequence[float], band_hz: tuple[float, float]) -> None:
        self._excitation = excitation
        low, high = self.low_hz, self.high_hz = band_hz
        length, rate_hz = excitation.transform_length, excitation.rate_hz
        resolution = rate_hz / length
        first = math.floor(low / resolution)
        count = math.ceil(high / resolution) - first + 1
        margin = max(64, count // 16)
        self._bins = np.arange(first - margin, first + count + margin) % length
        self._size = min(fft.next_fast_len(len(self._bins)), max(length, len(self._bins)))
        self._origin_hz = (first - margin) * resolution
        self._step_s = length / (self._size * rate_hz)
        self._lags = min(self._size, math.ceil(excitation.samples / rate_hz / self._step_s))
        self._conjugate = np.conj(excitation.drive_spectrum[self._bins])
        self.grids = self._made(list(widths_hz)) if high > low else []

    def _made(self, widths_hz: list[float]) -> list[_Grid]:
        excitation, spacing = self._excitation, self._excitation.tooth_spacing_hz
        whole = spacing is not None and self.high_hz - self.low_hz >= 3 * spacing
        # One pass through the teeth for the energies that all widths need.
        wanted, exponents = [], []
        for fwhm_hz in widths_hz:
            finest = max(fwhm_hz / 2, 0.25 * excitation.rate_hz / excitation.samples)
            if whole and spacing is not None:
                nodes = max(16, math.ceil(spacing / finest))
                places = (np.arange(nodes + 1) / nodes - 0.5) * spacing
            else:
                places = np.arange(self.low_hz - finest, self.high_hz + 2 * finest, finest)
            wanted.append(places)
            exponents.append(excitation.pole_exponent(places, fwhm_hz))
        ratio_at = np.zeros(0)
        if whole and spacing is not None:
            ratio_at = np.arange(self.low_hz - spacing, self.high_hz + spacing, spacing / RATIO_NODES)
            # Folded into the central tooth, the same few places come again and again.
            central = ratio_at[:RATIO_NODES] - spacing * np.round(ratio_at[:RATIO_NODES] / spacing)
            exponents.append(excitation.pole_exponent(np.concatenate([central, ratio_at]), RATIO_FWHM_HZ))
        energies = excitation.response_energies(np.concatenate(exponents), single=True)
        own = np.split(energies, np.cumsum([len(part) for part in exponents])[:-1])
        ratio = np.zeros(0)
        if whole:
            below, at = own[-1][:RATIO_NODES], own[-1][RATIO_NODES:]
            ratio = at / np.maximum(np.resize(below, len(at)), 1e-300)
        return [
            self._grid(fwhm_hz, places, energy, spacing if whole else None, ratio_at, ratio)
            for fwhm_hz, places, energy in zip(widths_hz, wanted, own, strict=False)
        ]

    def _grid(
        self, fwhm_hz: float, places_hz: Real, energies: Real, spacing_hz: float | None, ratio_at: Real, ratio: Real
    ) -> _Grid:
        band_rate_hz = 1 / self._step_s
        lags = min(self._lags, max(8, math.ceil(8 / (2 * math.pi * fwhm_hz) / self._step_s)))
        grid_hz = min(fwhm_hz / 2.5, band_rate_hz / 8)
        size = fft.next_fast_len(max(lags, math.ceil(band_rate_hz / grid_hz)))
        offsets = self._origin_hz + np.arange(size) * (band_rate_hz / size)
        inside = slice(*np.searchsorted(offsets, [self.low_hz, np.nextafter(self.high_hz, np.inf)]).tolist())
        offsets = offsets[inside]
        if spacing_hz is None:
            energy = np.interp(offsets, places_hz, energies)
        else:
            folded = offsets - spacing_hz * np.round(offsets / spacing_hz)
            energy = np.interp(folded, places_hz, energies) * np.interp(offsets, ratio_at, ratio)
        decay = np.exp(-math.pi * fwhm_hz * self._step_s * np.arange(lags)).astype(np.float32)
        return _Grid(fwhm_hz, decay, size, inside, np.asarray(offsets, dtype=np.float64), np.maximum(energy, 1e-300))

    def scan(self, transform: AnyComplex, centre_hz: float) -> list[Scan]:
        """Matched-filter power for every width; `transform` is that of all samples, zero where there is no data."""
        if not self.grids:
            return []
        correlation = fft.ifft(transform[self._bins] * self._conjugate, self._size)
        scans = []
        for grid in self.grids:
            response = fft.fft(correlation[: len(grid.decay)] * grid.decay, grid.size)[grid.inside]
            power = (response.real**2 + response.imag**2) / grid.energy
            scans.append(Scan(grid.fwhm_hz, centre_hz + grid.offset_hz, grid.energy, power))
        return scans


def transform_of(record: Record, blocks: Complex) -> Single:
    """Transform of data in blocks; single precision is relative to what is left, so nothing weak is lost in it."""
    return transformed(record.in_samples(blocks), record.transform_length)


def carriers(record: Record, transform: AnyComplex, least: float) -> list[tuple[float, float]]:
    """Frequency (absolute) and power over energy of signals of constant frequency above `least`, the strongest first.

    These are all the maxima of the transform, the images that the receive mask makes of stronger ones among them.
    """
    power = (transform.real**2 + transform.imag**2) / max(record.count, 1)
    places = np.flatnonzero(power > least)
    tops = power[places]
    places = places[(tops >= power[places - 1]) & (tops > power[(places + 1) % len(power)])]
    places = places[np.argsort(-power[places], kind="stable")]
    bins = np.where(places < (len(power) + 1) // 2, places, places - len(power))
    frequencies = record.centre_hz + bins * (record.rate_hz / len(power))
    return list(zip(frequencies.tolist(), power[places].astype(np.float64).tolist(), strict=True))


def carrier_power(record: Record, transform: AnyComplex, frequency_hz: float) -> float:
    """Power over energy of a signal of constant frequency near an absolute frequency."""
    bins = round((frequency_hz - record.centre_hz) * len(transform) / record.rate_hz) + np.arange(-2, 3)
    return float(np.max(np.abs(transform[bins % len(transform)]) ** 2)) / max(record.count, 1)


class ProbeBank:
    """Matched filters of ring-down: lines some hundred kHz wide, whose correlation with the waveform is short."""

    def __init__(self, excitation: Excitation) -> None:
        rate_hz = excitation.rate_hz
        reach = min(PROBE_REACH_HZ, 0.45 * rate_hz)
        offsets, widths = [], []
        for decay_s in PROBE_DECAYS_S:
            width = 1 / (math.pi * decay_s)
            count = max(1, math.floor(reach / (width / 2)))
            offsets.append(np.arange(-count, count + 1) * (width / 2))
            widths.append(np.full(2 * count + 1, width))
        self.offset_hz, self.fwhm_hz = np.concatenate(offsets), np.concatenate(widths)
        exponents = excitation.pole_exponent(self.offset_hz, self.fwhm_hz)
        # Ring-down lasts no longer than a gap, so the states after the last tooth are of no interest.
        states = excitation.states(exponents)
        self._energy = np.maximum(excitation.energies(states, exponents), 1e-300)
        self._states = np.conj(states).astype(np.complex64)
        self._fall = excitation.falls(np.conj(exponents)).astype(np.complex64)

    def powers(self, data: Complex) -> Real:
        """Power over energy of each; `data` in blocks."""
        products = data[: len(self._states)].astype(np.complex64) @ self._fall
        matched = np.abs((self._states * products).sum(axis=0)).astype(np.float64)
        return np.asarray(matched**2 / self._energy)


def tooth_powers(record: Record, transform: AnyComplex, frequencies_hz: Real, fwhm_hz: float) -> Real:
    """Power over energy of lines at absolute frequencies anywhere in the received band, rough and in units of its own.

    Products with responses are the cross-spectrum Y X* smoothed over frequency with the line's own shape; taking only
    bins within a few widths costs some per cent.
    """
    resolution = record.rate_hz / record.transform_length
    reach = max(8, math.ceil(TOOTH_WIDTHS * fwhm_hz / resolution))
    place = (frequencies_hz - record.centre_hz) / resolution
    bins = np.round(place).astype(np.intp)[:, None] + np.arange(-reach, reach + 1)
    shape = (1 / (np.pi * fwhm_hz + 2j * np.pi * resolution * (place[:, None] - bins))).astype(np.complex64)
    bins %= record.transform_length
    drive = record.drive_spectrum[bins]
    products = (transform[bins] * np.conj(drive) * shape).sum(axis=1)
    energies = np.einsum("fb,fb->f", drive.real**2 + drive.imag**2, shape.real**2 + shape.imag**2)
    return np.asarray(np.abs(products) ** 2 / np.maximum(energies, 1e-300), dtype=np.float64)
