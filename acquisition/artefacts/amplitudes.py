"""How strongly a line is heard in captures of a kind, without fitting its place again."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from acquisition.free_decay import free_decay
from acquisition.lines import Line
from acquisition.shot import Capture

ONE_SIDED = 0.5
"""A signal counts as missing below this fraction of what it should be, three standard deviations granted."""


def heard(line: Line, captures: Sequence[Capture]) -> list[tuple[float, float]]:
    """(amplitude, standard deviation) of a line of this frequency and width after the pulse of each capture."""
    decays = [free_decay(capture, line.frequency_hz, line.fwhm_hz) for capture in captures]
    return [decay.amplitude(line) for decay in decays if decay is not None]


def root_mean_square(values: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """(amplitude, sigma) over captures of the same tuning, whose phases are unrelated."""
    amplitude = math.sqrt(float(np.mean([amplitude**2 for amplitude, _ in values])))
    return amplitude, math.sqrt(float(np.mean([sigma**2 for _, sigma in values])) / len(values))
