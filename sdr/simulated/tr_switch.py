"""The switch between transmitter, probe and receiver: blind while it points to the transmitter, exposed if too late."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from sdr.simulated.sample import TransmitReceiveSwitch
from sdr.simulated.waveform import Segment, Span

Float32 = npt.NDArray[np.float32]
Intervals = tuple[tuple[int, int], ...]


def complement(intervals: Iterable[tuple[int, int]], start: int, stop: int) -> Intervals:
    """What is left of [start, stop) between rising intervals."""
    found, position = [], start
    for low, high in intervals:
        if low > position:
            found.append((position, low))
        position = max(position, high)
    return (*found, (position, stop)) if position < stop else tuple(found)


def shifted(intervals: Iterable[tuple[int, int]], by: int) -> Intervals:
    return tuple((low + by, high + by) for low, high in intervals)


def within(span: Span, intervals: Iterable[tuple[int, int]]) -> Span:
    """What is transmitted within the intervals; silence elsewhere."""
    kept: list[Segment] = []
    for low, high in intervals:
        kept += [Segment(s.offset + low, s.waveform, s.position, s.length) for s in span.part(low, high).segments]
    return Span(span.length, tuple(kept))


def connected(span: Span) -> Span:
    """The part of the span that reaches the probe: all of it where there is no switch."""
    return span if span.to_probe is None else within(span, span.to_probe)


def exposed(span: Span) -> Span:
    """The part that is transmitted although the switch points to the receiver."""
    if span.to_probe is None:
        return Span(span.length)
    return within(span, complement(span.to_probe, 0, span.length))


def hearing(span: Span, switch: TransmitReceiveSwitch, sample_rate_hz: float) -> Float32:
    """Factor on what comes from the probe to the receiver, shape (span.length,).

    It falls at once when the switch turns to the transmitter and comes back with the time constant `switching_s`.
    """
    blind = 10 ** (-switch.isolation_db / 20)
    gain = np.ones(span.length, np.float32)
    for low, high in span.to_probe or ():
        gain[low:high] = blind
    recovery = switch.switching_s * sample_rate_hz
    if recovery > 0:
        for _, high in span.to_probe or ():
            tail = gain[high : high + math.ceil(20 * recovery)]
            back = (1 - (1 - blind) * np.exp(-np.arange(len(tail)) / recovery)).astype(np.float32)
            np.minimum(tail, back, out=tail)
    return gain


def levels(parts: Sequence[Segment], start: int, threshold: float = 0.125) -> Intervals:
    """Where a waveform is above the threshold (of full scale): how the second transmit path drives the switch."""
    found: list[tuple[int, int]] = []
    for part in parts:
        size = len(part.waveform)
        index = (part.position + np.arange(part.length)) % size
        high = np.abs(part.waveform.samples[index]) > threshold
        edges = np.flatnonzero(np.diff(np.concatenate([[False], high, [False]]).astype(np.int8)))
        for low, end in edges.reshape(-1, 2).tolist():
            begin = start + part.offset + low
            if found and found[-1][1] == begin:
                begin = found.pop()[0]
            found.append((begin, start + part.offset + end))
    return tuple(found)
