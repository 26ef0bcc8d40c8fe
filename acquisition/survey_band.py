"""The range that survey captures speak about: where their combs excite, not what folds in from beyond it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from acquisition.free_decay import pulses
from acquisition.reconstruction.teeth import tooth_spacing_samples
from acquisition.shot import Capture

HALF_WINDOW = 0.5
"""Half width of a comb's window in units of 1 / tooth length."""

HALF_FLAT_BAND = 0.4
"""Half width, in units of the sampling rate, of the band over which receivers are flat: no window is wider."""

SAME_WINDOW = 0.5
"""Combs whose middles are closer than this, in tooth spacings, are the same window."""


@dataclass(frozen=True)
class SurveyWindow:
    """Captures (places in the list of all, in order) with the same comb, whose middle is at `comb_hz`."""

    comb_hz: float
    captures: tuple[int, ...]


def windows_of(captures: Sequence[Capture]) -> list[SurveyWindow]:
    """The windows of survey captures by rising frequency."""
    same_hz = SAME_WINDOW * (tooth_spacing_hz(captures) or 1.0)
    found: list[tuple[float, list[int]]] = []
    for comb_hz, place in sorted((comb_centre_hz(capture), place) for place, capture in enumerate(captures)):
        if found and comb_hz - found[-1][0] < same_hz:
            found[-1][1].append(place)
        else:
            found.append((comb_hz, [place]))
    return [SurveyWindow(comb_hz, tuple(sorted(places))) for comb_hz, places in found]


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


def comb_centre_hz(capture: Capture) -> float:
    """Absolute frequency of the middle of what a capture excites: of the comb, or of whatever pulse it is."""
    drive = np.asarray(capture.waveform, dtype=np.complex128)
    # The sweep is symmetric, so the mean step of the phase is the distance of the comb from the tuned frequency. Teeth
    # of one sample have no step: they excite the whole band alike, wherever the comb was meant to be.
    product = complex(np.vdot(drive[:-1], drive[1:]))
    step_rad = float(np.angle(product)) if product != 0 else 0.0
    return capture.centre_frequency_hz + step_rad * capture.sample_rate_hz / (2.0 * np.pi)


def window_hz(capture: Capture) -> tuple[float, float]:
    """(lowest, highest) absolute frequency of a capture's window; all that it received where its pulse is no comb."""
    return _band_hz(capture, 0.0)


def _band_hz(capture: Capture, further_teeth: float = 1.0) -> tuple[float, float]:
    rate, centre_hz = capture.sample_rate_hz, capture.centre_frequency_hz
    drive = np.asarray(capture.waveform, dtype=np.complex128)
    spacing = tooth_spacing_samples(drive)
    if not spacing:
        return centre_hz - rate / 2, centre_hz + rate / 2
    comb_hz = comb_centre_hz(capture)
    tooth_s = float(np.median([end - first for first, end in pulses(capture.waveform)])) / rate
    reach_hz = min(HALF_WINDOW / tooth_s, HALF_FLAT_BAND * rate) + further_teeth * rate / spacing
    return comb_hz - reach_hz, comb_hz + reach_hz
