"""The second look: what narrow-band captures say about a line near a place where the survey had one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from acquisition.artefacts.crowd import without_crowd
from acquisition.free_decay import FreeDecay, free_decay
from acquisition.lines import Line, LineStatus
from acquisition.presence import presence, presence_threshold
from acquisition.reconstruction import ReconstructionParameters, reconstruct_survey
from acquisition.reconstruction.model import FWHM_LIMITS_HZ
from acquisition.shot import Capture
from acquisition.wings import wing_fault

FALSE_ALARMS_MOST = 10.0
"""Largest rate that a reconstruction accepts."""

HINT_FALSE_ALARMS = 0.1
"""A weak signal that noise makes once in so many measurements is worth more averages before it is rejected."""

WORTH_FITTING = 0.7
"""A fit is made where the matched filter alone comes this near to the threshold."""

NEAR_HZ, NEAR_WIDTHS = 15e3, 8.0
"""What is farther than this from a candidate, and than so many of its widths, does not matter if it is a crowd."""

LINES_MAX = 6
"""Lines that are told apart near a candidate."""

WIDEST = 0.95
"""Width, in units of the largest that is fitted, from which on a width is not known: echoes tell of broad lines."""

SEARCH_SIGMAS = 5.0
SEARCH_LEAST_HZ = 1.0e3
"""Where a candidate is looked for again: this many standard deviations around it, at least this far."""


@dataclass(frozen=True)
class Search:
    """What is looked for: a line of about this width, this far around a place, beside strong lines that are known."""

    fwhm_hz: float
    half_width_hz: float
    strong: Sequence[Line] = ()

    @property
    def reach_hz(self) -> float:
        """How far from the place other signals matter to it."""
        return max(NEAR_HZ, NEAR_WIDTHS * self.fwhm_hz, 3.0 * self.half_width_hz)


def fit(
    captures: Sequence[Capture],
    near_hz: float,
    search: Search,
    false_alarms: float,
    parameters: ReconstructionParameters,
) -> Line | None:
    """The strongest line near a frequency in narrow-band captures, or None.

    All lines of the decimated band are fitted together, so that a strong neighbour does not disturb; in a crowd those
    near the place are, and what is farther away is taken out before. The threshold is that of `false_alarms` within the
    searched range. The amplitude is that right after the pulse; a reason says why it may not be a line of its own.
    """
    half_width_hz = search.half_width_hz
    received = decays_of(captures, near_hz, search.fwhm_hz)
    if not received:
        return None
    decays = _undisturbed(received, near_hz, search)
    crowded = any(one.capture is not other.capture for one, other in zip(decays, received, strict=True))
    threshold = WORTH_FITTING * presence_threshold(false_alarms, half_width_hz)
    if _presence(decays, near_hz, search) < threshold:
        return None
    wide_hz = min(decay.capture.sample_rate_hz for decay in decays)
    within = None
    if crowded:
        # What is far has been taken out, or is known and is taken out now.
        decays = [decay.without(_outside(search, near_hz, search.reach_hz)) for decay in decays]
        wide_hz = min(2.0 * search.reach_hz, wide_hz)
        within = near_hz - search.reach_hz, near_hz + search.reach_hz
    in_band = min(false_alarms * max(1.0, wide_hz / (2.0 * half_width_hz)), FALSE_ALARMS_MOST)
    level = replace(
        parameters,
        false_alarms_per_survey=in_band,
        minimum_confidence=0.0,
        lines_max=min(parameters.lines_max, LINES_MAX),
    )
    found = reconstruct_survey([decay.capture for decay in decays], level, within)
    near = [line for line in found.lines if abs(line.frequency_hz - near_hz) <= half_width_hz]
    if not near:
        return None
    new = [line for line in near if not _is_known(line, near_hz, search)]
    best = max(new or near, key=lambda line: line.snr)
    reason = wing_fault(best, found.lines)
    if best.fwhm_hz >= WIDEST * FWHM_LIMITS_HZ[1]:
        reason = f"What is there is broader than {best.fwhm_hz / 1e3:.0f} kHz: ring-down, or no line of its own."
    elif not new:
        reason = f"What is there is the line at {best.frequency_hz / 1e6:.4f} MHz."
    return replace(at_pulse(best, decays), reason=reason)


def _is_known(line: Line, near_hz: float, search: Search) -> bool:
    """Whether a line is a strong one of the survey that lies elsewhere, where a wide search reaches as far as that."""
    own_hz = abs(line.frequency_hz - near_hz)
    return any(
        abs(line.frequency_hz - known.frequency_hz) < min(line.fwhm_hz, own_hz) and known.fwhm_hz < search.fwhm_hz
        for known in search.strong
    )


def hinted(candidate: Line, captures: Sequence[Capture], search: Search) -> bool:
    """Whether something is seen at the candidate's place, though too weakly to be called a line."""
    decays = _undisturbed(decays_of(captures, candidate.frequency_hz, search.fwhm_hz), candidate.frequency_hz, search)
    return _presence(decays, candidate.frequency_hz, search) >= presence_threshold(
        HINT_FALSE_ALARMS, search.half_width_hz
    )


