"""Which frequencies a pulse excites: the one rule by which the planner lays out shots and the driver refuses them."""

from __future__ import annotations

import numpy as np
from scipy import fft

from acquisition.shot import ComplexArray

ENERGY_IN_BAND = 0.75
"""Share of the pulse's energy in its band; an eighth may miss on either side. For a rectangular pulse of length T this
is +-0.48 / T, its half-power band."""

_SPECTRUM_POINTS_MIN = 4096
"""A short pulse is padded to this length: its band would else be known to no better than 1 / its length."""


def excited_band_hz(waveform: ComplexArray, sample_rate_hz: float) -> tuple[float, float]:
    """Lowest and highest offset (Hz) of the band that holds three quarters of the waveform's energy.

    Offsets are relative to the centre frequency, and lie within half the sampling rate of it. The waveform, shape (n,),
    must not be zero everywhere.
    """
    points = fft.next_fast_len(max(len(waveform), _SPECTRUM_POINTS_MIN))
    power = np.abs(fft.fftshift(fft.fft(waveform, points))).astype(np.float64) ** 2
    share = np.cumsum(power) / np.sum(power)
    offsets = fft.fftshift(fft.fftfreq(points, 1 / sample_rate_hz))
    margin = (1 - ENERGY_IN_BAND) / 2
    low = int(np.searchsorted(share, margin))
    high = int(np.searchsorted(share, 1 - margin))
    return float(offsets[low]), float(offsets[min(high, points - 1)])
