"""Broad features in the two steps of a survey: candidates of the first, measured again by echoes in the second."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from acquisition.broad.reconstruct import broad_line
from acquisition.broad.survey_features import (
    CLEARLY_BROAD,
    FEATURE,
    LEAST_FWHM_HZ,
    NARROW_HZ,
    broad_features,
    unexplained,
)
from acquisition.limits import InstrumentLimits
from acquisition.lines import Line, LineStatus
from acquisition.methods import echo_map
from acquisition.methods.echo_map import EchoMapParameters
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture, Shot

SPAN_IN_WIDTHS = 3.0
SPAN_MAX_HZ = 1.5e6
"""How far the echoes of the second step reach, in widths of the feature, and at most."""

WITHIN = 1.5
"""An echo map confirms a feature if its line is within this many widths of it."""


NARROWER = 0.5
"""A mapped line that is certainly narrower than this part of a feature's width is not what the survey saw."""

STRONG_SNR = 6.0
"""Signals of the survey from here on are taken out of the echoes even if they were rejected as lines."""

REMAINDER = 0.1
"""Signal-to-noise ratio, relative to a known line's in the same map, below which a line may be what the model of the
known one leaves of it."""

SLIMMER = 2.0 / 3.0
"""A strong line that is slimmer than anything called broad, and than this part of a feature, is no part of it."""

MAPPED = "Mapped by spin echoes."
UNDECIDED = (
    f"{FEATURE}: spin echoes around it show something, but not clearly whether it is broad. "
    "An echo map with more averages tells."
)
BESIDE_STRONG = (
    f"{FEATURE}: what spin echoes around it show cannot be told from what is left of a strong narrow line there."
)

METHOD = "echo_map"
"""Method of the captures that measure broad features."""


def is_feature(line: Line) -> bool:
    """Whether a line is a broad feature of a survey, which echoes are to measure."""
    return line.fwhm_hz >= LEAST_FWHM_HZ and line.reason.startswith(FEATURE)


def is_mapped(line: Line) -> bool:
    """Whether a line is a broad one that echoes have confirmed."""
    return line.reason == MAPPED


def with_features(
    found: Reconstruction, survey: Sequence[Capture], parameters: ReconstructionParameters
) -> Reconstruction:
    """A survey's result with its broad features as candidates.

    What the search for narrow lines made of a feature, lines of 25 kHz and more within its width or what it took for
    ring-down, is replaced by it; not so a line that the feature does not explain, or that has a width of its own.
    """
    features = broad_features(survey, parameters, found.lines)
    if not features:
        return found

    def near(line: Line) -> bool:
        around = [one for one in features if abs(line.frequency_hz - one.frequency_hz) < one.fwhm_hz]
        slim = line.fwhm_hz < LEAST_FWHM_HZ and all(line.fwhm_hz < SLIMMER * one.fwhm_hz for one in around)
        return line.fwhm_hz >= NARROW_HZ and bool(around) and not (slim and line.snr >= STRONG_SNR)

    standing = unexplained([line for line in found.lines if near(line)], survey, features)

    def part(line: Line) -> bool:
        return near(line) and line not in standing

    lines = [line for line in found.lines if not part(line)] + [feature.line() for feature in features]
    return replace(
        found,
        lines=tuple(sorted(lines, key=lambda line: line.frequency_hz)),
        artefacts=tuple(line for line in found.artefacts if not part(line)),
    )


def echo_shots(
    candidate: Line, averages: int, repetition_time_s: float, sample_rate_hz: float, limits: InstrumentLimits
) -> tuple[Shot, ...]:
    """The echoes that map a broad candidate; raises InvalidParameters where the instrument cannot play them."""
    p = echo_parameters(candidate, averages, repetition_time_s, sample_rate_hz)
    echo_map.plan(p, limits)
    return tuple(echo_map.shots(p, limits))


def echo_parameters(
    candidate: Line, averages: int, repetition_time_s: float, sample_rate_hz: float
) -> EchoMapParameters:
    """The map of a broad candidate: three widths, and as much more as its place is uncertain."""
    uncertain_hz = candidate.frequency_sigma_hz if math.isfinite(candidate.frequency_sigma_hz) else 0.0
    return EchoMapParameters(
        centre_frequency_hz=candidate.frequency_hz,
        span_hz=min(SPAN_IN_WIDTHS * candidate.fwhm_hz + 2.0 * uncertain_hz, SPAN_MAX_HZ),
        averages=max(averages, 8),
        repetition_time_s=repetition_time_s,
        sample_rate_hz=sample_rate_hz,
    )


def judged(found: Reconstruction, echoes: Sequence[Capture]) -> Reconstruction:
    """A survey's result with the verdict of the echoes on its broad features, beside its narrow lines."""
    if not echoes:
        return found
    known = [line for line in found.lines if line not in found.artefacts]
    lines = [judge(line, echoes, known) if is_feature(line) else line for line in found.lines]
    return replace(found, lines=tuple(sorted(lines, key=lambda line: line.frequency_hz)))


def judge(candidate: Line, echoes: Sequence[Capture], known: Sequence[Line] = ()) -> Line:
    """A broad candidate in the light of the echoes around it: confirmed with their values, or rejected.

    A narrow line within the feature gives echoes too, so the narrow ones of the survey's `known` lines are taken out
    first. What is left must be there where they are not, and be broad by itself: wider than any narrow line that was
    not known could be, and not much narrower than the feature.
    """
    reach_hz = 0.5 * SPAN_MAX_HZ + candidate.fwhm_hz
    near = [capture for capture in echoes if abs(capture.centre_frequency_hz - candidate.frequency_hz) <= reach_hz]
    if not near:
        return candidate
    found = broad_line(near, [line for line in known if _has_echoes(line)], NARROW_HZ)
    within_hz = WITHIN * candidate.fwhm_hz + 3.0 * max(candidate.frequency_sigma_hz, 0.0)
    if found is None or abs(found.line.frequency_hz - candidate.frequency_hz) > within_hz:
        return replace(candidate, status=LineStatus.REJECTED, reason="Spin echoes around it show no broad line.")
    line = found.line
    widest_hz = line.fwhm_hz + 3.0 * line.fwhm_sigma_hz
    if widest_hz < max(NARROW_HZ, NARROWER * (candidate.fwhm_hz - 3.0 * candidate.fwhm_sigma_hz)):
        reason = f"Spin echoes around it show no line as broad, only one of {max(line.fwhm_hz, 1e3) / 1e3:.0f} kHz."
        return replace(candidate, status=LineStatus.REJECTED, reason=reason)
    if found.left_snr < REMAINDER * found.known_snr:
        return replace(candidate, reason=BESIDE_STRONG)
    if line.fwhm_hz < NARROW_HZ or found.beyond_narrow < 2.0 * CLEARLY_BROAD:
        return replace(candidate, reason=UNDECIDED)
    return replace(line, status=LineStatus.CONFIRMED, reason=MAPPED)


def _has_echoes(line: Line) -> bool:
    """Whether a line of the survey is a narrow one that pulses may have excited; noise among the candidates is not."""
    sure = line.status in (LineStatus.CONFIRMED, LineStatus.MOVED) or line.snr >= STRONG_SNR
    return sure and line.fwhm_hz < NARROW_HZ and not is_feature(line)
