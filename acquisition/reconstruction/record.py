"""One capture, cut into blocks of received samples, and the exact response of a line in that form.

Between the teeth nothing drives a line, so its signal there is a free decay: in block g it is z_g p^j for the j-th
sample, with the pole p = exp((2 pi i f - pi FWHM) / rate). A line is then known by one complex number a block instead
of by its samples, which makes fits exact and a hundred times cheaper than sample by sample.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft

from acquisition.errors import AcquisitionError
from acquisition.reconstruction.recursion import Hops, SourceGrid, Teeth, recur
from acquisition.reconstruction.teeth import tooth_spacing_samples
from acquisition.shot import Capture

Complex = npt.NDArray[np.complex128]
Real = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

BLOCK_SAMPLES_MAX = 512
BLOCKS_MAX = 50_000


class TooIrregular(AcquisitionError):
    """A waveform that no comb and no pulse looks like, for which reconstruction would take for ever."""


class Record:
    """A capture prepared for reconstruction.

    `data` (blocks, longest) holds the received samples, zero behind the end of a block; `start` and `length` say where
    the blocks lie. The waveform is scaled so that its strongest spectral amplitude is 1: the amplitude of a line is
    then that of its signal after the best excitation that this waveform gives anywhere.
    """

    def __init__(self, capture: Capture) -> None:
        samples = len(capture.samples)
        self.rate_hz = capture.sample_rate_hz
        self.centre_hz = capture.centre_frequency_hz
        self.samples = samples
        self.duration_s = samples / capture.sample_rate_hz
        self.mask = capture.receive_mask
        self.received = np.where(self.mask, capture.samples, 0).astype(np.complex128)
        self.drive = np.zeros(samples, dtype=np.complex128)
        self.drive[: min(samples, len(capture.waveform))] = capture.waveform[:samples]
        # Room for the whole decay behind the last sample, so that the circular correlation is a linear one.
        self.transform_length = fft.next_fast_len(2 * samples)
        spectrum = fft.fft(self.drive, self.transform_length)
        self.drive_scale = float(np.max(np.abs(spectrum), initial=0.0))
        if self.drive_scale > 0:
            self.drive /= self.drive_scale
            spectrum /= self.drive_scale
        self.drive_spectrum = spectrum
        spacing = tooth_spacing_samples(self.drive)
        self.tooth_spacing_hz = self.rate_hz / spacing if spacing else None
        self._cut()
        self.count = int(np.count_nonzero(self.mask))
        self.energy = float(np.sum(np.abs(self.received) ** 2))

    def _cut(self) -> None:
        """Blocks of data, with empty blocks inside long stretches of transmission to keep the drive's lags short."""
        edges = np.flatnonzero(np.diff(self.mask.astype(np.int8))) + 1
        bounds = np.concatenate([[0], edges, [self.samples]])
        runs = list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))
        inner = [stop - start for start, stop in runs[:-1] if self.mask[start]]
        # The longest gap, but not when a few long ones among many short ones would make the array mostly padding.
        typical = min(max(inner), math.ceil(2 * sum(inner) / len(inner))) if inner else 256
        longest = int(np.clip(typical, 8, BLOCK_SAMPLES_MAX))
        starts: list[int] = []
        lengths: list[int] = []
        for start, stop in runs:
            if self.mask[start]:
                for begin in range(start, stop, longest):
                    starts.append(begin)
                    lengths.append(min(longest, stop - begin))
            elif stop - start > BLOCK_SAMPLES_MAX:
                for begin in range(start, stop, BLOCK_SAMPLES_MAX):
                    starts.append(begin)
                    lengths.append(0)
        if len(starts) > BLOCKS_MAX:
            raise TooIrregular(f"the waveform switches so often that reception falls into {len(starts)} pieces")
        self.start: Index = np.asarray(starts, dtype=np.intp)
        self.length: Index = np.asarray(lengths, dtype=np.intp)
        self.position: Index = np.arange(longest, dtype=np.intp)
        self._inside = self.position < self.length[:, None]
        self._place = np.minimum(self.start[:, None] + self.position, self.samples - 1)
        self.data: Complex = np.where(self._inside, self.received[self._place], 0)
        self.step: Index = np.diff(self.start, prepend=0)
        driven = np.flatnonzero(self.drive)
        self._samples = SourceGrid(driven, self.start)
        self._drive_by_lag = self._samples.placed(self.drive[driven])
        self._teeth = Teeth(driven, self.drive[driven])
        self._turns = SourceGrid(self._teeth.centre, self.start)
        self._hops = Hops(self.step)
        self.memo: dict[Hashable, Any] = {}

    def pole_exponent(self, frequency_hz: npt.ArrayLike, fwhm_hz: npt.ArrayLike) -> Complex:
        """ln of the pole of a line with an absolute frequency."""
        offset_hz = np.asarray(frequency_hz) - self.centre_hz
        return np.asarray((2j * np.pi * offset_hz - np.pi * np.asarray(fwhm_hz)) / self.rate_hz, dtype=np.complex128)

    def line_states(self, exponent: complex, saturation: float = 0.0) -> Complex:
        """States of a line at the start of each block, shape (4, blocks).

        Rows: the state z; its first and second derivatives by the exponent (at an unchanged course of M_z); its
        derivative by the saturation. The saturation q is the square of the flip angle that the strongest excitation of
        this waveform would give if the line answered linearly; 0 is the linear response.
        """
        if saturation == 0.0 or len(self.start) == 0:
            return np.concatenate([self._linear_states(exponent), np.zeros((1, len(self.start)))])
        step = 0.02 * saturation + 1e-3
        turns, changed = self._teeth.turns(exponent, saturation), self._teeth.turns(exponent, saturation + step)
        return np.concatenate(
            [
                self._linear_states(exponent, self._turns.placed(turns)),
                self._linear_states(exponent, self._turns.placed((changed - turns) / step), derivatives=0),
            ]
        )

    def _linear_states(self, exponent: complex, sources: Complex | None = None, derivatives: int = 2) -> Complex:
        """z_g = z_{g-1} p^step + sum of the sources since then times p^lag, and its derivatives by the exponent.

        Sources are the driven samples, or, given, those in the form of `_turns`.
        """
        lags = self._samples.lags if sources is None else self._turns.lags
        by_lag = self._drive_by_lag if sources is None else sources
        powers = np.exp(exponent * lags)
        inputs = by_lag @ np.stack([lags**order * powers for order in range(derivatives + 1)], axis=1)
        hop = self._hops.exponentials(exponent)
        z = np.zeros((derivatives + 1, len(hop)), dtype=np.complex128)
        z[0] = recur(hop, inputs[:, 0])
        if derivatives:
            before = np.concatenate([[0], z[0, :-1]])
            z[1] = recur(hop, inputs[:, 1] + hop * self.step * before)
        if derivatives > 1:
            before_1 = np.concatenate([[0], z[1, :-1]])
            z[2] = recur(hop, inputs[:, 2] + hop * self.step * (2 * before_1 + self.step * before))
        return z

    def sources(self, exponent: complex, saturation: float = 0.0) -> Complex:
        """What the waveform adds to the state of a line at each sample, (samples,); see `line_states`."""
        if saturation == 0.0:
            return self.drive
        out = np.zeros(self.samples, dtype=np.complex128)
        np.add.at(out, self._teeth.centre, self._teeth.turns(exponent, saturation))
        return out

    def carrier_states(self, exponent: complex) -> Complex:
        """The same for a signal that was always there, p^n, whatever is transmitted."""
        z = np.exp(exponent * self.start)
        return np.stack([z, self.start * z, self.start**2 * z, np.zeros_like(z)])

    def power_sums(self, exponent: complex, orders: int) -> Complex:
        """sum over a block's samples j of j^k exp(exponent j) for k < orders, shape (orders, blocks)."""
        j = np.arange(len(self.position))
        terms = np.empty((orders, len(j) + 1), dtype=np.complex128)
        terms[:, 0] = 0
        terms[0, 1:] = np.exp(exponent * j)
        for order in range(1, orders):
            terms[order, 1:] = terms[order - 1, 1:] * j
        return np.cumsum(terms, axis=1)[:, self.length]

    def data_sums(self, data: Complex, exponent: complex, orders: int) -> Complex:
        """sum over j of data j^k conj(p)^j, shape (orders, blocks)."""
        j = self.position.astype(np.float64)
        weights = np.empty((len(j), orders), dtype=np.complex128)
        weights[:, 0] = np.exp(np.conj(exponent) * j)
        for order in range(1, orders):
            weights[:, order] = weights[:, order - 1] * j
        return np.asarray((data @ weights).T)

    def in_blocks(self, coefficients: Complex, exponent: complex) -> Complex:
        """Samples of a signal (sum_k coefficients[k] j^k) p^j, in the shape of `data`."""
        j = self.position.astype(np.float64)
        powers = np.stack([j**order for order in range(len(coefficients))]) * np.exp(exponent * j)
        return np.where(self._inside, coefficients.T @ powers, 0)

    def in_samples(self, blocks: Complex) -> Complex:
        """The inverse of the cut: an array of all samples, zero where there is no data."""
        out = np.zeros(self.samples, dtype=np.complex128)
        out[self._place[self._inside]] = blocks[self._inside]
        return out

    def response_energy(self, frequencies_hz: Real, fwhm_hz: float | Real) -> Real:
        """Energy of the received response of a line of amplitude 1 at each of the frequencies."""
        return self._match(None, frequencies_hz, fwhm_hz)[1]

    def matched_power(self, data: Complex, frequencies_hz: Real, fwhm_hz: float | Real) -> Real:
        """|<r, data>|^2 / <r, r> for lines at each of the frequencies; `data` in blocks."""
        product, energy = self._match(data, frequencies_hz, fwhm_hz)
        return np.abs(product) ** 2 / np.maximum(energy, 1e-300)

    def _match(
        self, data: Complex | None, frequencies_hz: Real, fwhm_hz: float | Real, chunk: int = 2048
    ) -> tuple[Complex, Real]:
        """Products of responses with data, and their energies; runs through the blocks once for all frequencies."""
        products, energies = np.zeros(len(frequencies_hz), dtype=np.complex128), np.zeros(len(frequencies_hz))
        exponents = self.pole_exponent(frequencies_hz, fwhm_hz)
        lengths = np.unique(self.length)
        steps = self.step.tolist()
        counts = self.length.tolist()
        last = int(np.flatnonzero(np.any(self._drive_by_lag != 0, axis=1))[-1]) if self._drive_by_lag.any() else 0
        for begin in range(0, len(frequencies_hz), chunk):
            part = slice(begin, begin + chunk)
            exponent = exponents[part]
            inputs = self._drive_by_lag[: last + 1] @ np.exp(self._samples.lags[:, None] * exponent)
            received = None if data is None else data @ np.exp(self.position[:, None] * np.conj(exponent))
            hops = {int(step): np.exp(exponent * step) for step in self._hops.values}
            fade = np.maximum(-np.expm1(2 * exponent.real), 1e-300)
            decays = {int(length): -np.expm1(2 * exponent.real * length) / fade for length in lengths}
            z = np.zeros(len(exponent), dtype=np.complex128)
            energy, product = np.zeros(len(exponent)), np.zeros(len(exponent), dtype=np.complex128)
            for g, step in enumerate(steps):
                z *= hops[step]
                if g <= last:
                    z += inputs[g]
                if counts[g]:
                    energy += decays[counts[g]] * (z.real**2 + z.imag**2)
                    if received is not None:
                        product += np.conj(z) * received[g]
            energies[part], products[part] = energy, product
        return products, energies
