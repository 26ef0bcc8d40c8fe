"""Receiver noise that is drawn while the client is busy with the block it has.

A radio's DMA fills the next block meanwhile, so that a client finds it full. Only the drawing of random numbers, which
is most of the work, is done ahead: it changes nothing of the radio's state, and the numbers come in the same order
whoever draws them.
"""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

_AHEAD_MAX = 1 << 20  # values kept at most


class NoiseSource:
    """A stream of independent standard normal values; may be used from several threads."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._lock = threading.Lock()
        self._ahead = np.empty(0, np.float32)

    def take(self, count: int) -> Float32:
        """The next `count` values of the stream, which the caller may overwrite."""
        with self._lock:
            if count <= len(self._ahead):
                values, self._ahead = self._ahead[:count], self._ahead[count:]
                return values
            ready, self._ahead = self._ahead, self._ahead[:0]
            values = np.empty(count, np.float32)
            values[: len(ready)] = ready
            self._rng.standard_normal(dtype=np.float32, out=values[len(ready) :])
            return values

    def prepare(self, count: int) -> None:
        """Draw ahead until `count` values are ready, or as many as are worth keeping."""
        with self._lock:
            ready = self._ahead
            missing = min(count, _AHEAD_MAX) - len(ready)
            if missing <= 0:
                return
            values = np.empty(len(ready) + missing, np.float32)
            values[: len(ready)] = ready
            self._rng.standard_normal(dtype=np.float32, out=values[len(ready) :])
            self._ahead = values
