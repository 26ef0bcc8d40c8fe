"""The Fourier transform of a whole capture in single precision."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import fft

Single = npt.NDArray[np.complex64]
AnyComplex = npt.NDArray[np.complexfloating]

SHORT = 1 << 14
"""Up to this length one transform is no slower than many short ones."""


def transformed(values: AnyComplex, length: int) -> Single:
    """Discrete Fourier transform of values with zeros behind them up to `length`, (length,).

    A long one is made of many short ones, of which the processor does several at a time: with n = n2 + N2 n1 and
    k = k1 + N1 k2 the transform is one over n1, a turn by k1 n2, and one over n2 (Gentleman and Sande 1966).
    """
    rows = _rows(length)
    if rows == 1:
        return np.asarray(fft.fft(values.astype(np.complex64), length))
    padded = np.zeros(length, dtype=np.complex64)
    padded[: len(values)] = values
    inner = fft.fft(padded.reshape(rows, -1), axis=0)
    inner *= _turns(length, rows)
    return np.asarray(fft.fft(inner, axis=1, overwrite_x=True).T.ravel())


@lru_cache(maxsize=64)
def _rows(length: int) -> int:
    """The divisor of a length that is nearest to its root from below; 1 where one transform is as good."""
    root = math.isqrt(length)
    rows = next(rows for rows in range(root, 0, -1) if length % rows == 0)
    return rows if length > SHORT and 8 * rows > root else 1


@lru_cache(maxsize=4)
def _turns(length: int, rows: int) -> Single:
    places = np.outer(np.arange(rows), np.arange(length // rows))
    return np.asarray(np.exp((-2j * np.pi / length) * places), dtype=np.complex64)
