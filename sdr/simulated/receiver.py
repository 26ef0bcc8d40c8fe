"""Receive DMA: a queue of kernel blocks that keeps the oldest samples when the client does not fetch them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]


@dataclass
class Block:
    """A block being filled: `length` samples, `position` is the converter's sample that comes next, `done` are there.

    Each sample takes `decimation` samples of the converter.
    """

    position: int
    length: int
    decimation: int
    pieces: list[Samples] = field(default_factory=list)
    done: int = 0

    @property
    def end(self) -> int:
        """The converter's sample after the last one of the block."""
        return self.position + (self.length - self.done) * self.decimation

    def append(self, samples: Samples) -> None:
        self.pieces.append(samples)
        self.done += len(samples)
        self.position += len(samples) * self.decimation

    def data(self) -> Samples:
        """All samples, shape (length, 2)."""
        return self.pieces[0] if len(self.pieces) == 1 else np.concatenate(self.pieces)


class Receiver:
    """`blocks` kernel buffers of `block_length` samples; the client holds one from its refill until the next."""

    def __init__(self, block_length: int, blocks: int, not_before: int) -> None:
        self.block_length = block_length
        self.not_before = not_before
        self.current: Block | None = None
        self._full: deque[Block] = deque()
        self._free = blocks
        self._with_client = False

    def begin(self, position: int, decimation: int) -> None:
        """A block starts to be filled at the converter's sample `position`."""
        assert self._free > 0 and self.current is None
        self._free -= 1
        self.current = Block(position, self.block_length, decimation)

    def finish(self) -> None:
        """The current block is complete."""
        assert self.current is not None
        self._full.append(self.current)
        self.current = None

    @property
    def can_begin(self) -> bool:
        return self.current is None and self._free > 0

    @property
    def has_data(self) -> bool:
        return bool(self._full)

    def requeue(self) -> None:
        """The client asks for the next block: the one it holds goes back to the queue."""
        if self._with_client:
            self._with_client = False
            self._free += 1

    def fetch(self) -> Block:
        """The oldest complete block, which the client then holds."""
        block = self._full.popleft()
        self._with_client = True
        return block

    def clock_changed(self, now: int, decimation: int) -> None:
        """The converter's sample rate was changed: the current block goes on at its sample `now`."""
        self.not_before = now
        if self.current is not None:
            self.current.position = now
            self.current.decimation = decimation
