"""What is there without being excited: carriers of broadcasting, of power supplies and of the radio itself.

A pulse whose spectrum has its null at the place leaves a line of the sample silent; interference does not care.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from acquisition.artefacts.amplitudes import ONE_SIDED, heard, root_mean_square
from acquisition.coverage import excites, is_control
from acquisition.lines import Line
from acquisition.shot import Capture

NARROW_HZ = 100.0
"""A signal that may be narrower than this (within two standard deviations) may be interference: it needs a control."""


def needs_control(line: Line) -> bool:
    """Whether a confirmed line is so narrow that it could be interference of constant frequency."""
    sigma_hz = line.fwhm_sigma_hz if math.isfinite(line.fwhm_sigma_hz) else 0.0
    return line.fwhm_hz - 2.0 * sigma_hz < NARROW_HZ


def fault(line: Line, narrow: Sequence[Capture]) -> str:
    """Why the signal is no answer to the pulses; empty if it is silent in the captures that do not excite it."""
    excited = heard(line, [capture for capture in narrow if excites(capture, line.frequency_hz)])
    unexcited = heard(line, [capture for capture in narrow if is_control(capture, line.frequency_hz)])
    if not excited or not unexcited:
        return ""
    amplitude, sigma = root_mean_square(unexcited)
    if amplitude - 3.0 * sigma <= ONE_SIDED * root_mean_square(excited)[0]:
        return ""
    return "It is there without being excited: interference, not an answer of the sample."
