"""Signals far from the place that a narrow-band capture was made for: they need not be explained, only be gone.

A fit explains everything in its band, which takes long where dozens of carriers and sidebands are in it; none of them
matters to a line that is far from all of them. What is loud is taken out band by band, as modulated carriers are.
"""

from __future__ import annotations

import numpy as np

from acquisition.artefacts.modulated import loud_bins
from acquisition.artefacts.taking_out import without
from acquisition.shot import Capture

SIGNALS_LEAST = 4
"""So many signals far away are a crowd; fewer, as the wings of a strong line, are fitted like everything else."""

LOUD = 9.0
"""Power over noise from which on a bin belongs to a signal; of noise one in 8000 is so loud, which costs nothing."""

BRIDGED = 3
"""Bins between two loud ones up to which both belong to one signal."""

TRIES = 3


def without_crowd(capture: Capture, near_hz: float, reach_hz: float) -> Capture:
    """A capture without what is farther than `reach_hz` from a frequency if that is much; else the capture itself."""
    for attempt in range(TRIES):
        bands = _far_bands(capture, near_hz, reach_hz)
        if not bands or (attempt == 0 and len(bands) < SIGNALS_LEAST):
            break
        capture = without(capture, bands)
    return capture


def _far_bands(capture: Capture, near_hz: float, reach_hz: float) -> list[tuple[float, float]]:
    """The bands of absolute frequency, away from a place, that are above noise."""
    loud = np.fft.fftshift(loud_bins(capture, LOUD))
    step_hz = capture.sample_rate_hz / len(loud)
    frequency = capture.centre_frequency_hz + (np.arange(len(loud)) - len(loud) // 2) * step_hz
    places = np.flatnonzero(loud & (np.abs(frequency - near_hz) > reach_hz))
    if len(places) == 0:
        return []
    groups = np.split(places, np.flatnonzero(np.diff(places) > BRIDGED) + 1)
    return [(float(frequency[group[0]]), float(frequency[group[-1]])) for group in groups]
