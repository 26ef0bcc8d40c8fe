"""The correlation spectrum of captures without any search for lines: what people watch during a run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from acquisition.experiment import Spectrum
from acquisition.reconstruction.record import Record
from acquisition.shot import Capture
from acquisition.stitching import DrawnWindow, Phase, stitched, window_spectrum
from acquisition.survey_band import comb_centre_hz, windows_of


def quick_spectrum(captures: Sequence[Capture]) -> Spectrum:
    """The correlation spectrum of captures, each window by itself."""
    windows = [quick_window([captures[place] for place in window.captures]) for window in windows_of(captures)]
    return stitched([window for window in windows if window is not None])


class QuickLook:
    """The same for captures that come one after the other: only the window of the latest one is made anew."""

    def __init__(self) -> None:
        self._captures: list[Capture] = []
        self._drawn: dict[int, DrawnWindow] = {}

    def add(self, capture: Capture) -> None:
        """Take one more capture. Those of a window before the present one are not kept."""
        if self._captures and comb_centre_hz(self._captures[-1]) != comb_centre_hz(capture):
            self._captures.clear()
        self._captures.append(capture)
        window = quick_window(self._captures)
        if window is not None:
            self._drawn[round(window.comb_hz)] = window

    def spectrum(self) -> Spectrum | None:
        """The stitched spectrum; None before the first capture with data."""
        return stitched(list(self._drawn.values())) if self._drawn else None


def quick_window(captures: Sequence[Capture]) -> DrawnWindow | None:
    """The same of captures that have one comb; None where they hold no data. Their phases are taken as equal."""
    records = [
        record for record in (Record(capture) for capture in captures) if record.count and record.drive_scale > 0
    ]
    if not records:
        return None
    sigmas = np.asarray([math.sqrt(max(record.energy / record.count, 1e-300)) for record in records])
    spectrum = window_spectrum(records, [record.received for record in records], sigmas, captures[0])
    return DrawnWindow(comb_centre_hz(captures[0]), spectrum, Phase(0.0, known=False))
