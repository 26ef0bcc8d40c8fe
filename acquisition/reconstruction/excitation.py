"""One excitation, and the exact response of a line to it, cut into blocks of received samples.

Between the teeth nothing drives a line, so its signal there is a free decay: in block g it is z_g p^j for the j-th
sample, with the pole p = exp((2 pi i f - pi FWHM) / rate). A line is then known by one complex number a block instead
of by its samples, which makes fits exact and a hundred times cheaper than sample by sample.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import fft

from acquisition.errors import AcquisitionError
from acquisition.reconstruction.decays import Part, Pieces
from acquisition.reconstruction.recursion import Hops, Recursion, SourceGrid, Teeth
from acquisition.reconstruction.teeth import tooth_spacing_samples
from acquisition.reconstruction.transform import AnyComplex, transformed
from acquisition.shot import Capture

Complex = npt.NDArray[np.complex128]
Real = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

BLOCK_SAMPLES_MAX = 512
BLOCKS_MAX = 50_000

TEETH_AWAY = 4
"""Distance in teeth up to which aliases overlap so much that it counts; nearer ones overlap more."""

STATES_AT_ONCE = 60_000
"""States of lines that are held at a time: 1 MB, so that they stay in a processor's cache."""

ONE_BY_ONE = 12
"""Up to so many lines the states of each are a triangular system; of more, all together go from tooth to tooth."""


class TooIrregular(AcquisitionError):
    """A waveform that no comb and no pulse looks like, for which reconstruction would take for ever."""


