"""Forecasts: played through with plans and bookings, and as wide as earlier ones were off."""

from __future__ import annotations

import datetime

import pytest

from webapp.facility.bookings.values import Window
from webapp.runs.queue.fairness import Candidate
from webapp.runs.queue.forecast import BETWEEN_RUNS_S, Experience, Past, forecasts

NOW = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)
NOTHING = Experience([])


def run(run_id: int, group_id: int = 1, duration_s: float = 100.0) -> Candidate:
    return Candidate(run_id, group_id, duration_s, duration_s)


def window(start_s: float, end_s: float, group_id: int | None) -> Window:
    return Window(NOW + datetime.timedelta(seconds=start_s), NOW + datetime.timedelta(seconds=end_s), group_id)


def test_each_waits_for_those_before_it() -> None:
    found = forecasts([run(1), run(2, duration_s=50.0), run(3)], [], NOW, 30.0, NOTHING)
    waits = [found[number].plain_wait_s for number in (1, 2, 3)]
    assert waits == [30.0, 130.0 + BETWEEN_RUNS_S, 180.0 + 2 * BETWEEN_RUNS_S]
    assert [found[number].ahead for number in (1, 2, 3)] == [0, 1, 2]


def test_a_foreign_booking_is_waited_for_and_its_own_group_goes_on() -> None:
    found = forecasts([run(1, 1, 600.0), run(2, 2)], [window(300.0, 3900.0, 2)], NOW, 0.0, NOTHING)
    assert found[2].plain_wait_s == 0.0
    assert found[1].plain_wait_s == 3900.0


def test_a_run_that_fits_nowhere_has_no_forecast() -> None:
    outage = Window(NOW, None, None)
    assert forecasts([run(1)], [outage], NOW, 0.0, NOTHING) == {}


def test_plans_that_are_always_too_long_are_corrected() -> None:
    past = [Past(600.0, 600.0, 100.0, 50.0)] * 100
    found = forecasts([run(1), run(2)], [], NOW, 0.0, Experience(past))
    assert found[2].plain_wait_s == pytest.approx(50.0 + BETWEEN_RUNS_S, rel=0.05)


def test_a_range_is_as_wide_as_similar_forecasts_were_off() -> None:
    """Short waits have come true; long ones took up to three times as long."""
    short = [Past(60.0, 60.0 + number % 5, 10.0, 10.0) for number in range(100)]
    long = [Past(7200.0, 7200.0 * (1.0 + 2.0 * (number * 37 % 100) / 99), 10.0, 10.0) for number in range(100)]
    experience = Experience(short + long)
    near, far = experience.wait(60.0), experience.wait(7200.0)
    assert near.low_s > 45.0 and near.high_s < 90.0
    assert far.middle_s == pytest.approx(2 * 7200.0, rel=0.15)
    assert far.high_s > 2.5 * 7200.0


def test_a_thousand_runs_with_bookings_are_foretold_quickly_enough_to_be_asked_for() -> None:
    windows = [window(number * 7200.0, number * 7200.0 + 1800.0, number % 5) for number in range(50)]
    order = [run(number, number % 7, 60.0 + number % 13) for number in range(1000)]
    found = forecasts(order, windows, NOW, 10.0, NOTHING)
    assert len(found) == 1000
    assert sorted(one.ahead for one in found.values()) == list(range(1000))
