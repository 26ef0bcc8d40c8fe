"""Coherent averaging of 12-bit receptions in integers: no rounding, no conversion to floating point per frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from acquisition.shot import ComplexArray

RX_FULL_SCALE = 2048
# Sixteen 12-bit numbers fit a sum of 16 bits (16 x -2048 = -32768); 16-bit sums are the fastest a processor adds.
FRAMES_PER_SHORT_SUM = 16
# 2^20 frames of 12-bit numbers fit a sum of 32 bits.
FRAMES_PER_LONG_SUM = 2**20

QUARTER_TURNS = {1 + 0j: 0, 1j: 1, -1 + 0j: 2, -1j: 3}

Frame = npt.NDArray[np.int16]
LongFrame = npt.NDArray[np.int32]


class FrameSum:
    """The exact sum of equal frames of interleaved int16 (2 n,), with the extremes of every sample.

    `add` reads the frame in place, so a frame may be a view of the radio's own buffer.
    """

    def __init__(self, samples: int) -> None:
        self.frames = 0
        self._short: Frame = np.zeros(2 * samples, dtype=np.int16)
        self._in_short = 0
        self._long: LongFrame | None = None
        self._highest: Frame = np.full(2 * samples, -RX_FULL_SCALE, dtype=np.int16)
        self._lowest: Frame = np.full(2 * samples, RX_FULL_SCALE - 1, dtype=np.int16)

    def add(self, frame: Frame) -> None:
        """Add one frame (2 n,) of numbers from -2048 to 2047."""
        if self._in_short == FRAMES_PER_SHORT_SUM:
            self._spill()
        if self.frames == FRAMES_PER_LONG_SUM:
            raise OverflowError(f"More than {FRAMES_PER_LONG_SUM} frames in one sum.")
        np.add(self._short, frame, out=self._short)
        np.maximum(self._highest, frame, out=self._highest)
        np.minimum(self._lowest, frame, out=self._lowest)
        self._in_short += 1
        self.frames += 1

    def _spill(self) -> None:
        if self._long is None:
            self._long = np.zeros(len(self._short), dtype=np.int32)
        self._long += self._short
        self._short[:] = 0
        self._in_short = 0

    def move_to(self, total: LongFrame) -> None:
        """Add the sum to `total` (2 n,) and start again from zero; the extremes are kept."""
        total += self._short
        self._short[:] = 0
        if self._long is not None:
            total += self._long
            self._long = None
        self._in_short = self.frames = 0

    def total(self) -> ComplexArray:
        """The sum of all frames as complex numbers (n,), in steps of the converter; exact up to 2^24."""
        self._spill()
        assert self._long is not None
        return self._long.astype(np.float32).view(np.complex64)

    def overloaded(self) -> npt.NDArray[np.bool_]:
        """Which samples (n,) reached an end of the converter's scale in any frame."""
        # ~x = -1 - x takes the lower end of the scale to the upper.
        ends = np.maximum(self._highest, ~self._lowest) >= RX_FULL_SCALE - 1
        return np.asarray(ends[0::2] | ends[1::2])


class PhaseCycleAverage:
    """The coherent average of conj(p) y_p over whole phase cycles, shape (n,), in units of the receiver's full scale.

    Frames are added per phase with `frame_sum(phase)`; `commit` takes them over once every phase has as many.
    """

    def __init__(self, samples: int, phase_cycle: tuple[complex, ...]) -> None:
        self.phase_cycle = phase_cycle
        self.averages = 0
        self._round = [FrameSum(samples) for _ in phase_cycle]
        self._committed = [np.zeros(2 * samples, dtype=np.int32) for _ in phase_cycle]
        self._in_committed = 0
        self._earlier = np.zeros(0, dtype=np.complex128)

    def frame_sum(self, phase: int) -> FrameSum:
        """Where the frames of one phase (index into the cycle) of the round are added."""
        return self._round[phase]

    @property
    def frames(self) -> int:
        """All frames so far, whole phase cycles or not."""
        return self.averages + sum(frame_sum.frames for frame_sum in self._round)

    def commit(self) -> None:
        """End a round: its frames count from now on. Every phase must have the same number of frames."""
        counts = {frame_sum.frames for frame_sum in self._round}
        if len(counts) != 1:
            raise ValueError(f"A round must have as many frames of every phase, not {sorted(counts)}.")
        frames = counts.pop()
        if self._in_committed + frames > FRAMES_PER_LONG_SUM:
            self._earlier = self._sum()
            for committed in self._committed:
                committed[:] = 0
            self._in_committed = 0
        for frame_sum, committed in zip(self._round, self._committed, strict=True):
            frame_sum.move_to(committed)
        self._in_committed += frames
        self.averages += frames * len(self.phase_cycle)

    def overloaded(self) -> npt.NDArray[np.bool_]:
        """Which samples (n,) reached an end of the converter's scale in any frame."""
        return np.asarray(np.any([frame_sum.overloaded() for frame_sum in self._round], axis=0))

    def mean(self) -> ComplexArray:
        """The average (n,) of what was committed; zeros if nothing was."""
        total = self._quarter_turns() if not len(self._earlier) else None
        if total is not None:
            # Integers up to 2^24 are exact in single precision, larger ones are rounded as the result would be.
            mean = total.astype(np.float32)
            mean /= np.float32(max(self.averages, 1) * RX_FULL_SCALE)
            return mean.view(np.complex64)
        exact = self._sum()
        exact /= max(self.averages, 1) * RX_FULL_SCALE
        return exact.astype(np.complex64)

    def _quarter_turns(self) -> LongFrame | None:
        """The sum of conj(p) y_p as integers (2 n,), if all phases are quarter turns and the sum surely fits."""
        turns = [QUARTER_TURNS.get(complex(phase)) for phase in self.phase_cycle]
        if None in turns or self._in_committed * len(turns) >= FRAMES_PER_LONG_SUM:
            return None
        total = np.zeros_like(self._committed[0])
        for turn, committed in zip(turns, self._committed, strict=True):
            match turn:
                case 0:
                    total += committed
                case 2:
                    total -= committed
                case 1:  # conj(i) (a + i b) = b - i a
                    total[0::2] += committed[1::2]
                    total[1::2] -= committed[0::2]
                case 3:
                    total[0::2] -= committed[1::2]
                    total[1::2] += committed[0::2]
        return total

    def _sum(self) -> npt.NDArray[np.complex128]:
        total = np.zeros(len(self._committed[0]) // 2, dtype=np.complex128)
        for phase, committed in zip(self.phase_cycle, self._committed, strict=True):
            total += complex(phase).conjugate() * committed.astype(np.float64).view(np.complex128)
        if len(self._earlier):
            total += self._earlier
        return total