def decays_of(captures: Sequence[Capture], near_hz: float, fwhm_hz: float) -> list[FreeDecay]:
    return [decay for capture in captures if (decay := free_decay(capture, near_hz, fwhm_hz)) is not None]


def _undisturbed(decays: Sequence[FreeDecay], near_hz: float, search: Search) -> list[FreeDecay]:
    """The decays without a crowd of signals far from the place that is looked at."""
    return [replace(decay, capture=without_crowd(decay.capture, near_hz, search.reach_hz)) for decay in decays]


def _presence(decays: Sequence[FreeDecay], near_hz: float, search: Search) -> float:
    """Presence near a frequency after strong lines outside the searched range were taken out."""
    outside = _outside(search, near_hz, search.half_width_hz)
    return presence([decay.without(outside) for decay in decays], near_hz, search.half_width_hz)


def _outside(search: Search, near_hz: float, distance_hz: float) -> list[Line]:
    """Known strong lines farther than this from a place."""
    return [line for line in search.strong if abs(line.frequency_hz - near_hz) > distance_hz]


def search_half_width_hz(candidate: Line) -> float:
    sigma_hz = candidate.frequency_sigma_hz
    uncertain = SEARCH_SIGMAS * sigma_hz if math.isfinite(sigma_hz) else 0.0
    return max(uncertain, candidate.fwhm_hz, SEARCH_LEAST_HZ)


def at_pulse(line: Line, decays: Sequence[FreeDecay]) -> Line:
    """The line with the amplitude that it had at the pulse (or at the top of the echo)."""
    lost = math.exp(min(math.pi * line.fwhm_hz * decays[0].delay_s, 20.0))
    return replace(line, amplitude=line.amplitude * lost, amplitude_sigma=line.amplitude_sigma * lost)


def confirmed(candidate: Line, again: Line) -> Line:
    """The candidate with the values of both measurements; the second alone where they disagree."""
    frequency_hz, frequency_sigma_hz = _combined(
        (candidate.frequency_hz, candidate.frequency_sigma_hz), (again.frequency_hz, again.frequency_sigma_hz)
    )
    fwhm_hz, fwhm_sigma_hz = _combined(
        (candidate.fwhm_hz, candidate.fwhm_sigma_hz), (again.fwhm_hz, again.fwhm_sigma_hz)
    )
    return replace(
        again,
        frequency_hz=frequency_hz,
        frequency_sigma_hz=frequency_sigma_hz,
        fwhm_hz=fwhm_hz,
        fwhm_sigma_hz=fwhm_sigma_hz,
        unfolding_confidence=1.0,
        status=LineStatus.CONFIRMED,
        reason="",
    )


def _combined(survey: tuple[float, float], narrow: tuple[float, float]) -> tuple[float, float]:
    """(value, sigma) of two independent measurements, weighted by their inverse variances."""
    (a, sigma_a), (b, sigma_b) = survey, narrow
    if not (math.isfinite(sigma_a) and sigma_a > 0):
        return narrow
    if not (math.isfinite(sigma_b) and sigma_b > 0):
        return b, sigma_a
    if abs(a - b) > 4.0 * math.hypot(sigma_a, sigma_b):
        return narrow
    weight_a, weight_b = sigma_a**-2, sigma_b**-2
    return (a * weight_a + b * weight_b) / (weight_a + weight_b), (weight_a + weight_b) ** -0.5
