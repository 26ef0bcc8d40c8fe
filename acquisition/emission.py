"""What a pulse sends outside the band that it is meant for: whether it stays out of bands where nothing may be sent.

A pulse keeps out of a band when all of this is true there:

* its energy is at most a stated share of the whole (`InstrumentLimits.forbidden_share_max`);
* its energy density is nowhere within 20 dB of its largest anywhere;
* its centre frequency does not lie there: a radio's oscillator leaks, if only a little, while it is on.

The rule is ours. It looks at the samples, so it knows nothing beyond half the sampling rate of the centre frequency,
where the radio's filters suppress images of the spectrum, and nothing of harmonics that an amplifier adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import fft

from acquisition.shot import ComplexArray

FloatArray = npt.NDArray[np.float64]
Band = tuple[float, float]

BELOW_STRONGEST = 100.0
"""In a forbidden band a pulse is at least this factor of energy density (20 dB) below its strongest frequency."""

_POINTS_MIN = 4096
_PLACES_MAX = 4000


class Emission:
    """The energy spectrum of one waveform (n,), as offsets in Hz from its centre frequency; not zero everywhere."""

    def __init__(self, waveform: ComplexArray, sample_rate_hz: float) -> None:
        # Twice the length: between the points of an unpadded spectrum a pure tone can hide 3.9 dB, here 0.9 dB.
        points = fft.next_fast_len(max(2 * len(waveform), _POINTS_MIN))
        density = np.abs(fft.fftshift(fft.fft(waveform, points))).astype(np.float64) ** 2
        self._step_hz = sample_rate_hz / points
        # Point k stands for half a step to either side, so edges are where one point's share ends.
        self._edges_hz: FloatArray = (np.arange(points + 1, dtype=np.float64) - points // 2 - 0.5) * self._step_hz
        self._below = np.concatenate([[0.0], np.cumsum(density)]) / np.sum(density)
        self._loud_below = np.concatenate([[0], np.cumsum(density * BELOW_STRONGEST >= np.max(density))])

    def share(self, low_hz: npt.ArrayLike, high_hz: npt.ArrayLike) -> FloatArray:
        """Fraction of the energy between these offsets."""
        low, high = (np.interp(np.asarray(edge), self._edges_hz, self._below) for edge in (low_hz, high_hz))
        return np.asarray(high - low, dtype=np.float64)

    def is_loud(self, low_hz: npt.ArrayLike, high_hz: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether the density anywhere between these offsets is within 20 dB of the largest."""
        low = np.clip(np.searchsorted(self._edges_hz, low_hz, side="right") - 1, 0, len(self._edges_hz) - 1)
        high = np.clip(np.searchsorted(self._edges_hz, high_hz, side="left"), 0, len(self._edges_hz) - 1)
        return np.asarray(self._loud_below[high] > self._loud_below[low], dtype=np.bool_)

    @cached_property
    def loud_band_hz(self) -> Band:
        """Lowest and highest offset whose density is within 20 dB of the largest."""
        loud = np.flatnonzero(np.diff(self._loud_below))
        return float(self._edges_hz[loud[0]]), float(self._edges_hz[loud[-1] + 1])

    def keeps_out(self, centre_hz: npt.ArrayLike, band_hz: Band, share_max: float) -> npt.NDArray[np.bool_]:
        """Whether the pulse, centred at each of these frequencies, keeps out of an absolute band."""
        centre = np.asarray(centre_hz, dtype=np.float64)
        low, high = band_hz[0] - centre, band_hz[1] - centre
        inside = (low <= 0.0) & (high >= 0.0)
        return np.asarray(~inside & ~self.is_loud(low, high) & (self.share(low, high) <= share_max), dtype=np.bool_)

    def nearest_allowed_hz(
        self, centre_hz: float, bands_hz: Sequence[Band], share_max: float, within_hz: Band
    ) -> float | None:
        """The centre frequency nearest to this one, in an absolute range, at which every band is kept out of.

        Looked for in steps of at least a point of the spectrum, so it may be one step further off than need be.
        """
        low, high = within_hz
        if not low <= high:
            return None
        farthest_hz = max(centre_hz - low, high - centre_hz, 0.0)
        step_hz = max(self._step_hz, farthest_hz / _PLACES_MAX)
        away_hz = np.arange(1, int(farthest_hz / step_hz) + 2) * step_hz
        places = np.stack([centre_hz - away_hz, centre_hz + away_hz], axis=1).ravel()
        places = places[(places >= low) & (places <= high)]
        allowed = np.ones(len(places), dtype=bool)
        for band_hz in bands_hz:
            allowed &= self.keeps_out(places, band_hz, share_max)
        found = np.flatnonzero(allowed)
        return float(places[found[0]]) if len(found) else None
