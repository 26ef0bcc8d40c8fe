"""What is there without being excited: carriers of broadcasting, of power supplies and of the radio itself.

A pulse whose spectrum has its null at the place leaves a line of the sample silent; interference does not care. Whether
it is worth the time to listen so is told by the captures there are: a signal too narrow to decay, or one that is there
long after a line of its width would be gone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from acquisition.artefacts.amplitudes import heard, root_mean_square
from acquisition.coverage import excites, is_control
from acquisition.free_decay import FreeDecay, free_decay
from acquisition.lines import Line
from acquisition.reconstruction.statistics import log_tail
from acquisition.shot import Capture

NARROW_HZ = 100.0
"""A signal that may be narrower than this (within two standard deviations) may be interference: it needs a control."""

UNEXCITED_FRACTION = 0.3
"""Least amplitude of interference without excitation relative to that with it: modulation lets it go up and down."""

REASON = "It is there without being excited: interference, not an answer of the sample."

LATE_T2_STARS = 3.0
SLOT_T2_STARS = 1.5
"""A line has 0.2 % of its power left after so many T2*; from then on it is looked for in slots of this length."""

LATE_LOG_TAIL = 7.0
LATE_FRACTION = 0.15
"""A late signal is one that noise makes with exp(-7), and with this fraction of the power of the signal at once."""


def needs_control(line: Line, narrow: Sequence[Capture] = ()) -> bool:
    """Whether a confirmed line could be interference: it is so narrow, or does not decay as its width says."""
    sigma_hz = line.fwhm_sigma_hz if math.isfinite(line.fwhm_sigma_hz) else 0.0
    if line.fwhm_hz - 2.0 * sigma_hz < NARROW_HZ:
        return True
    return _is_heard_late(line, [capture for capture in narrow if excites(capture, line.frequency_hz)])


def fault(line: Line, narrow: Sequence[Capture]) -> str:
    """Why the signal is no answer to the pulses; empty if it is silent in the captures that do not excite it."""
    excited = heard(line, [capture for capture in narrow if excites(capture, line.frequency_hz)])
    controls = [capture for capture in narrow if is_control(capture, line.frequency_hz)]
    unexcited = [slot.amplitude(line) for capture in controls for slot in _slots(line, capture, 0.0)]
    if not excited or not unexcited:
        return ""
    amplitude, sigma = root_mean_square(unexcited)
    # What noise adds to a mean square is taken off.
    amplitude = math.sqrt(max(amplitude**2 - sigma**2 * len(unexcited), 0.0))
    if amplitude - 3.0 * sigma <= UNEXCITED_FRACTION * root_mean_square(excited)[0]:
        return ""
    return REASON


def _is_heard_late(line: Line, captures: Sequence[Capture]) -> bool:
    """Whether something at the line's place is there when the line would be gone."""
    at_once = [(value / sigma) ** 2 for value, sigma in heard(line, captures) if sigma > 0]
    slots = [slot for capture in captures for slot in _slots(line, capture, LATE_T2_STARS)]
    late = [(value / sigma) ** 2 for value, sigma in (slot.amplitude(line) for slot in slots) if sigma > 0]
    if not at_once or not late:
        return False
    expected = len(late) * max(at_once) * math.exp(-2.0 * LATE_T2_STARS)
    significant = float(log_tail(max(sum(late) - 2.0 * expected, 0.0), len(late))) > LATE_LOG_TAIL
    return significant and float(np.mean(late)) > LATE_FRACTION * float(np.mean(at_once))


def _slots(line: Line, capture: Capture, after_t2_stars: float) -> Iterator[FreeDecay]:
    """Stretches of a free decay as if each were one of its own."""
    decay = free_decay(capture, line.frequency_hz, line.fwhm_hz)
    if decay is None:
        return
    received = decay.capture.samples[1:]
    length = max(8, min(len(received), round(SLOT_T2_STARS * line.t2_star_s * decay.rate_hz)))
    for first in range(round(after_t2_stars * line.t2_star_s * decay.rate_hz), len(received) - length // 2, length):
        part = np.concatenate([np.zeros(1, dtype=np.complex64), received[first : first + length]])
        yield replace(decay, capture=replace(decay.capture, samples=part))
