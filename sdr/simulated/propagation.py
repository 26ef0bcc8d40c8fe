"""Bloch dynamics of one line under one span of excitation, arranged so that gapped pulses are fast.

Everything here is in the frame that rotates at the line's own frequency, which coincides with the transmitter's frame
at the start of the span. A span is cut into *kicks* (at most a few microseconds of irradiation, during which the
spread of the isochromats is negligible, so that one rotation per orientation describes them) with free precession in
between, from the middle of one kick to the middle of the next. Free precession is diagonal and its signal is one
matrix product with a table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sdr.simulated.ensemble import Ensemble

Complex = npt.NDArray[np.complex128]
Complex64 = npt.NDArray[np.complex64]
Real = npt.NDArray[np.float64]

_PHASE_PER_KICK = 0.1  # largest phase in rad that an isochromat may gather within a kick
_PIECE = 256  # samples of free decay computed by one row of a matrix product
_ROWS_BYTES = 1 << 25  # of a matrix product
_NEGLIGIBLE = 1e-5  # transverse magnetisation below this is no signal


@dataclass
class Magnetisation:
    """State of a line: `plus` = Mx + iMy and `z`, of shape (..., slices, isochromats, orientations), Meq = 1."""

    plus: Complex
    z: Real

    @classmethod
    def equilibrium(cls, shape: tuple[int, ...]) -> Magnetisation:
        return cls(np.zeros(shape, complex), np.ones(shape))


@dataclass(frozen=True, eq=False)
class Kicks:
    """Rotations of a span in the frames of the slices.

    `centres` (r,) in samples, Cayley-Klein parameters `alpha`, `beta` (r, slices, orientations).
    """

    centres: Real
    alpha: Complex
    beta: Complex


@dataclass(frozen=True)
class Relaxation:
    """Free precession per sample: rates of the isochromats (slices, k) in rad and of relaxation, both per sample."""

    precession: Real
    r1: float
    r2: float

    def transverse(self, samples: float) -> Complex:
        """Factor on `plus` after this many samples, shape (slices, isochromats, 1)."""
        factor: Complex = np.exp((1j * self.precession - self.r2) * samples)[..., None]
        return factor

    def longitudinal(self, samples: float) -> float:
        return float(np.exp(-self.r1 * samples))


def kick_length(ensemble: Ensemble, sample_period_s: float) -> int:
    """Samples that one kick may have."""
    spread = 2 * np.pi * float(np.abs(ensemble.offsets_hz).max()) * sample_period_s
    return max(1, int(min(64, _PHASE_PER_KICK / spread))) if spread > 0 else 64


def kicks(transmitted: Complex64, precession: Real, reach: Complex, nutation: Real, length: int) -> Kicks:
    """Combine irradiation into rotations.

    `transmitted` (n,) is the baseband; the frame of a slice turns by `precession` (slices,) rad per sample, and
    a field of amplitude 1 turns its spins by `reach` (slices,) rad per sample times the orientation's `nutation` (o,).
    Each run of non-zero samples is cut into kicks of at most `length` samples.
    """
    on = np.flatnonzero(transmitted)
    shape = (len(precession), len(nutation))
    if on.size == 0:
        return Kicks(np.zeros(0), np.zeros((0, *shape), complex), np.zeros((0, *shape), complex))
    run_starts = np.flatnonzero(np.diff(on, prepend=-2) > 1)
    run_lengths = np.diff(run_starts, append=on.size)
    place_in_run = np.arange(on.size) - np.repeat(run_starts, run_lengths)
    is_start = place_in_run % length == 0
    kick_index = np.cumsum(is_start) - 1
    place = place_in_run % length
    starts = on[is_start]
    sizes = np.bincount(kick_index)
    padded = np.zeros((int(sizes.max()), len(starts), len(precession)), np.complex128)
    turn = np.exp(-1j * np.mod(np.outer(on, precession), 2 * np.pi))
    padded[place, kick_index] = transmitted[on, None] * turn * reach
    alpha = np.ones((len(starts), *shape), complex)
    beta = np.zeros_like(alpha)
    for column in padded:
        amplitude = np.abs(column)
        half = (amplitude / 2)[..., None] * nutation
        direction = np.divide(column, amplitude, out=np.zeros_like(column), where=amplitude > 0)
        a, b = np.cos(half), -1j * direction[..., None] * np.sin(half)
        alpha, beta = a * alpha - b.conj() * beta, b * alpha + a * beta
    return Kicks(starts + (sizes - 1) / 2, alpha, beta)


def rotate(state: Magnetisation, alpha: Complex, beta: Complex) -> Magnetisation:
    """One rotation per slice and orientation; shapes of `alpha`, `beta` (slices, 1, orientations)."""
    plus = np.conj(alpha) ** 2 * state.plus - beta**2 * np.conj(state.plus) + 2 * np.conj(alpha) * beta * state.z
    projection = (np.conj(alpha) * np.conj(beta) * state.plus).real
    z = (np.abs(alpha) ** 2 - np.abs(beta) ** 2) * state.z - 2 * projection
    return Magnetisation(plus, z)


def propagate(
    state: Magnetisation,
    sequence: Kicks,
    relaxation: Relaxation,
    length: int,
    equilibrium: Real | float = 1.0,
    observe: Complex | None = None,
) -> tuple[Magnetisation, Complex | None]:
    """Run a state through a span of `length` samples.

    `equilibrium` is what z relaxes to (0 gives the homogeneous part of the map; arrays broadcast over leading axes).
    With `observe` (orientations,), also returns the transverse magnetisation summed over orientations right after
    every kick, preceded by that at the start of the span: shape (kicks + 1, slices, isochromats).
    """
    seen = None
    if observe is not None:
        seen = np.empty((len(sequence.centres) + 1, *state.plus.shape[-3:-1]), complex)
        seen[0] = state.plus @ observe
    factors: dict[float, tuple[Complex, float]] = {}
    position = 0.0

    def free(current: Magnetisation, samples: float) -> Magnetisation:
        if samples not in factors:
            factors[samples] = relaxation.transverse(samples), relaxation.longitudinal(samples)
        transverse, longitudinal = factors[samples]
        return Magnetisation(current.plus * transverse, equilibrium + (current.z - equilibrium) * longitudinal)

    for index, centre in enumerate(sequence.centres):
        state = free(state, centre - position)
        state = rotate(state, sequence.alpha[index][:, None, :], sequence.beta[index][:, None, :])
        position = centre
        if seen is not None and observe is not None:
            seen[index + 1] = state.plus @ observe
    return free(state, length - position), seen


def signal(seen: Complex, centres: Real, precession: Real, r2: float, length: int) -> Complex64:
    """Free induction signal of a span, shape (length,), from what was seen after every kick.

    `seen` (kicks + 1, k) are the isochromats' amplitudes in one frame for all, `precession` (k,) their rad per sample.
    """
    out = np.zeros(length, np.complex64)
    positions = np.concatenate([[0.0], centres])
    begins = np.ceil(positions).astype(int)
    begins[0] = 0
    ends = np.append(begins[1:], length)
    rates = 1j * precession - r2
    amplitudes = seen * np.exp(np.outer(begins - positions, rates))
    # No kick gives more than `total`; once that has decayed, the rest of a gap is silent.
    total = np.abs(amplitudes).sum(axis=1)
    with np.errstate(divide="ignore"):
        audible = np.where(total > 0, np.log(np.maximum(total, 1e-300) / _NEGLIGIBLE) / r2, 0)
    ends = np.minimum(ends, begins + np.ceil(np.clip(audible, 0, length)).astype(int))
    pieces = [
        (interval, begin)
        for interval, (low, high) in enumerate(zip(begins, ends, strict=True))
        for begin in range(low, high, _PIECE)
    ]
    if not pieces:
        return out
    interval, begin = np.array(pieces).T
    stop = np.minimum(begin + _PIECE, ends[interval])
    table = np.exp(np.outer(rates, np.arange(int((stop - begin).max())))).astype(np.complex64)
    together = max(1, _ROWS_BYTES // (16 * len(rates)))
    for first in range(0, len(begin), together):
        part = slice(first, first + together)
        rows = amplitudes[interval[part]] * np.exp(np.outer(begin[part] - begins[interval[part]], rates))
        decays = rows.astype(np.complex64) @ table
        for row, low, high in zip(decays, begin[part], stop[part], strict=True):
            out[low:high] = row[: high - low]
    return out
