"""Where in a reception the transmission began, and its phase, from the leakage of the pulse into the receiver.

Pure. Works while the leakage saturates the receiver: clipping keeps the sign of either component, so the correlation
with the transmitted waveform keeps its peak. The ring-down of the probe, saturated too, widens that peak towards later
times; the onsets of the pulse, where the reception jumps from noise to full scale, then give the start to the sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from acquisition.shot import ComplexArray
from sdr.errors import AlignmentFailed

# An onset is a sample that follows a zero with at least this part of the largest amplitude.
ONSET_AMPLITUDE = 0.1
# How far before the correlation's peak an onset is looked for (a saturated ring-down), and how far after it (noise).
ONSET_SEARCH_BEFORE = 128
ONSET_SEARCH_AFTER = 8
# Natural logarithm of the odds against noise alone passing for leakage, at any of the lags tried.
SIGNIFICANCE = 12.0


Onsets = tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Alignment:
    """`start` is the index of the first transmitted sample in the reception; `phase_rad` the leakage's mean phase."""

    start: int
    phase_rad: float
    coherence: float  # 0 to 1: how much of the reception during the pulse is the waveform


def find_start(received: ComplexArray, waveform: ComplexArray, first: int = 0, last: int | None = None) -> Alignment:
    """Find the waveform (m,) in the reception (n >= m,), with its first sample at an index from `first` to `last`.

    Raises AlignmentFailed if nothing in the reception looks like the waveform more than noise would.
    """
    latest = len(received) - len(waveform)
    last = latest if last is None else min(last, latest)
    first = max(first, 0)
    if last < first:
        raise AlignmentFailed("The reception is shorter than the pulse that should be found in it.")
    window = received[first : last + len(waveform)]
    transmitting = waveform != 0
    correlation = _correlate(window, waveform)
    peak = int(np.argmax(np.abs(correlation)))
    start = first + onset_near(window, waveform, peak, before=_before_peak(waveform))
    pulse_energy = float(np.sum(np.abs(waveform[transmitting]) ** 2))
    heard = received[start : start + len(waveform)]
    received_energy = float(np.sum(np.abs(heard[transmitting]) ** 2))
    product = complex(np.vdot(waveform, heard))
    coherence = abs(product) / math.sqrt(pulse_energy * received_energy) if received_energy > 0 else 0.0
    evidence = coherence**2 * np.count_nonzero(transmitting)
    if evidence < math.log(last - first + 1) + SIGNIFICANCE:
        raise AlignmentFailed(
            f"The transmitted pulse was not found in the reception (coherence {coherence:.2f} where noise may give "
            f"{math.sqrt((math.log(last - first + 1) + SIGNIFICANCE) / np.count_nonzero(transmitting)):.2f})."
        )
    return Alignment(start, float(np.angle(product)), coherence)


def has_onsets(waveform: ComplexArray) -> bool:
    """True if the waveform jumps up from zero somewhere, so that its start can be told to the sample."""
    return len(onsets_of(waveform)[0]) > 0


def _correlate(received: ComplexArray, waveform: ComplexArray) -> npt.NDArray[np.complex64]:
    """sum_n received[k + n] conj(waveform[n]) for every k at which the waveform fits, by FFT."""
    length = fft.next_fast_len(len(received))
    spectrum = fft.fft(received.astype(np.complex64), length) * np.conj(fft.fft(waveform.astype(np.complex64), length))
    lags = len(received) - len(waveform) + 1
    return np.asarray(fft.ifft(spectrum)[:lags], dtype=np.complex64)


def onsets_of(waveform: ComplexArray) -> Onsets:
    """Indices where the waveform jumps up from zero, and how high it jumps."""
    amplitude = np.abs(waveform).astype(np.float64)
    before = np.concatenate(([0.0], amplitude[:-1]))
    onsets = np.flatnonzero((before == 0) & (amplitude >= ONSET_AMPLITUDE * amplitude.max()))
    return onsets, amplitude[onsets]


def onset_near(
    received: ComplexArray,
    waveform: ComplexArray,
    start: int,
    before: int = ONSET_SEARCH_AFTER,
    after: int = ONSET_SEARCH_AFTER,
    known: Onsets | None = None,
) -> int:
    """The start within `before` and `after` samples of `start` that the onsets fit best; `start` without onsets.

    `known` are the onsets of the waveform, where they need not be looked for again.
    """
    onsets, weights = onsets_of(waveform) if known is None else known
    candidates = np.arange(max(start - before, 1), min(start + after, len(received) - len(waveform)) + 1)
    if len(onsets) == 0 or len(candidates) == 0:
        return start
    places = candidates[:, None] + onsets
    scores = (np.abs(received[places]) - np.abs(received[places - 1])) @ weights
    return int(candidates[np.argmax(scores)])


def _before_peak(waveform: ComplexArray) -> int:
    """How far before the correlation's peak the onset may be, without reaching the onset before."""
    onsets, _ = onsets_of(waveform)
    spacing = int(np.min(np.diff(onsets))) if len(onsets) > 1 else ONSET_SEARCH_BEFORE + ONSET_SEARCH_AFTER + 1
    return min(ONSET_SEARCH_BEFORE, max(spacing - 1 - ONSET_SEARCH_AFTER, 0))
