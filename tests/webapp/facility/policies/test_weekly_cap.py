"""Hours in a week, of the user and of the group."""

from __future__ import annotations

import datetime

import pytest

from tests.webapp.facility.policies.known import facts, span, wish
from webapp.facility.bookings.values import Span, Wish
from webapp.facility.policies import weekly_cap


def test_up_to_the_cap() -> None:
    booked = (span(1, 5),)
    rules = facts(weekly_hours_user_max=6, user_spans=booked)
    assert weekly_cap.check(wish(10, 12), rules) is None
    fault = weekly_cap.check(wish(10, 12.5), rules)
    assert fault is not None and fault.field == "ends_at"
    assert "6 h a week" in fault.message and "4 h are booked" in fault.message and "2.5 h" in fault.message


@pytest.mark.parametrize(
    ("user_h", "group_h", "whose"), [(3, 20, "user"), (20, 5, "group"), (3, 5, "user"), (9, 9, None)]
)
def test_the_more_restrictive_cap_wins(user_h: float, group_h: float, whose: str | None) -> None:
    known = facts(
        weekly_hours_user_max=user_h, weekly_hours_group_max=group_h,
        user_spans=(span(1, 3),), group_spans=(span(1, 3), span(4, 6)),
    )  # fmt: skip
    fault = weekly_cap.check(wish(10, 12), known)
    assert (fault is None) == (whose is None)
    if fault and whose:
        assert f"One {whose}" in fault.message


def test_each_week_gets_its_part() -> None:
    """From Sunday 20:00 to Monday 04:00: 4 h in each week; the next week has 7 h already."""
    sunday = 6 * 24 + 12
    known = facts(weekly_hours_user_max=10, user_spans=(span(sunday + 20, sunday + 27),))
    assert weekly_cap.check(wish(sunday, sunday + 7), known) is None
    fault = weekly_cap.check(wish(sunday, sunday + 8), known)
    assert fault is not None and "2027-03-08" in fault.message


@pytest.mark.parametrize(
    ("zone", "monday"),
    [("Europe/London", "2027-03-29"), ("Asia/Tokyo", "2027-03-29"), ("America/New_York", "2027-03-15")],
)
def test_weeks_begin_at_midnight_of_the_facility_whatever_its_clocks_do(zone: str, monday: str) -> None:
    """The weeks after the change of the clocks; Tokyo has none."""
    local = datetime.datetime.fromisoformat(f"{monday}T00:00")
    known = facts(zone, weekly_hours_user_max=1)
    start = local.replace(tzinfo=known.zone).astimezone(datetime.UTC)
    hour = datetime.timedelta(hours=1)
    full = Span(start, start + hour)
    before = Wish(Span(start - hour, start))
    assert weekly_cap.check(before, facts(zone, weekly_hours_user_max=1, user_spans=(full,))) is None
    after = Wish(Span(start + hour, start + 2 * hour))
    assert weekly_cap.check(after, facts(zone, weekly_hours_user_max=1, user_spans=(full,))) is not None
    assert (
        weekly_cap.check(after, facts(zone, weekly_hours_user_max=1, user_spans=(Span(start - hour, start),))) is None
    )
