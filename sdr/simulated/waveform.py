"""What is transmitted: pushed buffers, and the spans of them that reach the antenna."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

ComplexArray = npt.NDArray[np.complex64]

FULL_SCALE = 2**14  # int16 value that is amplitude 1


@dataclass(frozen=True, eq=False)
class Waveform:
    """One pushed buffer, turned by a multiple of 90 degrees so that its first sample is in the first quadrant.

    `samples` (n,) are in units of full scale; what is transmitted is `samples * 1j**quadrant`. Buffers that differ by
    such a turn only (a phase cycle) share their `key`, and so everything computed for them.
    """

    samples: ComplexArray
    quadrant: int
    key: bytes

    @classmethod
    def from_int16(cls, interleaved: npt.NDArray[np.int16]) -> Waveform:
        """From the interleaved I, Q values of the DMA buffer, shape (2 n,); values beyond full scale are clipped."""
        values = np.clip(interleaved, -FULL_SCALE, FULL_SCALE)
        canonical = values.reshape(-1, 2)
        first = int(np.argmax(values != 0)) // 2 if values.any() else None
        quadrant = 0 if first is None else _quadrant(int(canonical[first, 0]), int(canonical[first, 1]))
        # Multiply by -1j as often, exactly.
        if quadrant in (2, 3):
            canonical = -canonical
        if quadrant in (1, 3):
            canonical = np.stack([canonical[:, 1], -canonical[:, 0]], axis=1)
        key = hashlib.blake2b(canonical.tobytes(), digest_size=16).digest()
        samples = (canonical.astype(np.float32) / np.float32(FULL_SCALE)).view(np.complex64)[:, 0]
        return cls(np.ascontiguousarray(samples), quadrant, key)

    @cached_property
    def support(self) -> tuple[int, int]:
        """[first, last) of the samples that are not zero; (0, 0) if all are."""
        nonzero = np.flatnonzero(self.samples)
        return (int(nonzero[0]), int(nonzero[-1]) + 1) if nonzero.size else (0, 0)

    @property
    def silent(self) -> bool:
        return self.support == (0, 0)

    @cached_property
    def mirrored(self) -> Waveform:
        """The complex conjugate: what a spectrum-inverting converter makes of it."""
        return Waveform(self.samples.conj(), -self.quadrant % 4, self.key + b"*")

    def __len__(self) -> int:
        return len(self.samples)


def _quadrant(i: int, q: int) -> int:
    """0 if the phase of i + jq is in [0, 90) degrees, 1 if in [90, 180), ..."""
    if i > 0 and q >= 0:
        return 0
    if i <= 0 and q > 0:
        return 1
    if i < 0 and q <= 0:
        return 2
    return 3


@dataclass(frozen=True, eq=False)
class Segment:
    """`length` samples of `waveform` from `position` on (repeating it at its end), at `offset` within a span."""

    offset: int
    waveform: Waveform
    position: int
    length: int


_SPLIT_FROM = 4096  # waveforms shorter than this are not searched for silent parts


def audible(offset: int, waveform: Waveform, position: int, length: int) -> list[Segment]:
    """The parts of a repeating waveform that are not silent, when it plays `length` samples from `position` on."""
    size = len(waveform)
    if waveform.silent or length <= 0:
        return []
    if size < _SPLIT_FROM:
        return [Segment(offset, waveform, position % size, length)]
    first, last = waveform.support
    segments = []
    for base in range(-(position % size), length, size):
        low, high = max(base + first, 0), min(base + last, length)
        if low < high:
            segments.append(Segment(offset + low, waveform, low - base, high - low))
    return segments


@dataclass(frozen=True, eq=False)
class Span:
    """What is transmitted during `length` samples; silence where no segment lies.

    `to_probe` are the intervals in which a switch gives the probe to the transmitter; None without a switch.
    """

    length: int
    segments: tuple[Segment, ...] = ()
    to_probe: tuple[tuple[int, int], ...] | None = None

    @property
    def silent(self) -> bool:
        return not self.segments

    @cached_property
    def quadrant(self) -> int:
        """The turn that all segments share, 0 if they differ."""
        turns = {segment.waveform.quadrant for segment in self.segments}
        return turns.pop() if len(turns) == 1 else 0

    @cached_property
    def signature(self) -> tuple[object, ...]:
        """Equal for spans whose `samples` are equal."""
        parts = tuple(
            (s.offset, s.waveform.key, (s.waveform.quadrant - self.quadrant) % 4, s.position, s.length)
            for s in self.segments
        )
        return (self.length, parts, self.to_probe)

    def part(self, start: int, stop: int) -> Span:
        """The span from `start` to `stop`."""
        kept = []
        for s in self.segments:
            low, high = max(s.offset, start), min(s.offset + s.length, stop)
            if low < high:
                position = (s.position + low - s.offset) % len(s.waveform)
                kept.append(Segment(low - start, s.waveform, position, high - low))
        cut = None
        if self.to_probe is not None:
            cut = tuple(
                (max(a, start) - start, min(b, stop) - start) for a, b in self.to_probe if a < stop and b > start
            )
        return Span(stop - start, tuple(kept), cut)

    @property
    def mirrored(self) -> Span:
        """The complex conjugate of the span."""
        return replace(self, segments=tuple(replace(s, waveform=s.waveform.mirrored) for s in self.segments))

    @cached_property
    def samples(self) -> ComplexArray:
        """The transmitted baseband turned back by `quadrant`, shape (length,)."""
        out = np.zeros(self.length, dtype=np.complex64)
        for segment in self.segments:
            source = segment.waveform.samples
            index = (segment.position + np.arange(segment.length)) % len(source)
            turn = np.complex64(1j ** ((segment.waveform.quadrant - self.quadrant) % 4))
            out[segment.offset : segment.offset + segment.length] = source[index] * turn
        return out
