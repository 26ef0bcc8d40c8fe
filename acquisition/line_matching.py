"""Whether a list of observed frequencies is that of a known list: paired one to one, scored, with what is missing.

For each known line that could have been seen the observer sees it with probability p, at a Gaussian distance of sigma
from where it is known to be; frequencies of other origin lie anywhere, `FOREIGN_PER_HZ` of them per hertz. The score is
the logarithm of how much better the known list explains the observed one than chance does:

    score = sum over pairs [ln p + ln N(difference; sigma) - ln FOREIGN_PER_HZ] + sum over missing lines ln(1 - p).

The model is ours; scores are for ranking, not probabilities. Lines beyond the observed range were not looked for, so
they do not count as missing; nor does a line so near to a peak that another line explains that both could be it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

SEEN = 0.8
"""Probability that a line that exists is in the list of what was observed."""

FOREIGN_PER_HZ = 1e-6
"""Observed frequencies of other origin: about one per megahertz."""

REACH = 2.0
"""Pairs lie at most so many standard deviations apart."""


@dataclass(frozen=True)
class Pair:
    """Observed frequency `peak` is known line `line` (places in their lists); difference is observed minus known."""

    peak: int
    line: int
    difference_hz: float


@dataclass(frozen=True)
class Match:
    """How a known list fits the observed one. `missing` and `unexplained` are places in the known and observed list."""

    score: float
    pairs: tuple[Pair, ...]
    missing: tuple[int, ...]
    unexplained: tuple[int, ...]


def match(
    peaks_hz: Sequence[float],
    lines_hz: Sequence[float],
    sigmas_hz: Sequence[float],
    searched_hz: tuple[float, float] | None = None,
) -> Match:
    """Pair observed frequencies (m,) with known ones (n,) of standard deviations (n,) so that the score is highest.

    `searched_hz` is the range in which a line would have been seen; without it, that of the peaks. O(m n (m + n)).
    """
    peaks, lines = np.asarray(peaks_hz, dtype=np.float64), np.asarray(lines_hz, dtype=np.float64)
    sigmas = np.asarray(sigmas_hz, dtype=np.float64)
    if not len(peaks) or not len(lines):
        return Match(0.0, (), (), tuple(range(len(peaks))))
    low, high = searched_hz or (float(peaks.min()), float(peaks.max()))
    could_be_seen = (lines >= low - sigmas) & (lines <= high + sigmas)
    differences = peaks[:, None] - lines[None, :]
    gains = _gains(differences, sigmas, could_be_seen)
    pairs = tuple(
        Pair(int(i), int(k), float(differences[i, k]))
        for i, k in zip(*linear_sum_assignment(gains, maximize=True), strict=True)
        if gains[i, k] > 0
    )
    explained = [pair.peak for pair in pairs]
    taken = {pair.line for pair in pairs}
    hidden = (np.abs(differences[explained]) <= REACH * sigmas).any(axis=0)
    missing = tuple(int(k) for k in np.flatnonzero(could_be_seen & ~hidden) if k not in taken)
    # The gain of a pair holds what its line would cost if it were missing, so here the lines of pairs cost that too.
    costs = (len(missing) + sum(bool(could_be_seen[line]) for line in taken)) * math.log(1.0 - SEEN)
    score = costs + sum(float(gains[pair.peak, pair.line]) for pair in pairs)
    return Match(score, pairs, missing, tuple(i for i in range(len(peaks)) if i not in explained))


def _gains(
    differences_hz: npt.NDArray[np.float64], sigmas_hz: npt.NDArray[np.float64], could_be_seen: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """What each pair (m, n) adds to the score of a list with all lines missing; 0 where no pair is to be made."""
    turned = differences_hz / sigmas_hz
    density = -0.5 * turned**2 - np.log(sigmas_hz * math.sqrt(2 * math.pi))
    missing = np.where(could_be_seen, math.log(1.0 - SEEN), 0.0)
    gains = math.log(SEEN) + density - math.log(FOREIGN_PER_HZ) - missing
    return np.where((np.abs(turned) <= REACH) & (gains > 0), gains, 0.0)
