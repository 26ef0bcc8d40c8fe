"""From signal energy to the probability of detection, and to the number of averages that it takes.

The statistic of a matched filter in complex white noise is half a non-central chi-square variable with two degrees of
freedom and the mean 1 + e, where e is the energy of the signal in the filter over the noise power of one sample. It
must exceed the threshold of `acquisition.reconstruction.statistics` for the stated false alarms. Captures whose phases
are unrelated add their statistics: two degrees of freedom for each of them.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from acquisition.reconstruction.detection import expected

Real = npt.NDArray[np.float64]


def threshold(false_alarms: float, span_hz: float) -> float:
    """-ln of the probability that noise may have at one place; that of the reconstruction for the whole range."""
    return expected(false_alarms, span_hz).snr ** 2


def probability(energy: npt.ArrayLike, log_tail: float, captures: int = 1) -> Real:
    """Probability that lines of these energies exceed a threshold, in so many captures of unrelated phase."""
    level = float(special.gammainccinv(captures, math.exp(-log_tail)))
    # The normal limit of the distribution is used where the exact one would underflow.
    value = np.asarray(energy, dtype=np.float64)
    exact = 1.0 - special.chndtr(2.0 * level, 2 * captures, 2.0 * np.minimum(value, 50.0 * level + 50.0))
    return np.asarray(np.where(value > 50.0 * level + 50.0, 1.0, exact), dtype=np.float64)


def scale_needed(energies: npt.ArrayLike, log_tail: float, wanted: float, captures: int = 1) -> float:
    """Factor on these energies (those of lines at representative places) with which the wanted part is detected.

    Infinite where no factor suffices because too many of the places hear nothing.
    """
    values = np.asarray(energies, dtype=np.float64).ravel()
    top = float(values.max(initial=0.0))
    if top <= 0.0 or float(np.mean(values > 1e-9 * top)) < wanted:
        return math.inf
    low, high = math.log(1.0 / top), math.log(1e6 * log_tail / top)
    for _ in range(40):
        middle = 0.5 * (low + high)
        if float(np.mean(probability(math.exp(middle) * values, log_tail, captures))) >= wanted:
            high = middle
        else:
            low = middle
    return math.exp(high)
