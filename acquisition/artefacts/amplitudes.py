"""How strongly a line is heard in captures of a kind, without fitting its place again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from acquisition.free_decay import FreeDecay, free_decay
from acquisition.lines import Line
from acquisition.shot import Capture

ONE_SIDED = 0.5
"""A signal counts as missing below this fraction of what it should be, three standard deviations granted."""

RING_DOWN_S, T2_STARS = 15e-6, 0.25
"""What is left out after a pulse: so long, but no more than so many T2*."""


def heard(line: Line, captures: Sequence[Capture]) -> list[tuple[float, float]]:
    """(amplitude, standard deviation) of a line of this frequency and width soon after the pulse of each capture.

    The first microseconds, in which ring-down is heard too, are left out; of every capture as many.
    """
    decays = [free_decay(capture, line.frequency_hz, line.fwhm_hz) for capture in captures]
    return [_late(decay, line).amplitude(line) for decay in decays if decay is not None]


def _late(decay: FreeDecay, line: Line) -> FreeDecay:
    skipped = round(min(RING_DOWN_S, T2_STARS * line.t2_star_s) * decay.rate_hz)
    samples = np.concatenate([decay.capture.samples[:1], decay.capture.samples[1 + skipped :]])
    return replace(decay, capture=replace(decay.capture, samples=samples))


def root_mean_square(values: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """(amplitude, sigma) over captures of the same tuning, whose phases are unrelated."""
    amplitude = math.sqrt(float(np.mean([amplitude**2 for amplitude, _ in values])))
    return amplitude, math.sqrt(float(np.mean([sigma**2 for _, sigma in values])) / len(values))
