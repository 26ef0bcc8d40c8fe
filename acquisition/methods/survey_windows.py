"""The windows of a survey: what one excitation covers, and where the radio is tuned for it."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

from acquisition.excited_band import excited_band_hz
from acquisition.limits import InstrumentLimits
from acquisition.methods.survey_parameters import SurveyParameters

WINDOW_OVERLAP = 0.1
"""Fraction of a window that it shares with each neighbour, so that no line lies on an edge of all its windows."""

USABLE_BAND = 0.8
"""Fraction of the sampling rate over which the receiver is flat."""

EXCITED_HALF_BAND = 0.49
"""Half width, in units of 1 / tooth length, of the band that must lie inside the instrument's range. A comb's band ends
on a replica of its sweep, half a tooth spacing further out at most."""

DISTANCE_FROM_CENTRE_HZ = 20e3
"""Least distance of a window's edge from the frequency that the radio is tuned to."""


@dataclass(frozen=True)
class Window:
    """One stretch of the range that a single excitation covers.

    The middle of the comb, `comb_hz`, is that of the window except at an end of the instrument's range. It lies
    `offset_hz` (a multiple of the tooth spacing) above the frequency that the radio is tuned to, so that the whole
    window lies on one side of it: no line can then sit at zero frequency, where receivers distort, nor on the
    quadrature image of another line of the window.
    """

    centre_hz: float
    width_hz: float
    comb_hz: float
    offset_hz: float

    @property
    def tuned_hz(self) -> float:
        """Centre frequency of the shots of this window."""
        return self.comb_hz - self.offset_hz


def windows(
    parameters: SurveyParameters, window_width_hz: float, count: int, limits: InstrumentLimits
) -> tuple[Window, ...]:
    """Overlapping windows that cover the range exactly, from low to high frequency; each at most so wide."""
    p = parameters
    width = min(window_width_hz, p.span_hz)
    if count == 1:
        centres = np.array([p.centre_frequency_hz])
    else:
        reach = (p.span_hz - width) / 2
        centres = p.centre_frequency_hz + np.linspace(-reach, reach, count)
    return tuple(_window(p, float(centre), width, limits) for centre in centres)


def _window(p: SurveyParameters, centre_hz: float, width_hz: float, limits: InstrumentLimits) -> Window:
    """A window with its comb, whose excitation stays inside the instrument's range."""
    half_band_hz = reach_hz(p)
    lowest, highest = limits.frequency_min_hz + half_band_hz, limits.frequency_max_hz - half_band_hz
    comb_hz = min(max(centre_hz, lowest), highest)
    tooth_spacing_hz = 1.0 / p.gap_period_s
    far_edge_hz = width_hz / 2 + abs(centre_hz - comb_hz)
    offset_hz = math.ceil((far_edge_hz + DISTANCE_FROM_CENTRE_HZ) / tooth_spacing_hz) * tooth_spacing_hz
    if offset_hz + far_edge_hz > USABLE_BAND / 2 * p.sample_rate_hz:
        offset_hz = 0.0
    elif comb_hz - offset_hz < limits.frequency_min_hz:
        offset_hz = -offset_hz if comb_hz + offset_hz <= limits.frequency_max_hz else 0.0
    if offset_hz and not _stays_inside(comb_hz - offset_hz, offset_hz, p, limits):
        offset_hz = 0.0
    return Window(centre_hz, width_hz, comb_hz, offset_hz)


def _stays_inside(tuned_hz: float, offset_hz: float, p: SurveyParameters, limits: InstrumentLimits) -> bool:
    """Whether what a comb beside the tuned frequency excites stays inside the instrument's range.

    Its skirts beyond half the sampling rate come out on the other side of the tuned frequency.
    """
    lowest_hz, highest_hz = limits.frequency_min_hz - tuned_hz, limits.frequency_max_hz - tuned_hz
    half_rate_hz = p.sample_rate_hz / 2
    if lowest_hz <= -half_rate_hz and half_rate_hz <= highest_hz:
        return True
    samples = max(1, math.floor(p.tooth_s * p.sample_rate_hz))
    below_hz, above_hz = _tooth_band_hz(samples, offset_hz, p.sample_rate_hz)
    margin_hz = 0.5 / p.gap_period_s
    return lowest_hz <= below_hz - margin_hz and above_hz + margin_hz <= highest_hz


@functools.lru_cache(maxsize=64)
def _tooth_band_hz(samples: int, offset_hz: float, sample_rate_hz: float) -> tuple[float, float]:
    """The band that a single tooth excites: that of the comb without its sweep."""
    cycles = offset_hz / sample_rate_hz * np.arange(samples)
    return excited_band_hz(np.exp(2j * np.pi * cycles).astype(np.complex64), sample_rate_hz)


def sampled_tooth_s(p: SurveyParameters) -> float:
    """Length of the longest teeth as they are sampled: a window is as wide as the inverse of that.

    Where the gap period is a whole number of samples all teeth have this length; else they vary by a sample, and the
    length asked for is their mean.
    """
    if not whole_gaps(p) and p.tooth_s * p.sample_rate_hz >= 1.0:
        return p.tooth_s
    return max(1, math.ceil(p.tooth_s * p.sample_rate_hz - 1e-6)) / p.sample_rate_hz


def whole_gaps(p: SurveyParameters) -> bool:
    """Whether the gap period is a whole number of samples, so that all teeth are alike."""
    per_gap = p.gap_period_s * p.sample_rate_hz
    return abs(per_gap - round(per_gap)) <= 1e-6


def reach_hz(p: SurveyParameters) -> float:
    """Distance from the middle of the comb to the ends of the band that it excites.

    Where teeth vary by a sample, the few strong ones of a short pulse may all be short.
    """
    shortest_s = sampled_tooth_s(p)
    if not whole_gaps(p):
        shortest_s = max(1, math.floor(p.tooth_s * p.sample_rate_hz + 1e-6)) / p.sample_rate_hz
    return EXCITED_HALF_BAND / shortest_s + 0.5 / p.gap_period_s
