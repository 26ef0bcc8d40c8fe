"""The range that survey captures speak about: where their combs excite, not what folds in from beyond it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from acquisition.free_decay import pulses
from acquisition.reconstruction.teeth import tooth_spacing_samples
from acquisition.shot import Capture

HALF_WINDOW = 0.5
"""Half width of a comb's window in units of 1 / tooth length."""


def tooth_spacing_hz(captures: Iterable[Capture]) -> float | None:
    """Spacing of the comb's teeth in frequency, from the waveforms; None without a comb."""
    for capture in captures:
        spacing = tooth_spacing_samples(np.asarray(capture.waveform, dtype=np.complex128))
        if spacing:
            return capture.sample_rate_hz / spacing
    return None


def survey_bands_hz(captures: Sequence[Capture]) -> list[tuple[float, float]]:
    """(lowest, highest) absolute frequency of each capture's window and one tooth of its comb on either side.

    All that a capture received where its pulse is no comb.
    """
    return [_band_hz(capture) for capture in captures]


def inside(frequency_hz: float, bands_hz: Sequence[tuple[float, float]]) -> bool:
    """Whether a frequency lies in one of the bands."""
    return any(low <= frequency_hz <= high for low, high in bands_hz)


def _band_hz(capture: Capture) -> tuple[float, float]:
    rate, centre_hz = capture.sample_rate_hz, capture.centre_frequency_hz
    drive = np.asarray(capture.waveform, dtype=np.complex128)
    spacing = tooth_spacing_samples(drive)
    if not spacing:
        return centre_hz - rate / 2, centre_hz + rate / 2
    # The sweep is symmetric, so the mean step of the phase is the distance of the comb from the tuned frequency.
    step_rad = float(np.angle(np.vdot(drive[:-1], drive[1:])))
    comb_hz = centre_hz + step_rad * rate / (2.0 * np.pi)
    tooth_s = float(np.median([end - first for first, end in pulses(capture.waveform)])) / rate
    reach_hz = HALF_WINDOW / tooth_s + rate / spacing
    return comb_hz - reach_hz, comb_hz + reach_hz
