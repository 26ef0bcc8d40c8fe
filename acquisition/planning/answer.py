"""The answer of a line to repeated shots, and how many of them it takes to detect it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acquisition.planning.powder import series, summed

Real = npt.NDArray[np.float64]
Index = tuple[np.intp, ...]

AVERAGES_LOG2_MAX = 23
CYCLE = 4
"""Averages come in whole phase cycles."""

EDGE = 1.16
"""Standard deviations of amplitude above the threshold for 95 %: sqrt(2 e) - sqrt(2 T) = 1.64, in units of sqrt(e)."""


@dataclass(frozen=True, eq=False)
class Answer:
    """Lines at p places under settings of any shape (...).

    `unit` (..., p) is the detection statistic of a decay of amplitude 1; `transverse` (..., p, o), real or complex, is
    what a pulse makes of unit magnetisation in each orientation, weighted with its pick-up; `cosine` (..., p, o) is
    what it leaves of it; `recovery` (...) is exp(-TR / T1).
    """

    unit: Real
    transverse: npt.NDArray[np.float64] | npt.NDArray[np.complex128]
    cosine: Real
    recovery: Real

    def energy(self, shots: Real | float) -> Real:
        """Mean detection statistic (..., p) of the coherent average of so many shots from equilibrium on."""
        number = np.asarray(shots, dtype=np.float64)[..., None, None]
        turn, total = series(self.cosine, self.recovery[..., None, None], number)
        return self.of_sum(summed(turn, total, 1.0), number[..., 0])

    def of_sum(self, total: Real, averages: Real | float) -> Real:
        """The same where `total` (..., p, o) is the longitudinal magnetisation summed over the averages."""
        amplitude = np.sum(self.transverse * total, axis=-1)
        return np.asarray(self.unit * np.abs(amplitude) ** 2 / averages)


def typical_averages(answer: Answer, log_tail: float, quantile: float = 0.15) -> Real:
    """About how many shots in one series detect a line at a poorly heard place; for ranking settings. Shape (...)."""
    wanted = (math.sqrt(log_tail) + EDGE) ** 2
    averages = np.full(answer.recovery.shape, 1e5)
    for _ in range(3):
        energy = np.quantile(answer.energy(averages), quantile, axis=-1)
        averages = np.clip(averages * wanted / np.maximum(energy, 1e-12), CYCLE, 1e9)
    return CYCLE * np.ceil(averages / CYCLE)


def averages_needed(detected: Callable[[int], Real], wanted: float) -> int | None:
    """Least number of averages, in whole cycles, whose mean probability over the places is the wanted one."""

    def enough(cycles: int) -> bool:
        return float(np.mean(detected(CYCLE * cycles))) >= wanted

    high = 1
    while not enough(high):
        high *= 2
        if high > 1 << AVERAGES_LOG2_MAX:
            return None
    low = high // 2
    while high - low > max(1, low // 200):
        middle = (low + high) // 2
        if enough(middle):
            high = middle
        else:
            low = middle
    return CYCLE * high
