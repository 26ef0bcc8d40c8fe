"""When queued runs will start and end, as ranges. Pure: order, windows and what happened before in, times out.

The queue is played through with the durations that runs have really had, relative to their plans. What cannot be
known (runs that others will submit, cancel or hold) shows in how earlier forecasts fared: each wait is given the spread
that the most similar earlier ones had, actual over foretold.
"""

from __future__ import annotations

import bisect
import datetime
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from webapp.facility.bookings.values import Window
from webapp.runs.queue.eligibility import places
from webapp.runs.queue.fairness import Candidate

COVERED = 0.95
"""Part of the similar past that a range spans. Of later runs fewer are within it, as habits change: nine in ten."""

SIMILAR = 60
"""Earlier forecasts that a range is made from, those of the most similar waits."""

SOFTENING_S = 20.0
"""Added to waits before they are compared, so that seconds do not count as factors."""

BETWEEN_RUNS_S = 1.0
"""From one run to the next: connecting, configuring, storing the last capture."""

_PRIOR = (0.4, 0.6, 0.8, 0.9, 1.0, 1.0, 1.1, 1.3, 1.7, 2.5)
"""What is taken for granted of actual over foretold before much has been seen."""

_RESERVE = (0.4, 2.5)
"""What stays possible however regular the past was."""

_PACE_PRIOR = (0.7, 1.0, 1.3)
"""The same of durations, actual over planned."""


@dataclass(frozen=True)
class Past:
    """A run that has been measured: what had been foretold when it was queued, what it then waited, and durations."""

    foretold_wait_s: float
    wait_s: float
    planned_s: float
    duration_s: float


@dataclass(frozen=True)
class Range:
    """`low` to `high` with the likeliest in between, seconds from now."""

    low_s: float
    middle_s: float
    high_s: float


@dataclass(frozen=True)
class Forecast:
    """Of one queued run: how many are measured before it, and when it starts and ends.

    `plain_wait_s` is the wait if no more came and plans held, from which the ranges are made.
    """

    ahead: int
    plain_wait_s: float
    starts: Range
    ends: Range

    def behind(self, runs: int) -> Forecast:
        """The same with so many more runs before it, whose time is in the wait already."""
        return replace(self, ahead=self.ahead + runs)


class Experience:
    """What earlier runs of an instrument, newest first, teach about later ones."""

    def __init__(self, past: Iterable[Past]) -> None:
        rows = list(past)
        ratios = [(_soft(row.foretold_wait_s), _soft(row.wait_s) / _soft(row.foretold_wait_s)) for row in rows]
        self._waits = sorted(ratios, key=lambda pair: pair[0])  # of equal waits those given first are taken first
        self._keys = [foretold for foretold, _ in self._waits]
        self._paces = sorted([row.duration_s / row.planned_s for row in rows if row.planned_s > 0] or [1.0])

    @property
    def pace(self) -> float:
        """Typical duration of a run relative to its plan."""
        return _quantile(self._paces, 0.5)

    def wait(self, foretold_s: float) -> Range:
        """The spread of a wait that the plans alone make `foretold_s`."""
        soft = _soft(foretold_s)
        seen = [ratio for _, ratio in self._similar(soft)]
        ratios = sorted([*seen, *(_PRIOR if len(seen) < SIMILAR else _RESERVE)])
        low, middle, high = (soft * _quantile(ratios, q) - SOFTENING_S for q in _quantiles())
        return Range(max(0.0, low), max(0.0, middle), max(0.0, high))

    def duration(self, planned_s: float) -> Range:
        """How long a run of this plan takes."""
        paces = sorted([*self._paces, *_PACE_PRIOR])
        return Range(*(planned_s * _quantile(paces, q) for q in _quantiles()))

    def _similar(self, soft_s: float) -> list[tuple[float, float]]:
        """The earlier waits nearest to this one, by ratio."""
        right = bisect.bisect_left(self._keys, soft_s)
        left = right
        while right - left < SIMILAR and (left > 0 or right < len(self._keys)):
            below = math.log(soft_s / self._keys[left - 1]) if left > 0 else math.inf
            above = math.log(self._keys[right] / soft_s) if right < len(self._keys) else math.inf
            if below <= above:
                left -= 1
            else:
                right += 1
        return self._waits[left:right]


def forecasts(
    order: Sequence[Candidate],
    windows: Sequence[Window],
    now: datetime.datetime,
    remaining_s: float,
    experience: Experience,
    wanted: Collection[int] | None = None,
) -> dict[int, Forecast]:
    """A forecast for every run of `order` that can be measured; `remaining_s` is left of what is measured now.

    With `wanted`, for the runs of these ids only; the queue is played no further than to the last of them.
    """
    found: dict[int, Forecast] = {}
    for ahead, (candidate, foretold_s) in enumerate(_play(order, windows, now, remaining_s, experience.pace)):
        if wanted is not None:
            if len(found) == len(wanted):
                break
            if candidate.run_id not in wanted:
                continue
        starts = experience.wait(foretold_s)
        takes = experience.duration(candidate.duration_s)
        ends = Range(starts.low_s + takes.low_s, starts.middle_s + takes.middle_s, starts.high_s + takes.high_s)
        found[candidate.run_id] = Forecast(ahead, foretold_s, starts, ends)
    return found


def _play(
    order: Sequence[Candidate], windows: Sequence[Window], now: datetime.datetime, remaining_s: float, pace: float
) -> Iterable[tuple[Candidate, float]]:
    """Each run with the seconds until it starts, if no more came and plans held."""
    left = list(order)
    elapsed_s = remaining_s
    while left:
        at = now + datetime.timedelta(seconds=elapsed_s)
        chosen = next((place for place, _one in places(left, windows, at)), None)
        if chosen is None:
            free_at = min(
                (window.ends_at for window in windows if window.ends_at and window.ends_at > at), default=None
            )
            if free_at is None:
                return  # what is left fits nowhere
            elapsed_s = (free_at - now).total_seconds()
            continue
        candidate = left.pop(chosen)
        yield candidate, elapsed_s
        elapsed_s += candidate.duration_s * pace + BETWEEN_RUNS_S


def _soft(wait_s: float) -> float:
    return max(0.0, wait_s) + SOFTENING_S


def _quantiles() -> tuple[float, float, float]:
    return (1.0 - COVERED) / 2.0, 0.5, (1.0 + COVERED) / 2.0


def _quantile(ordered: Sequence[float], part: float) -> float:
    """Linear interpolation between the order statistics of `ordered`, which is not empty."""
    place = part * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
