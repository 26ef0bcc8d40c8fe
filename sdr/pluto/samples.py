"""Between |x| <= 1 and the radio's integers. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from acquisition.shot import ComplexArray

# The transmitter's full scale as pyadi-iio documents it; int16 reaches twice as far and wraps silently beyond that.
TX_FULL_SCALE = 2**14


def quantise(waveform: ComplexArray) -> npt.NDArray[np.int16]:
    """Interleaved I and Q, shape (2 n,), of a waveform (n,) with |x| <= 1; raises ValueError for anything else."""
    # Scaling by a power of two is exact in single precision.
    parts = np.ascontiguousarray(waveform, dtype=np.complex64).view(np.float32) * np.float32(TX_FULL_SCALE)
    np.rint(parts, out=parts)
    # Written so that NaN, which would become 0 or full scale, fails as well.
    if not bool(np.all(np.abs(parts) <= TX_FULL_SCALE)):
        raise ValueError("The waveform has a component beyond the transmitter's full scale.")
    return parts.astype(np.int16)


def dequantise(integers: npt.NDArray[np.int16]) -> ComplexArray:
    """The waveform (n,) that interleaved I and Q (2 n,) stand for."""
    return (integers.astype(np.float32) / TX_FULL_SCALE).view(np.complex64)
