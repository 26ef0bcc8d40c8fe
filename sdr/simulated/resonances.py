"""Damped oscillations that the transmitted wave excites: the probe's ring-down and acoustic ringing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sdr.simulated.waveform import Span

Complex64 = npt.NDArray[np.complex64]

_DECAY_TIMES = 25  # time constants after which nothing is left


@dataclass(frozen=True)
class Resonance:
    """Answers a steady wave at its frequency with `level`; `offset_hz` is counted from the transmitter's frequency."""

    level: float
    offset_hz: float
    decay_s: float


def ring(span: Span, sample_rate_hz: float, resonances: Sequence[Resonance]) -> Complex64:
    """Sum of what the resonances answer to the transmitted wave (turned back by its quadrant), shape (span.length,)."""
    out = np.zeros(span.length, np.complex64)
    if not resonances:
        return out
    slowest_s = max(one.decay_s for one in resonances)
    response = np.zeros(min(span.length, math.ceil(_DECAY_TIMES * slowest_s * sample_rate_hz) + 1), complex)
    for one in resonances:
        decay = math.exp(-1 / (sample_rate_hz * one.decay_s))
        rate = math.log(decay) + 2j * math.pi * one.offset_hz / sample_rate_hz if decay > 0 else -745.0
        response += one.level * (1 - decay) * np.exp(rate * np.arange(len(response)))
    kernel = response.astype(np.complex64)
    for segment in span.segments:
        start, stop = segment.offset, min(segment.offset + segment.length + len(kernel), span.length)
        size = 1 << (segment.length + len(kernel) - 1).bit_length()
        sent = np.fft.fft(span.samples[start : start + segment.length], size)
        out[start:stop] += np.fft.ifft(sent * np.fft.fft(kernel, size))[: stop - start].astype(np.complex64)
    return out
