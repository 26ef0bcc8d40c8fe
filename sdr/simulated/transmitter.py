"""Transmit DMA: buffers pushed by the client, cyclic or one after another, and the hold of the TDD core."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sdr.simulated.waveform import Segment, Span, Waveform, audible


@dataclass
class _Playing:
    waveform: Waveform
    start: int
    position: int = 0
    second: Waveform | None = None


class Transmitter:
    """Plays the pushed waveforms; `play` must be called for consecutive intervals of time.

    With `restart_after_hold` a cyclic waveform starts with its first sample when the TDD core releases it; otherwise it
    goes on where it was held.
    """

    def __init__(self, restart_after_hold: bool = True) -> None:
        self._restart = restart_after_hold
        self._queue: deque[_Playing] = deque()
        self.cyclic = False
        self.second_path: tuple[Segment, ...] = ()
        """What the second path put out in the interval that was played last."""
        self._held = False

    def push(self, waveform: Waveform, start: int, cyclic: bool, second: Waveform | None = None) -> None:
        """Queue a waveform to start at sample `start`, or when the one before has ended; `second` of the other path."""
        self.cyclic = cyclic
        self._queue.append(_Playing(waveform, start, second=second))

    def clear(self) -> None:
        self._queue.clear()
        self.cyclic = False

    @property
    def queued(self) -> int:
        return len(self._queue)

    @property
    def silent(self) -> bool:
        """Nothing queued would put a signal out."""
        return all(playing.waveform.silent for playing in self._queue)

    def rebase(self, offset: int) -> None:
        for playing in self._queue:
            playing.start += offset

    def first_end(self) -> int | None:
        """Sample at which the first queued waveform is over if nothing holds it; None if it never ends."""
        if self.cyclic or not self._queue:
            return None
        return self._queue[0].start + len(self._queue[0].waveform)

    def play(self, start: int, stop: int, held: list[tuple[int, int]]) -> Span:
        """What goes out in [start, stop), given the intervals in which the output is held."""
        segments: list[Segment] = []
        second: list[Segment] = []
        position = start
        for low, high in [*held, (stop, stop)]:
            if low > position:
                self._play_free(start, position, low, segments, second)
                self._held = False
            if high > low:
                self._held = True
            position = high
        self.second_path = tuple(second)
        return Span(stop - start, tuple(segments))

    def _play_free(self, origin: int, begin: int, end: int, segments: list[Segment], second: list[Segment]) -> None:
        if self._held and self._restart and self.cyclic and self._queue:
            self._queue[0].position = 0
        while self._queue and begin < end:
            playing = self._queue[0]
            begin = max(begin, playing.start)
            if begin >= end:
                return
            size = len(playing.waveform)
            length = end - begin if self.cyclic else min(end - begin, size - playing.position)
            segments += audible(begin - origin, playing.waveform, playing.position, length)
            if playing.second is not None:
                second += audible(begin - origin, playing.second, playing.position, length)
            playing.position += length
            begin += length
            if self.cyclic:
                playing.position %= size
            elif playing.position >= size:
                self._queue.popleft()
                if self._queue:
                    self._queue[0].start = max(self._queue[0].start, begin)
