"""How much longer the planner's choice takes than the best of the three methods, over a grid of what may be measured.

At each point the planner lays out a survey, sequential and interleaved stepping and recommends one. Then the time of
each to the same detection is measured in the simulated spins (`benchmarks._spins`), which know nothing of the planner's
formulae; overheads are those of the instrument. RASGADO_GRID=5 takes five values of each quantity instead of three.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import os
import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from acquisition.limits import InstrumentLimits
from acquisition.methods.stepped import SteppedParameters
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.planning import Comparison, Goal, Proposal, compare
from acquisition.planning.overheads import Overheads
from benchmarks import _spins
from benchmarks.result import Result

CENTRE_HZ = 28e6
T1_S = (1e-3, 1.0)
T2_STAR_S = (50e-6, 2e-3)
NUTATION_HZ = (2e3, 50e3)
SPAN_HZ = (0.2e6, 10e6)
PLACES = 12
SEED = 1
NAMES = ("survey", "sequential", "interleaved")


@dataclass(frozen=True)
class Point:
    """What was measured at one place of the grid: method's name to seconds (only methods that reach the goal)."""

    goal: Goal
    chosen: str
    measured_s: dict[str, float]
    planned_s: dict[str, float]
    bound_s: float

    @property
    def regret(self) -> float:
        return self.measured_s.get(self.chosen, math.inf) / min(self.measured_s.values())

    @property
    def best(self) -> str:
        return min(self.measured_s, key=lambda name: self.measured_s[name])


def grid(count: int) -> list[Goal]:
    """Goals on a logarithmic grid of so many values of each quantity."""
    axes = [np.geomspace(low, high, count).tolist() for low, high in (T1_S, T2_STAR_S, NUTATION_HZ, SPAN_HZ)]
    return [
        Goal(centre_frequency_hz=CENTRE_HZ, t1_s=t1, t2_star_s=t2, nutation_frequency_hz=nutation, span_hz=span)
        for t1, t2, nutation, span in itertools.product(*axes)
    ]


def measure(goal: Goal, places: int = PLACES) -> Point:
    """Plan a goal, then measure all three methods as planned, with lines at so many places of a window."""
    limits = dataclasses.replace(InstrumentLimits(), nutation_frequency_hz=goal.nutation_frequency_hz)
    comparison = compare(goal, limits)
    measured_s = {}
    for proposal in comparison.proposals:
        time_s = time_of(proposal, comparison, limits, places)
        if time_s is not None:
            measured_s[proposal.name] = time_s
    planned_s = {proposal.name: proposal.duration_s for proposal in comparison.proposals}
    return Point(goal, comparison.recommended.name, measured_s, planned_s, comparison.bound_s)


def time_of(proposal: Proposal, comparison: Comparison, limits: InstrumentLimits, places: int) -> float | None:
    """Instrument time in seconds that a proposal's settings really take to the goal; None if they never reach it."""
    setting = setting_of(proposal, limits)
    needed = _spins.averages_for(setting, comparison.goal, limits, places, SEED, 2 * proposal.averages)
    return None if needed is None else setting.duration_s(needed)


def setting_of(proposal: Proposal, limits: InstrumentLimits) -> _spins.Setting:
    """The shots that a proposal's method plays."""
    overheads = Overheads.of(limits)
    if proposal.method == "survey":
        return _spins.survey_setting(SurveyParameters(**proposal.parameters), limits, overheads)
    return _spins.stepped_setting(SteppedParameters(**proposal.parameters), limits, overheads)


def run() -> Result:
    """Worst regret over the grid; ratio is the same, the best method being what it is compared with."""
    goals = grid(int(os.environ.get("RASGADO_GRID", "3")))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        points = list(pool.map(measure, goals))
    worst = max(points, key=lambda point: point.regret)
    extra: dict[str, float | int | str] = {
        "points": len(points),
        "median": round(statistics.median(point.regret for point in points), 3),
        "stepping_wins": sum(point.best != "survey" for point in points),
        "sequential_wins": sum(point.best == "sequential" for point in points),
        "interleaved_wins": sum(point.best == "interleaved" for point in points),
        "worst_at": describe(worst),
    }
    for name in NAMES:
        known = [point for point in points if name in point.measured_s]
        extra[f"{name}_over_bound"] = _quartered([point.measured_s[name] / point.bound_s for point in known])
        extra[f"{name}_planned_over_measured"] = _quartered(
            [point.planned_s[name] / point.measured_s[name] for point in known]
        )
    regret = worst.regret
    return Result("planner_regret", regret, "worst over the grid", "best of the three methods there", regret, extra)


def _quartered(values: list[float]) -> str:
    """Least, median and largest."""
    return " / ".join(f"{value:.3g}" for value in np.quantile(values, (0.0, 0.5, 1.0)))


def describe(point: Point) -> str:
    """A point of the grid in words."""
    goal = point.goal
    return (
        f"T1 {1e3 * goal.t1_s:.3g} ms, T2* {1e6 * goal.t2_star_s:.3g} us, "
        f"B1 {goal.nutation_frequency_hz / 1e3:.3g} kHz, "
        f"span {goal.span_hz / 1e6:.3g} MHz: {point.chosen} chosen, {point.best} best"
    )
