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
_NEGLIGIBLE = 1e-5  # transverse magnetisation below this is no signal


@dataclass
class Magnetisation:
    """State of a line: transverse `plus` = Mx + iMy and `z`, of shape (..., isochromats, orientations), Meq = 1."""

    plus: Complex
    z: Real

    @classmethod
    def equilibrium(cls, isochromats: int, orientations: int) -> Magnetisation:
        return cls(np.zeros((isochromats, orientations), complex), np.ones((isochromats, orientations)))


@dataclass(frozen=True, eq=False)
class Kicks:
    """Rotations of a span: `centres` (r,) in samples, Cayley-Klein parameters `alpha`, `beta` (r, orientations)."""

    centres: Real
    alpha: Complex
    beta: Complex


@dataclass(frozen=True)
class Relaxation:
    """Free precession per sample: rates of the isochromats in rad and of relaxation, both per sample."""

    precession: Real
    r1: float
    r2: float

    def transverse(self, samples: float) -> Complex:
        """Factor on `plus` after this many samples, shape (isochromats, 1)."""
        factor: Complex = np.exp((1j * self.precession - self.r2) * samples)[:, None]
        return factor

    def longitudinal(self, samples: float) -> float:
        return float(np.exp(-self.r1 * samples))


def kick_length(ensemble: Ensemble, sample_period_s: float) -> int:
    """Samples that one kick may have."""
    spread = 2 * np.pi * float(np.abs(ensemble.offsets_hz).max()) * sample_period_s
    return max(1, int(min(64, _PHASE_PER_KICK / spread))) if spread > 0 else 64


def kicks(field: Complex64, ensemble: Ensemble, angle_per_sample: float, length: int) -> Kicks:
    """Combine irradiation into rotations.

    `field` (n,) is the transmitted baseband in the line's frame; |field| = 1 turns by `angle_per_sample` (rad) times
    the orientation's nutation factor. Each run of non-zero samples is cut into kicks of at most `length` samples.
    """
    on = np.flatnonzero(field)
    if on.size == 0:
        empty = np.zeros((0, len(ensemble.nutation)), complex)
        return Kicks(np.zeros(0), empty, empty)
    run_starts = np.flatnonzero(np.diff(on, prepend=-2) > 1)
    run_lengths = np.diff(run_starts, append=on.size)
    place_in_run = np.arange(on.size) - np.repeat(run_starts, run_lengths)
    is_start = place_in_run % length == 0
    kick_index = np.cumsum(is_start) - 1
    place = place_in_run % length
    starts = on[is_start]
    sizes = np.bincount(kick_index)
    padded = np.zeros((len(starts), int(sizes.max())), np.complex128)
    padded[kick_index, place] = field[on]
    alpha = np.ones((len(starts), len(ensemble.nutation)), complex)
    beta = np.zeros_like(alpha)
    for column in padded.T:
        amplitude = np.abs(column)
        half = np.outer(amplitude * (angle_per_sample / 2), ensemble.nutation)
        direction = np.divide(column, amplitude, out=np.zeros_like(column), where=amplitude > 0)
        a, b = np.cos(half), -1j * direction[:, None] * np.sin(half)
        alpha, beta = a * alpha - b.conj() * beta, b * alpha + a * beta
    return Kicks(starts + (sizes - 1) / 2, alpha, beta)


def rotate(state: Magnetisation, alpha: Complex, beta: Complex) -> Magnetisation:
    """One rotation per orientation; shapes of `alpha`, `beta` (orientations,)."""
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
    every kick, preceded by that at the start of the span: shape (kicks + 1, isochromats).
    """
    seen = None
    if observe is not None:
        seen = np.empty((len(sequence.centres) + 1, state.plus.shape[-2]), complex)
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
        state = rotate(state, sequence.alpha[index], sequence.beta[index])
        position = centre
        if seen is not None and observe is not None:
            seen[index + 1] = state.plus @ observe
    return free(state, length - position), seen


def signal(seen: Complex, centres: Real, relaxation: Relaxation, weights: Real, length: int) -> Complex64:
    """Free induction signal of a span, shape (length,), from what `propagate` saw after every kick."""
    out = np.zeros(length, np.complex64)
    positions = np.concatenate([[0.0], centres])
    begins = np.ceil(positions).astype(int)
    begins[0] = 0
    ends = np.append(begins[1:], length)
    rates = 1j * relaxation.precession - relaxation.r2
    amplitudes = seen * weights * np.exp(np.outer(begins - positions, rates))
    # No kick gives more than `total`; once that has decayed, the rest of a gap is silent.
    total = np.abs(amplitudes).sum(axis=1)
    with np.errstate(divide="ignore"):
        audible = np.where(total > 0, np.log(np.maximum(total, 1e-300) / _NEGLIGIBLE) / relaxation.r2, 0)
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
    rows = amplitudes[interval] * np.exp(np.outer(begin - begins[interval], rates))
    table = np.exp(np.outer(rates, np.arange(int((stop - begin).max()))))
    decays = rows.astype(np.complex64) @ table.astype(np.complex64)
    for row, low, high in zip(decays, begin, stop, strict=True):
        out[low:high] = row[: high - low]
    return out
