"""Thresholds with a stated false-alarm rate, and probabilities of explanations."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Real = npt.NDArray[np.float64]


def log_tail(statistic: npt.ArrayLike, captures: npt.ArrayLike) -> Real:
    """-ln of the probability that noise alone gives at least this sum of statistics over so many captures.

    For one capture the statistic |<y, r>|^2 / (sigma^2 <r, r>) of complex noise is exponentially distributed, so this
    is the statistic itself; a sum over m captures follows a gamma distribution: P = exp(-T) sum_{i<m} T^i / i!.
    """
    value, count = np.asarray(statistic, dtype=np.float64), np.asarray(captures)
    if count.max(initial=1) <= 1:
        return np.broadcast_to(value, np.broadcast_shapes(value.shape, count.shape)).copy()
    value, count = np.broadcast_arrays(value, count)
    term, total = np.ones_like(value), np.ones_like(value)
    for order in range(1, int(count.max(initial=1))):
        term = term * value / order
        total = total + np.where(order < count, term, 0.0)
    return np.asarray(value - np.log(total))


def detection_threshold(false_alarms: float, band_hz: float, t2_stars_s: Sequence[float]) -> float:
    """Statistic above which noise puts `false_alarms` peaks on average in a search over band and decay times.

    The matched filter output over frequency is a complex Gaussian process; for a decay T2* its derivative has the
    variance (pi T2*)^2 relative to its own, and Rice's formula gives sqrt(pi) T2* sqrt(T) exp(-T) crossings of the
    level T per Hz. The decay times searched are added up as if they were independent, which errs on the safe side.
    """
    cells = math.sqrt(math.pi) * band_hz * sum(t2_stars_s)
    threshold = 10.0
    for _ in range(50):
        threshold = max(math.log(max(cells, 1.0) * math.sqrt(threshold) / false_alarms), 1.0)
    return threshold


def carrier_threshold(false_alarms: float, samples: int) -> float:
    """The same for a search of carriers in the Fourier transform of so many samples, twice oversampled."""
    return math.log(2.0 * max(samples, 1) / false_alarms)


def tooth_evidence(statistic: npt.ArrayLike, energy: npt.ArrayLike) -> Real:
    """ln of the likelihood of a line whose complex amplitude a is integrated over with the prior |a|^-3.

    With that prior lines of more than an amplitude are as frequent as its inverse. `statistic` is T of the matched
    filter and `energy` that of a response of amplitude 1, both over the noise: E^(1/2) T^(-3/2) exp(T). So a tooth
    where a line would have to be stronger to give as much is less likely.
    """
    value = np.asarray(statistic, dtype=np.float64)
    size = np.maximum(np.asarray(energy, dtype=np.float64), 1e-300)
    return np.asarray(value - 1.5 * np.log(np.maximum(value, 1.0)) + 0.5 * np.log(size))


def posterior_of_first(costs: Sequence[float]) -> float:
    """Probability of the first of several exclusive explanations that were equally likely before.

    `costs` are minus the logarithms of their likelihoods, e.g. RSS / sigma^2 for complex noise.
    """
    values = np.asarray(costs, dtype=np.float64)
    return float(1.0 / np.sum(np.exp(np.clip(values[0] - values, -700.0, 700.0))))
