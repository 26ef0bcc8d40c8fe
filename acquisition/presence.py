"""How strongly something is seen near a frequency in free decays: a matched filter, without fitting anything.

Cheap enough to ask everywhere, so that fits are only made where there is something to fit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import fft

from acquisition.free_decay import FreeDecay
from acquisition.reconstruction.statistics import detection_threshold, log_tail

Complex = npt.NDArray[np.complex128]

T2_STARS_S = (30e-6, 100e-6, 300e-6, 1e-3)
"""Decay times looked for; between two of them the matched filter keeps 93 % of its power."""

POINTS_PER_WIDTH = 3


def presence(decays: Sequence[FreeDecay], near_hz: float, half_width_hz: float) -> float:
    """-ln of the probability that noise gives as much power at one place, at the best place and decay time.

    The power is summed over captures, because their phases are unrelated. The noise of each capture is the median of
    its power spectrum, which lines do not move.
    """
    if not decays:
        return 0.0
    received = [decay.data for decay in decays]
    variances = [float(np.median(np.abs(np.fft.fft(data)) ** 2)) / (len(data) * math.log(2.0)) for data in received]
    best = 0.0
    for t2_star_s in T2_STARS_S:
        spacing_hz = 1.0 / (math.pi * t2_star_s * POINTS_PER_WIDTH)
        steps = math.ceil(half_width_hz / spacing_hz)
        frequencies = near_hz + np.linspace(-half_width_hz, half_width_hz, 2 * steps + 1)
        total = np.zeros(len(frequencies))
        for decay, data, variance in zip(decays, received, variances, strict=True):
            count = min(len(data), math.ceil(6.0 * t2_star_s * decay.rate_hz))
            time_s = np.arange(1, count + 1) / decay.rate_hz
            envelope = np.exp(-time_s / t2_star_s)
            step_hz = 2.0 * half_width_hz / max(len(frequencies) - 1, 1)
            first_hz = float(frequencies[0]) - decay.centre_hz
            products = _chirp_transform(
                envelope * data[:count], first_hz / decay.rate_hz, step_hz / decay.rate_hz, len(frequencies)
            )
            total += np.abs(products) ** 2 / (float(np.sum(envelope**2)) * max(variance, 1e-300))
        best = max(best, float(np.max(log_tail(total, len(decays)))))
    return best


def presence_threshold(false_alarms: float, half_width_hz: float) -> float:
    """The presence that noise exceeds with this expected number of peaks within the range."""
    return detection_threshold(false_alarms, 2.0 * half_width_hz, T2_STARS_S)


def _chirp_transform(values: Complex, first: float, step: float, count: int) -> Complex:
    """sum_n values[n] exp(-2 pi i (first + k step) n) for k < count, by three fast transforms (Bluestein 1970).

    `first` and `step` in turns a sample: n k = (n^2 + k^2 - (k - n)^2) / 2 makes the sum a convolution with a chirp.
    """
    n, k = np.arange(len(values)), np.arange(count)
    lag = np.arange(-len(values) + 1, count)
    size = fft.next_fast_len(len(values) + len(lag))
    turned = values * np.exp(-2j * np.pi * (first * n + 0.5 * step * n.astype(np.float64) ** 2))
    chirp = np.exp(1j * np.pi * step * lag.astype(np.float64) ** 2)
    convolved = fft.ifft(fft.fft(turned, size) * fft.fft(chirp, size))[len(values) - 1 : len(values) - 1 + count]
    return np.asarray(convolved * np.exp(-1j * np.pi * step * k.astype(np.float64) ** 2))
