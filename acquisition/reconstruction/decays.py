"""Sums of decays with polynomial coefficients, and time cut into pieces in which every signal is such a sum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Complex = npt.NDArray[np.complex128]
Index = npt.NDArray[np.intp]

PIECE_SAMPLES = (8, 512)
"""Least and most samples of a piece."""

Part = tuple[Complex, complex]
"""Coefficients of a signal, shape (orders, pieces), and its exponent: (sum_k coefficients[k] j^k) exp(exponent j)."""


def decays(parts: Sequence[Part], samples: int) -> Complex:
    """The sum of signals at so many samples j of every piece, (pieces, samples); all in one product of matrices."""
    j = np.arange(samples)
    powers = np.empty((sum(len(coefficients) for coefficients, _ in parts), samples), dtype=np.complex128)
    row = 0
    for coefficients, exponent in parts:
        np.exp(exponent * j, out=powers[row])
        for order in range(1, len(coefficients)):
            np.multiply(powers[row + order - 1], j, out=powers[row + order])
        row += len(coefficients)
    return np.asarray(np.concatenate([coefficients for coefficients, _ in parts]).T @ powers)


class Pieces:
    """The time from the first of some groups of driven samples on, without gaps, in pieces of about equal length."""

    def __init__(self, centre: Index, samples: int) -> None:
        """`centre` are the samples at which the groups act, rising; the last piece ends with the last sample."""
        held = np.diff(centre, append=samples)
        self._longest = int(np.clip(held[:-1].max(initial=0) or 256, *PIECE_SAMPLES))
        count = -(-held // self._longest)
        self._group = np.repeat(np.arange(len(centre)), count)
        self._offset = (np.arange(len(self._group)) - np.repeat(np.cumsum(count) - count, count)) * self._longest
        length = np.minimum(held[self._group] - self._offset, self._longest)
        self._kept = np.flatnonzero(np.arange(self._longest) < length[:, None])

    def signal(self, parts: Sequence[Part]) -> Complex:
        """The sum of signals whose coefficients count from the centre of each group, from the first centre on."""
        at, moved = self._offset, []
        for coefficients, exponent in parts:
            here = coefficients[:, self._group]
            if len(here) == 3:
                # (j + at)^k in powers of j.
                here = np.stack([here[0] + at * (here[1] + at * here[2]), here[1] + 2 * at * here[2], here[2]])
            moved.append((here * np.exp(exponent * at), exponent))
        return np.asarray(decays(moved, self._longest).ravel()[self._kept])
