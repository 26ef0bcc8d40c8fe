"""How a spin's state goes from tooth to tooth: exact recursions that need no samples in between."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.linalg import blas

Complex = npt.NDArray[np.complex128]
Real = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

TOOTH_SAMPLES_MAX = 64


class Recursion:
    """z[g] = hop[g] z[g-1] + inputs[g], as the solution of a triangular system with two diagonals."""

    def __init__(self, hop: Complex) -> None:
        self.hop = hop
        self._banded = np.ones((2, max(len(hop), 1)), dtype=np.complex128, order="F")
        self._banded[1, : len(hop) - 1] = -hop[1:]

    def solve(self, inputs: Complex) -> Complex:
        """The states z, (blocks,)."""
        if len(inputs) < 2:
            return inputs.astype(np.complex128)
        return np.asarray(blas.ztbsv(1, self._banded, inputs, lower=1, diag=1), dtype=np.complex128)


class Hops:
    """Powers of a pole by numbers of samples of which there are few different ones."""

    def __init__(self, steps: Index) -> None:
        self.values, self._place = np.unique(steps, return_inverse=True)

    def exponentials(self, exponent: complex | Complex) -> Complex:
        """exp(exponent * steps), shape (steps, ...)."""
        return np.asarray(np.exp(np.multiply.outer(self.values, exponent))[self._place], dtype=np.complex128)


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
        """Sources (of one kind) in an array (blocks, lags)."""
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

    def hops(self, exponent: complex) -> Complex:
        """Powers of the pole from the centre of the group before to that of each, (groups,); the first is 1."""
        return self._hops.exponentials(exponent)

    def sums(self, exponent: complex, orders: int) -> Complex:
        """sum of drive lag^k p^lag over each group for k < orders, lags to its centre, (orders, groups)."""
        weights = np.empty((len(self._lags), orders), dtype=np.complex128)
        weights[:, 0] = np.exp(exponent * self._lags)
        for order in range(1, orders):
            weights[:, order] = self._lags * weights[:, order - 1]
        return np.asarray((self._drive @ weights).T)

    def turns(self, exponent: complex, saturations: Sequence[float]) -> Complex:
        """What each group adds to the transverse magnetisation of a line, as of its centre, (saturations, groups).

        In the rotating frame dM+/dt = (exponent) M+ + i w x M_z and dM_z/dt = -w Im(x* M+), w^2 being the saturation;
        values are divided by i w, so that a weak drive adds just itself. A group turns the magnetisation by the angle
        a = w |sum x| about its axis (s -> s cos a + M_z sin a for the transverse component s across it), and, because
        the line precesses meanwhile, by a small angle about z (Magnus expansion to second order). Relaxation of M_z
        is left out.
        """
        moved = self._drive * np.exp(exponent * self._lags)
        sums = moved.sum(axis=1)
        # The samples' order in time is that of falling lags; each acts after those before it.
        ordered = moved[:, ::-1]
        before = np.cumsum(ordered, axis=1) - ordered
        twists = np.einsum("gl,gl->g", np.conj(ordered), before).imag
        sizes = np.abs(sums)
        units = sums / np.where(sizes > 0, sizes, 1.0)
        hops = self.hops(exponent)
        changes = np.empty((len(saturations), len(sums)), dtype=np.complex128)
        changes[:] = sums
        bent = np.flatnonzero(saturations)
        if len(bent):
            squares = np.asarray(saturations, dtype=np.float64)[bent, None]
            widths = np.sqrt(squares)
            after = _rotated(hops, units, widths * sizes, np.exp(0.5j * squares * twists))
            changed = after.copy()
            changed[:, 1:] -= hops[1:] * after[:, :-1]
            changes[bent] = changed / (1j * widths)
        return changes


def _rotated(hops: Complex, units: Complex, angles: Real, twists: Complex) -> Complex:
    """Transverse magnetisation after each of a row of precessions (`hops`) and rotations, from M_z = 1.

    A rotation by an angle is one about an axis perpendicular to `units` in the plane; `twists` are factors after it.
    `angles` and `twists` are of several rows with the same precessions, (rows, groups), and so is what is returned.
    Each step is a real matrix on (Re M+, Im M+, M_z), so all steps together are a banded triangular system.
    """
    rows, count = angles.shape
    if count == 0:
        return np.zeros((rows, 0), dtype=np.complex128)
    cosine, sine = np.cos(angles), np.sin(angles)
    across = np.conj(units) * hops
    axis, hop = 1j * units * twists, hops * twists
    bent = axis * (cosine - 1.0)
    from_real, from_imaginary = hop + bent * across.imag, 1j * hop + bent * across.real
    from_z = axis * sine
    # A row begins anew: its first step does not continue the row before.
    state = np.zeros((rows, count, 3))
    state[:, 0, 0], state[:, 0, 1], state[:, 0, 2] = from_z[:, 0].real, from_z[:, 0].imag, cosine[:, 0]
    # Row 3 g + r and column 3 (g - 1) + c of the system lie on its diagonal number 3 + r - c; columns are contiguous.
    banded = np.zeros((rows, count, 3, 6))
    steps, now = banded[:, :-1], np.s_[:, 1:]
    steps[..., 0, 3], steps[..., 0, 4] = -from_real.real[now], -from_real.imag[now]
    steps[..., 0, 5] = (sine * across.imag)[now]
    steps[..., 1, 2], steps[..., 1, 3] = -from_imaginary.real[now], -from_imaginary.imag[now]
    steps[..., 1, 4] = (sine * across.real)[now]
    steps[..., 2, 1], steps[..., 2, 2] = -from_z.real[now], -from_z.imag[now]
    steps[..., 2, 3] = -cosine[now]
    system = banded.reshape(3 * rows * count, 6).T
    solved = blas.dtbsv(5, system, state.ravel(), lower=1, diag=1).reshape(rows, count, 3)
    return np.asarray(solved[..., 0] + 1j * solved[..., 1], dtype=np.complex128)