class Excitation:
    """All that follows from the waveform and the receiver's timing, whatever was received; frequencies are offsets.

    `start` and `length` (blocks,) say where the blocks of received samples lie, `position` counts the samples of the
    longest. The waveform is scaled so that its strongest spectral amplitude is 1: the amplitude of a line is then that
    of its signal after the best excitation that this waveform gives anywhere.
    """

    def __init__(self, capture: Capture) -> None:
        samples = len(capture.samples)
        self._made_of = capture.waveform, capture.dead_time_s
        self.rate_hz = capture.sample_rate_hz
        self.samples = samples
        self.mask = capture.receive_mask
        self.drive = np.zeros(samples, dtype=np.complex128)
        self.drive[: min(samples, len(capture.waveform))] = capture.waveform[:samples]
        # Room for the whole decay behind the last sample, so that the circular correlation is a linear one.
        self.transform_length = fft.next_fast_len(2 * samples)
        # Single precision is enough to look for lines; they are fitted without transforms.
        spectrum = transformed(self.drive, self.transform_length)
        self.drive_scale = math.sqrt(float(np.max(spectrum.real**2 + spectrum.imag**2, initial=0.0)))
        if self.drive_scale > 0:
            self.drive *= 1.0 / self.drive_scale
            spectrum *= np.float32(1.0 / self.drive_scale)
        self.drive_spectrum = spectrum
        spacing = tooth_spacing_samples(self.drive)
        self.tooth_spacing_hz = self.rate_hz / spacing if spacing else None
        self._cut()

    def is_of(self, capture: Capture) -> bool:
        """Whether this is the excitation of that capture."""
        waveform, dead_time_s = self._made_of
        alike = (self.rate_hz, self.samples, dead_time_s)
        return alike == (capture.sample_rate_hz, len(capture.samples), capture.dead_time_s) and np.array_equal(
            waveform, capture.waveform
        )

    def alias_coherence(self) -> float:
        """Largest overlap of a line's response with that of the same line on another tooth, but for its last decay.

        Of a gap with L samples in a period of P it is |sin(pi k L / P) / (L sin(pi k / P))|, k teeth away.
        """
        heard = self.length[self.length > 0]
        if self.tooth_spacing_hz is None or len(heard) == 0:
            return 0.0
        turns = math.pi * self.tooth_spacing_hz / self.rate_hz * np.arange(1, TEETH_AWAY + 1)
        length = float(np.median(heard))
        return float(np.max(np.abs(np.sin(turns * length) / (length * np.sin(turns)))))

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
        self.inside = self.position < self.length[:, None]
        self._in_block = np.flatnonzero(self.inside)
        self._outside = np.flatnonzero(~self.inside)
        self._place = (self.start[:, None] + self.position).ravel()[self._in_block]
        self.step: Index = np.diff(self.start, prepend=0)
        driven = np.flatnonzero(self.drive != 0)
        self._samples = SourceGrid(driven, self.start)
        self._drive_by_lag = self._samples.placed(self.drive[driven])
        self._teeth = Teeth(driven, self.drive[driven])
        self._turns = SourceGrid(self._teeth.centre, self.start)
        self._hops = Hops(self.step)
        self._pieces: Pieces | None = None
        driven_blocks = np.flatnonzero(np.any(self._drive_by_lag != 0, axis=1))
        self._last = int(driven_blocks[-1]) if len(driven_blocks) else 0
        self._tail = Hops(self.step[self._last + 1 :])
        before = self.length[: self._last]
        self._by_length = [(int(n), np.flatnonzero(before == n)) for n in np.unique(before) if n]

    def pole_exponent(self, offset_hz: float | Real, fwhm_hz: float | Real) -> Complex:
        """ln of the pole of a line."""
        return np.asarray(
            (2j * np.pi * np.asarray(offset_hz) - np.pi * np.asarray(fwhm_hz)) / self.rate_hz, dtype=np.complex128
        )

    def line_states(self, exponent: complex, saturation: float = 0.0, *, saturable: bool = True) -> Complex:
        """States of a line at the start of each block, shape (4, blocks).

        Rows: the state z; its first and second derivatives by the exponent (at an unchanged course of M_z); its
        derivative by the saturation, which is zero where not `saturable`. The saturation q is the square of the flip
        angle that the strongest excitation of this waveform would give if the line answered linearly; 0 is the linear
        response.
        """
        recursion = Recursion(self._hops.exponentials(exponent))
        out = np.zeros((4, len(self.start)), dtype=np.complex128)
        if len(self.start) == 0 or not (saturable or saturation):
            out[:3] = self._linear_states(exponent, None, recursion)
            return out
        step = 0.02 * saturation + 1e-3
        turns, changed = self._teeth.turns(exponent, (saturation, saturation + step))
        sources = None if saturation == 0.0 else self._turns.placed(turns)
        out[:3] = self._linear_states(exponent, sources, recursion)
        out[3] = self._linear_states(exponent, self._turns.placed((changed - turns) / step), recursion, derivatives=0)
        return out

    def linear_states(self, exponent: complex) -> Complex:
        """States of a line with a linear response at the start of each block, (blocks,)."""
        recursion = Recursion(self._hops.exponentials(exponent))
        return np.asarray(self._linear_states(exponent, None, recursion, derivatives=0)[0])

    def _linear_states(
        self, exponent: complex, sources: Complex | None, recursion: Recursion, derivatives: int = 2
    ) -> Complex:
        """z_g = z_{g-1} p^step + sum of the sources since then times p^lag, and its derivatives by the exponent.

        Sources are the driven samples, or, given, those in the form of `_turns`.
        """
        lags = self._samples.lags if sources is None else self._turns.lags
        by_lag = self._drive_by_lag if sources is None else sources
        weights = np.empty((len(lags), derivatives + 1), dtype=np.complex128)
        weights[:, 0] = np.exp(exponent * lags)
        for order in range(1, derivatives + 1):
            weights[:, order] = lags * weights[:, order - 1]
        inputs = by_lag @ weights
        z = np.zeros((derivatives + 1, len(inputs)), dtype=np.complex128)
        z[0] = recursion.solve(inputs[:, 0])
        if derivatives:
            moved = recursion.hop[1:] * self.step[1:]
            inputs[1:, 1] += moved * z[0, :-1]
            z[1] = recursion.solve(inputs[:, 1])
        if derivatives > 1:
            inputs[1:, 2] += moved * (2 * z[1, :-1] + self.step[1:] * z[0, :-1])
            z[2] = recursion.solve(inputs[:, 2])
        return z

    def whole_states(self, exponent: complex, saturation: float, curvature: float) -> Complex:
        """Coefficients of the response of a line of amplitude 1 behind each group of driven samples, (orders, groups).

        From the centre of a group on the signal is (sum_k coefficients[k] j^k) p^j, transmission and dead time
        included; that of a group alone decays as (1 + curvature j^2) p^j.
        """
        centre, orders = self._teeth.centre, 3 if curvature != 0.0 else 1
        step = np.diff(centre, prepend=centre[:1])
        recursion = Recursion(self._teeth.hops(exponent))
        moved = recursion.hop[1:] * step[1:]
        z, inputs = np.zeros((2, orders, len(centre)), dtype=np.complex128)
        if saturation == 0.0:
            inputs[:] = self._teeth.sums(exponent, orders)
        else:
            inputs[0] = self._teeth.turns(exponent, (saturation,))[0]
        z[0] = recursion.solve(inputs[0])
        if orders == 1:
            return z
        inputs[1, 1:] += moved * z[0, :-1]
        z[1] = recursion.solve(inputs[1])
        inputs[2, 1:] += moved * (2 * z[1, :-1] + step[1:] * z[0, :-1])
        z[2] = recursion.solve(inputs[2])
        return np.stack([z[0] + curvature * z[2], 2 * curvature * z[1], curvature * z[0]])

    def whole_signal(self, parts: Sequence[Part]) -> Complex:
        """Sum of signals at every sample, (samples,), from their `whole_states` times amplitudes, and exponents."""
        out = np.zeros(self.samples, dtype=np.complex128)
        centre = self._teeth.centre
        if len(centre):
            if self._pieces is None:
                self._pieces = Pieces(centre, self.samples)
            out[centre[0] :] = self._pieces.signal(parts)
        return out

    def carrier_states(self, exponent: complex) -> Complex:
        """The same for a signal that was always there, p^n, whatever is transmitted."""
        z = np.exp(exponent * self.start)
        return np.stack([z, self.start * z, self.start**2 * z, np.zeros_like(z)])

    def power_sums(self, exponent: complex | Complex, orders: int) -> Complex:
        """sum over a block's samples j of j^k exp(exponent j) for k < orders, shape (..., orders, blocks)."""
        j = self.position
        terms = np.empty((*np.shape(exponent), orders, len(j) + 1), dtype=np.complex128)
        terms[..., 0] = 0
        np.exp(np.multiply.outer(exponent, j), out=terms[..., 0, 1:])
        for order in range(1, orders):
            np.multiply(terms[..., order - 1, 1:], j, out=terms[..., order, 1:])
        return np.cumsum(terms, axis=-1)[..., self.length]

    def in_blocks(self, samples: Complex) -> Complex:
        """Received samples, (blocks, longest); zero behind the end of a block."""
        out = np.zeros(self.inside.shape, dtype=np.complex128)
        out.ravel()[self._in_block] = samples[self._place]
        return out

    def clear_outside(self, blocks: Complex) -> None:
        """Put zero behind the end of each block."""
        blocks.ravel()[self._outside] = 0.0

    def in_samples(self, blocks: Complex) -> Complex:
        """The inverse of the cut: an array of all samples, zero where there is no data."""
        out = np.zeros(self.samples, dtype=np.complex128)
        out[self._place] = blocks.ravel()[self._in_block]
        return out

    def match(self, data: Complex, exponents: Complex) -> tuple[Complex, Real]:
        """Products of linear responses with data in blocks, and their energies, each (lines,).

        Runs through the teeth once for as many lines as the processor's cache holds the states of.
        """
        products, energies = np.zeros(len(exponents), dtype=np.complex128), np.zeros(len(exponents))
        if len(self.start) == 0:
            return products, energies
        for part in self._parts(len(exponents)):
            exponent = exponents[part]
            states = self.states(exponent)
            energies[part] = self.energies(states, exponent)
            received = data @ self.falls(np.conj(exponent))
            fall = np.ones((len(self.start) - self._last, len(exponent)), dtype=np.complex128)
            np.cumprod(self._tail.exponentials(np.conj(exponent)), axis=0, out=fall[1:])
            received[self._last] = np.einsum("gf,gf->f", received[self._last :], fall)
            products[part] = np.einsum("gf,gf->f", np.conj(states), received[: self._last + 1])
        return products, energies

    def response_energies(self, exponents: Complex, *, single: bool = False) -> Real:
        """Energies of linear responses of amplitude 1, (lines,); in `single` precision faster, to some 1e-6."""
        energies = np.zeros(len(exponents))
        if len(self.start):
            for part in self._parts(len(exponents)):
                states = self.states(exponents[part], np.complex64 if single else np.complex128)
                energies[part] = self.energies(states, exponents[part])
        return energies

    def falls(self, exponent: Complex) -> Complex:
        """exp(exponent j) at the samples j of the longest block, (longest, lines)."""
        powers = np.ones((len(self.position), len(exponent)), dtype=np.complex128)
        powers[1:] = np.exp(exponent)
        return np.asarray(np.cumprod(powers, axis=0))

    def _parts(self, lines: int) -> list[slice]:
        chunk = max(64, STATES_AT_ONCE // (self._last + 1))
        return [slice(begin, begin + chunk) for begin in range(0, lines, chunk)]

    def energies(self, states: AnyComplex, exponent: Complex) -> Real:
        """Energies of linear responses from their `states`, (lines,)."""
        fade = np.maximum(-np.expm1(2 * exponent.real), 1e-300)
        # Behind the last tooth all blocks together are one free decay.
        rest = -np.expm1(2 * exponent.real * (self.samples - self.start[self._last]))
        energy = rest * (states[-1].real ** 2 + states[-1].imag ** 2)
        for length, blocks in self._by_length:
            here = states[blocks]
            decay = -np.expm1(2 * exponent.real * length)
            energy += decay * np.einsum("gf,gf->f", here.real, here.real)
            energy += decay * np.einsum("gf,gf->f", here.imag, here.imag)
        return np.asarray(energy / fade)

    def states(self, exponent: Complex, precision: type[np.complexfloating] = np.complex128) -> AnyComplex:
        """States of lines of amplitude 1 with a linear response, up to the last driven block, (blocks, lines)."""
        if len(exponent) <= ONE_BY_ONE:
            return np.stack([self.linear_states(one)[: self._last + 1] for one in exponent.tolist()], axis=1)
        drive = self._drive_by_lag[: self._last + 1].astype(precision, copy=False)
        states = drive @ np.exp(self._samples.lags[:, None] * exponent).astype(precision, copy=False)
        steps = self.step[1 : self._last + 1].tolist()
        factors = {step: np.exp(exponent * step).astype(precision, copy=False) for step in set(steps)}
        moved = np.empty_like(states[0])
        for g, step in enumerate(steps, start=1):
            np.multiply(states[g - 1], factors[step], out=moved)
            states[g] += moved
        return np.asarray(states)
