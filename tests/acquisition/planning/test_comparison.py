"""The comparison: what it recommends where, what is refused, and that its times come true in the simulated spins."""

from __future__ import annotations

import dataclasses

import pytest

from acquisition.errors import InvalidParameters
from acquisition.limits import InstrumentLimits
from acquisition.methods import get
from acquisition.methods.parameters import parse
from acquisition.planning import Goal, compare
from benchmarks import planner_regret

REFERENCE = Goal(centre_frequency_hz=28e6, span_hz=1e6)


def test_every_proposal_can_be_submitted() -> None:
    comparison = compare(REFERENCE, InstrumentLimits())
    assert {one.name for one in comparison.proposals} == {"survey", "sequential", "interleaved"}
    for one in comparison.proposals:
        method = get(one.method)
        plan = method.plan(parse(method.parameters, one.parameters), InstrumentLimits())
        assert plan.averages_per_shot * len(plan.windows_hz) <= one.averages * one.windows
        assert one.duration_s > 0


def test_nothing_is_much_faster_than_the_bound() -> None:
    comparison = compare(REFERENCE, InstrumentLimits())
    assert all(comparison.from_bound(one) > 1.0 for one in comparison.proposals)


@pytest.mark.parametrize(
    ("changed", "best"),
    [
        ({}, "survey"),
        ({"nutation_frequency_hz": 2e3}, "survey"),
        ({"t1_s": 1.0, "span_hz": 10e6, "nutation_frequency_hz": 10e3}, "interleaved"),
        ({"t1_s": 1.0, "t2_star_s": 50e-6, "nutation_frequency_hz": 50e3}, "sequential"),
    ],
)
def test_regimes(changed: dict[str, float], best: str) -> None:
    assert compare(dataclasses.replace(REFERENCE, **changed), InstrumentLimits()).recommended.name == best


def test_slower_tuning_hurts_interleaving_most() -> None:
    goal = dataclasses.replace(REFERENCE, t1_s=1.0, span_hz=10e6, nutation_frequency_hz=10e3)
    quick, slow = (compare(goal, InstrumentLimits(settle_s=settle_s)) for settle_s in (0.0, 0.2))
    times = [{one.name: one.duration_s for one in comparison.proposals} for comparison in (quick, slow)]
    assert times[1]["interleaved"] > 1.5 * times[0]["interleaved"]
    assert times[1]["survey"] < 1.1 * times[0]["survey"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"t2_star_s": 0.5}, "t2_star_s"),
        ({"span_hz": 100e6}, "span_hz"),
        ({"centre_frequency_hz": 500e6}, "centre_frequency_hz"),
        ({"snr_per_sample": 1e-6}, "snr_per_sample"),
        ({"detection": 2.0}, "detection"),
        ({"t1_s": float("nan")}, "t1_s"),
    ],
)
def test_what_cannot_be_is_refused_with_the_field(changed: dict[str, float], field: str) -> None:
    with pytest.raises(InvalidParameters) as refused:
        compare(dataclasses.replace(REFERENCE, **changed), InstrumentLimits())
    assert [fault.field for fault in refused.value.errors] == [field]


@pytest.mark.slow
@pytest.mark.parametrize(
    "changed",
    [{}, {"t1_s": 1e-3, "span_hz": 0.2e6}, {"t1_s": 1.0, "t2_star_s": 0.3e-3, "nutation_frequency_hz": 50e3}],
)
def test_planned_times_come_true_in_the_spins(changed: dict[str, float]) -> None:
    """Measured without the planner's formulae: within 30 % each, and the choice within 1.3 of the best."""
    goal = dataclasses.replace(REFERENCE, nutation_frequency_hz=20e3)
    point = planner_regret.measure(dataclasses.replace(goal, **changed), places=6)
    for name, planned_s in point.planned_s.items():
        assert point.measured_s[name] == pytest.approx(planned_s, rel=0.3)
    assert point.regret <= 1.3
