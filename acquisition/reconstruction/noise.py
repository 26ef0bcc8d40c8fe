"""Noise per sample, estimated from the data themselves."""

from __future__ import annotations

import math

import numpy as np

from acquisition.reconstruction.excitation import Complex, Real
from acquisition.reconstruction.record import Record


def residual_variance(record: Record, residual: Complex, fitted: int = 0) -> float:
    """Mean square of what is left in the received samples; `fitted` real parameters were taken out of them."""
    freedom = max(record.count - fitted / 2.0, 1.0)
    return float(np.sum(residual.real**2 + residual.imag**2)) / freedom


def in_band_variance(power: Real, independent: float) -> float:
    """Noise variance from matched-filter powers over frequency, each divided by the energy of its response.

    Such a power is exponentially distributed with mean sigma^2, so its median is sigma^2 ln 2; lines are sparse and do
    not move a median. This sees the noise where lines are looked for, which may be more than the mean over the band.
    The value returned is the lower end (two sigma) of what the median of so many independent values allows.
    """
    if len(power) < 100 or independent < 100:
        return 0.0
    estimate = float(np.median(power)) / math.log(2.0)
    return estimate * max(0.0, 1.0 - 2.0 / (math.log(2.0) * math.sqrt(independent)))
