"""A facility's week, simulated: how often a run starts and ends within the range that it was told when it was queued.

The queue's own rules run it (fair order, bookings, forecasts); arrivals, durations, cancellations, failures, bookings
on short notice and an outage are drawn by chance. The week begins without any experience to learn from.
"""

from __future__ import annotations

import datetime
import math
import statistics
from dataclasses import dataclass

import numpy as np

from benchmarks.result import Result
from webapp.facility.bookings.values import Window
from webapp.runs.queue.eligibility import eligible
from webapp.runs.queue.fairness import Candidate, Share, fair_order
from webapp.runs.queue.forecast import BETWEEN_RUNS_S, Experience, Forecast, Past, forecasts

START = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)
WEEK_S = 7 * 86_400.0
WEEKS = 6
GROUPS = 6
HALF_LIFE_S = 72 * 3600.0
REMEMBERED = 300
BURSTS_AN_HOUR_BY_DAY, BURSTS_AN_HOUR_BY_NIGHT = 1.3, 0.3
RUNS_IN_A_BURST = 4.0
MEDIAN_PLAN_S = 300.0
CANCELLED, FAILED, URGENT = 0.08, 0.05, 0.02
PLAIN_MARGIN = 0.3


@dataclass(frozen=True)
class _Arrival:
    at_s: float
    candidate: Candidate
    takes_s: float
    complete: bool
    cancelled_at_s: float


@dataclass(frozen=True)
class _Told:
    at_s: float
    forecast: Forecast


@dataclass(frozen=True)
class _Outcome:
    """Of one run that was measured: whether the ranges held, and how wide the first was relative to the wait."""

    start_held: bool
    end_held: bool
    plain_held: bool
    width: float


def run() -> Result:
    by_week = [simulate(seed) for seed in range(WEEKS)]
    outcomes = [outcome for week in by_week for outcome in week]
    covered = statistics.fmean(one.start_held for one in outcomes)
    plain = statistics.fmean(one.plain_held for one in outcomes)
    extra: dict[str, float | int | str] = {
        "ends_within_range": round(statistics.fmean(one.end_held for one in outcomes), 3),
        "plain_range": round(plain, 3),
        "median_width_over_wait": round(statistics.median(one.width for one in outcomes), 2),
        "worst_week": round(min(statistics.fmean(one.start_held for one in week) for week in by_week), 3),
        "runs": len(outcomes),
        "weeks": WEEKS,
    }
    against = "the sum of the plans before it, give or take 30 %"
    return Result(
        "eta_week", covered, "fraction of runs that start within the range told", against, covered / plain, extra
    )


def simulate(seed: int) -> list[_Outcome]:
    """One week of one instrument."""
    rng = np.random.default_rng([seed, 20260302])
    arrivals = _arrivals(rng)
    reserved = _reservations(rng)  # (known from, window)
    waiting: dict[int, _Arrival] = {}
    told: dict[int, _Told] = {}
    past: list[Past] = []
    had: dict[int, tuple[float, float]] = {}
    outcomes: list[_Outcome] = []
    now_s, free_at_s = 0.0, 0.0
    running: _Arrival | None = None
    while now_s < WEEK_S:
        while arrivals and arrivals[0].at_s <= now_s:
            new = arrivals.pop(0)
            waiting[new.candidate.run_id] = new
            planned_end_s = free_at_s - (running.takes_s - running.candidate.duration_s if running else 0.0)
            remaining_s = max(0.0, planned_end_s - now_s) if running else 0.0
            known = forecasts(
                list(fair_order(_queued(waiting), _shares(had, now_s))), _windows(reserved, now_s), _time(now_s),
                remaining_s, Experience(reversed(past[-REMEMBERED:])),
            ).get(new.candidate.run_id)  # fmt: skip
            if known is not None:
                told[new.candidate.run_id] = _Told(now_s, known)
        for run_id in [run_id for run_id, one in waiting.items() if one.cancelled_at_s <= now_s]:
            del waiting[run_id]
        if now_s >= free_at_s:
            running = None
            order = fair_order(_queued(waiting), _shares(had, now_s))
            chosen = next(eligible(order, _windows(reserved, now_s), _time(now_s)), None)
            if chosen is not None:
                running = waiting.pop(chosen.run_id)
                free_at_s = now_s + running.takes_s + BETWEEN_RUNS_S
                had[chosen.group_id] = (_faded(had, chosen.group_id, now_s) + running.takes_s, now_s)
                if chosen.run_id in told:
                    outcomes.append(_judge(told[chosen.run_id], now_s, running))
                    past.append(_lesson(told[chosen.run_id], now_s, running))
        now_s = _next_event_s(now_s, free_at_s, arrivals, waiting, reserved, running)
    return outcomes


