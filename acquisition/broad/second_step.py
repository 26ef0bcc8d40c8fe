"""Broad features in the two steps of a survey: candidates of the first, measured again by echoes in the second."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from acquisition.broad.reconstruct import reconstruct
from acquisition.broad.survey_features import FEATURE, LEAST_FWHM_HZ, NARROW_HZ, broad_features
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


METHOD = "echo_map"
"""Method of the captures that measure broad features."""


def is_feature(line: Line) -> bool:
    """Whether a line is a broad feature of a survey, which echoes are to measure."""
    return line.fwhm_hz >= LEAST_FWHM_HZ and line.reason.startswith(FEATURE)


def with_features(
    found: Reconstruction, survey: Sequence[Capture], parameters: ReconstructionParameters
) -> Reconstruction:
    """A survey's result with its broad features as candidates.

    What the search for narrow lines made of a feature, lines of 25 kHz and more within its width or what it took for
    ring-down, is replaced by it.
    """
    features = broad_features(survey, parameters, found.lines)
    if not features:
        return found

    def part(line: Line) -> bool:
        return line.fwhm_hz >= NARROW_HZ and any(
            abs(line.frequency_hz - feature.frequency_hz) < feature.fwhm_hz for feature in features
        )

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


def judged(found: Reconstruction, echoes: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """A survey's result with the verdict of the echoes on its broad features."""
    if not echoes:
        return found
    lines = [judge(line, echoes, parameters) if is_feature(line) else line for line in found.lines]
    return replace(found, lines=tuple(sorted(lines, key=lambda line: line.frequency_hz)))


def judge(candidate: Line, echoes: Sequence[Capture], parameters: ReconstructionParameters) -> Line:
    """A broad candidate in the light of the echoes around it: confirmed with their values, or rejected."""
    reach_hz = 0.5 * SPAN_MAX_HZ + candidate.fwhm_hz
    near = [capture for capture in echoes if abs(capture.centre_frequency_hz - candidate.frequency_hz) <= reach_hz]
    if not near:
        return candidate
    found = reconstruct(near, parameters)
    within_hz = WITHIN * candidate.fwhm_hz + 3.0 * max(candidate.frequency_sigma_hz, 0.0)
    same = [line for line in found.lines if abs(line.frequency_hz - candidate.frequency_hz) <= within_hz]
    if same:
        return replace(same[0], status=LineStatus.CONFIRMED, reason="Mapped by spin echoes.")
    return replace(candidate, status=LineStatus.REJECTED, reason="Spin echoes around it show no broad line.")
