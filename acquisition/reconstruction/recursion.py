"""How a spin's state goes from tooth to tooth: exact recursions that need no samples in between."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.linalg import blas

Complex = npt.NDArray[np.complex128]
Real = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

TOOTH_SAMPLES_MAX = 64


def recur(hop: Complex, inputs: Complex) -> Complex:
    """z[g] = hop[g] z[g-1] + inputs[g], as the solution of a triangular system with two diagonals."""
    if len(hop) < 2:
        return inputs.astype(np.complex128)
    banded = np.ones((2, len(hop)), dtype=np.complex128, order="F")
    banded[1, :-1] = -hop[1:]
    return np.asarray(blas.ztbsv(1, banded, inputs, lower=1, diag=1), dtype=np.complex128)


class Hops:
    """Powers of a pole by numbers of samples of which there are few different ones."""

    def __init__(self, steps: Index) -> None:
        self.values, self._place = np.unique(steps, return_inverse=True)

    def exponentials(self, exponent: complex) -> Complex:
        """exp(exponent * steps)."""
        return np.asarray(np.exp(exponent * self.values)[self._place], dtype=np.complex128)


class SourceGrid:
    """Where sources act, as the block that follows them and their lag behind its start."""

    def __init__(self, place: Index, start: Index) -> None:
        """`place` are sample numbers, rising; those behind the last block's start are of no effect and left out."""
        self._kept = place <= (start[-1] if len(start) else -1)
        kept = place[self._kept]
        self._block = np.searchsorted(start, kept)
        lag = start[self._block] - kept if len(kept) else np.zeros(0, dtype=np.intp)
        self._first = int(lag.min(initial=np.iinfo(np.intp).max)) if len(lag) else 0
        self.lags: Index = np.arange(self._first, int(lag.max(initial=self._first)) + 1)
        self._column = lag - self._first
        self._shape = (len(start), len(self.lags))

    def placed(self, values: Complex) -> Complex:
        """Sources in an array (blocks, lags)."""
        out = np.zeros(self._shape, dtype=np.complex128)
        out[self._block, self._column] = values[self._kept]
        return out


class Teeth:
    """The driven samples in groups, each of which turns the magnetisation by a small angle about one axis."""

    def __init__(self, place: Index, values: Complex) -> None:
        """`place` (driven samples,) are their numbers in the record, rising; `values` the drive there.

        `centre` (groups,) are the samples at which the groups are taken to act.
        """
        jumps = np.concatenate([[True], np.diff(place) > 1]) if len(place) else np.zeros(0, dtype=bool)
        run = np.cumsum(jumps) - 1
        first = np.flatnonzero(jumps)
        within = np.arange(len(place)) - first[run] if len(place) else place
        # Long runs are cut, so that no group turns far.
        _, group = np.unique(run * (1 << 32) + within // TOOTH_SAMPLES_MAX, return_inverse=True)
        count = int(group.max(initial=-1)) + 1
        starts = np.full(count, np.iinfo(np.intp).max, dtype=np.intp)
        ends = np.zeros(count, dtype=np.intp)
        np.minimum.at(starts, group, place)
        np.maximum.at(ends, group, place)
        self.centre: Index = (starts + ends) // 2
        lag = self.centre[group] - place
        self._first = int(lag.min(initial=0))
        self._lags = np.arange(self._first, int(lag.max(initial=0)) + 1)
        self._drive = np.zeros((count, len(self._lags)), dtype=np.complex128)
        self._drive[group, lag - self._first] = values
        self._hops = Hops(np.diff(self.centre, prepend=self.centre[:1]))

    def turns(self, exponent: complex, saturation: float) -> Complex:
        """What each group adds to the transverse magnetisation of a line, as of its centre, shape (groups,).

        In the rotating frame dM+/dt = (exponent) M+ + i w x M_z and dM_z/dt = -w Im(x* M+), w^2 being the saturation;
        values are divided by i w, so that a weak drive adds just itself. A group turns the magnetisation by the angle
        a = w |sum x| about its axis (s -> s cos a + M_z sin a for the transverse component s across it), and, because
        the line precesses meanwhile, by a small angle about z (Magnus expansion to second order). Relaxation of M_z
        is left out.
        """
        width = math.sqrt(saturation)
        moved = self._drive * np.exp(exponent * self._lags)
        angles = width * moved.sum(axis=1)
        # The samples' order in time is that of falling lags; each acts after those before it.
        ordered = moved[:, ::-1]
        before = np.cumsum(ordered, axis=1) - ordered
        twist = np.exp(+0.5j * saturation * np.sum(np.conj(ordered) * before, axis=1).imag)
        sizes = np.abs(angles)
        units = angles / np.where(sizes > 0, sizes, 1.0)
        transverse, longitudinal = 0j, 1.0
        changes = []
        for hop, unit, cosine, sine, turn in zip(
            self._hops.exponentials(exponent).tolist(),
            units.tolist(),
            np.cos(sizes).tolist(),
            np.sin(sizes).tolist(),
            twist.tolist(),
            strict=True,
        ):
            transverse *= hop
            across = (unit.conjugate() * transverse).imag
            after = (transverse + 1j * unit * (across * (cosine - 1.0) + longitudinal * sine)) * turn
            longitudinal = longitudinal * cosine - across * sine
            changes.append(after - transverse)
            transverse = after
        return np.asarray(changes, dtype=np.complex128) / (1j * width)