def _arrivals(rng: np.random.Generator) -> list[_Arrival]:
    """Bursts of runs of one group each; most of them by day."""
    found: list[_Arrival] = []
    at_s = 0.0
    while True:
        by_day = 8 * 3600.0 <= at_s % 86_400.0 <= 19 * 3600.0 and at_s < 5 * 86_400.0
        rate = BURSTS_AN_HOUR_BY_DAY if by_day else BURSTS_AN_HOUR_BY_NIGHT
        at_s += float(rng.exponential(3600.0 / rate))
        if at_s >= WEEK_S:
            return found
        group = int(rng.integers(GROUPS))
        habit = float(rng.lognormal(0.0, 0.25))  # what these people's plans are off by
        for _ in range(int(rng.geometric(1.0 / RUNS_IN_A_BURST))):
            planned_s = float(np.clip(rng.lognormal(math.log(MEDIAN_PLAN_S), 0.9), 20.0, 4 * 3600.0))
            complete = float(rng.random()) > FAILED
            ratio = (
                float(np.clip(habit * rng.lognormal(0.0, 0.2), 0.3, 2.0)) if complete else float(rng.uniform(0.0, 0.5))
            )
            cancelled_at_s = at_s + float(rng.exponential(3600.0)) if rng.random() < CANCELLED else math.inf
            priority = 1 if rng.random() < URGENT else 0
            candidate = Candidate(len(found), group, planned_s, 2.0 * planned_s, priority)
            found.append(_Arrival(at_s, candidate, ratio * planned_s, complete, cancelled_at_s))


def _reservations(rng: np.random.Generator) -> list[tuple[float, Window]]:
    """Two bookings on each working day, half of them on short notice, and one outage that nobody saw coming."""
    found: list[tuple[float, Window]] = []
    for day in range(5):
        for begin_h in (9.0, 14.0):
            begin_s = day * 86_400.0 + (begin_h + float(rng.uniform(0, 2))) * 3600.0
            known_s = begin_s - float(rng.exponential(3 * 3600.0)) if rng.random() < 0.5 else 0.0
            end_s = begin_s + float(rng.uniform(1, 3)) * 3600.0
            found.append((known_s, Window(_time(begin_s), _time(end_s), int(rng.integers(GROUPS)))))
    begin_s = float(rng.uniform(1, 5)) * 86_400.0
    found.append((begin_s, Window(_time(begin_s), _time(begin_s + 2 * 3600.0), None)))
    return found


def _judge(told: _Told, started_s: float, one: _Arrival) -> _Outcome:
    wait_s, known = started_s - told.at_s, told.forecast
    ends_s = wait_s + one.takes_s
    plain_s = known.plain_wait_s
    return _Outcome(
        start_held=known.starts.low_s <= wait_s <= known.starts.high_s,
        end_held=known.ends.low_s <= ends_s <= known.ends.high_s,
        plain_held=(1 - PLAIN_MARGIN) * plain_s <= wait_s <= (1 + PLAIN_MARGIN) * plain_s,
        width=(known.starts.high_s - known.starts.low_s) / max(wait_s, 60.0),
    )


def _lesson(told: _Told, started_s: float, one: _Arrival) -> Past:
    planned_s = one.candidate.duration_s if one.complete else 0.0
    return Past(told.forecast.plain_wait_s, started_s - told.at_s, planned_s, one.takes_s)


def _queued(waiting: dict[int, _Arrival]) -> list[Candidate]:
    return [one.candidate for one in waiting.values()]


def _shares(had: dict[int, tuple[float, float]], now_s: float) -> dict[int, Share]:
    return {group: Share(_faded(had, group, now_s)) for group in had}


def _faded(had: dict[int, tuple[float, float]], group: int, now_s: float) -> float:
    used_s, at_s = had.get(group, (0.0, now_s))
    return float(used_s * 0.5 ** ((now_s - at_s) / HALF_LIFE_S))


def _windows(reserved: list[tuple[float, Window]], now_s: float) -> list[Window]:
    """What is known at this time of what is not over yet."""
    now = _time(now_s)
    return [window for known_s, window in reserved if known_s <= now_s and window.ends_at and window.ends_at > now]


def _next_event_s(
    now_s: float,
    free_at_s: float,
    arrivals: list[_Arrival],
    waiting: dict[int, _Arrival],
    reserved: list[tuple[float, Window]],
    running: _Arrival | None,
) -> float:
    """The next time at which something can change: an arrival, the end of a run, or, if runs wait, of a window."""
    following = [arrivals[0].at_s] if arrivals else []
    if running is not None:
        following.append(free_at_s)
    elif waiting:
        ends = [(window.ends_at - START).total_seconds() for _, window in reserved if window.ends_at]
        following += [end_s for end_s in ends if end_s > now_s]
    return min((at_s for at_s in following if at_s > now_s), default=WEEK_S)


def _time(at_s: float) -> datetime.datetime:
    return START + datetime.timedelta(seconds=at_s)
