"""Recurring bookings: made, changed and cancelled, over changes of the clocks."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rest_framework.test import APIClient

from acquisition.errors import InvalidParameters
from tests.webapp.facility.conftest import Clock
from webapp.accounts.models import Group, User
from webapp.errors import Conflict
from webapp.facility.bookings import localtime, series, service
from webapp.facility.bookings.recurrence import Recurrence
from webapp.facility.models import Booking, BookingSeries, Instrument

Make = Callable[..., series.SeriesBooked]


@pytest.fixture
def make(user: User, group: Group, instrument: Instrument) -> Make:
    def made(first: str = "2027-03-02T09:00", last: str = "2027-03-02T11:00", **fields: Any) -> series.SeriesBooked:
        facts: dict[str, Any] = {
            "instrument": instrument, "group": group, "time_zone": "Europe/London",
            "recurrence_": Recurrence("weekly", count=6),
        }  # fmt: skip
        return series.book(
            user,
            starts_local=datetime.datetime.fromisoformat(first),
            ends_local=datetime.datetime.fromisoformat(last),
            **facts | fields,
        )

    return made


def utc(booking: Booking) -> str:
    return f"{booking.starts_at.astimezone(datetime.UTC):%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("zone", "change", "hours"),
    [
        ("Europe/London", "2027-03-28", (9, 8)),
        ("Asia/Tokyo", "2027-03-28", (0, 0)),
        ("America/New_York", "2027-03-14", (14, 13)),
    ],
)
def test_the_clock_counts_not_the_offset(make: Make, zone: str, change: str, hours: tuple[int, int]) -> None:
    bookings = make(time_zone=zone).bookings
    for booking in bookings:
        assert booking.starts_at.astimezone(ZoneInfo(zone)).hour == 9
        assert booking.ends_at - booking.starts_at == datetime.timedelta(hours=2)
        before = booking.starts_at.date() < datetime.date.fromisoformat(change)
        assert booking.starts_at.astimezone(datetime.UTC).hour == hours[0 if before else 1]


def test_a_night_over_the_change_is_an_hour_shorter(make: Make) -> None:
    bookings = make("2027-03-20T22:00", "2027-03-21T06:00", recurrence_=Recurrence("weekly", count=2)).bookings
    assert [(booking.ends_at - booking.starts_at).total_seconds() / 3600 for booking in bookings] == [8, 7]


def test_a_time_that_does_not_exist_refuses_or_is_left_out(make: Make) -> None:
    times = ("2027-03-26T01:15", "2027-03-26T03:00")
    with pytest.raises(InvalidParameters) as caught:
        make(*times, recurrence_=Recurrence("daily", count=4))
    assert [fault.field for fault in caught.value.errors] == ["starts_at"]
    assert caught.value.errors[0].message.startswith("2027-03-28")
    assert Booking.objects.count() == BookingSeries.objects.count() == 0
    made = make(*times, recurrence_=Recurrence("daily", count=4), on_conflict="skip")
    assert [utc(booking)[:5] for booking in made.bookings] == ["03-26", "03-27", "03-29"]
    assert [skipped.starts_local.day for skipped in made.skipped] == [28]


def test_a_time_that_comes_twice_is_the_earlier(make: Make, clock: Clock) -> None:
    clock.now = datetime.datetime(2027, 10, 20, 8, tzinfo=datetime.UTC)
    times = ("2027-10-31T01:30", "2027-10-31T02:30")
    assert utc(make(*times, recurrence_=Recurrence("daily", count=1)).bookings[0]) == "10-31 00:30"
    clock.now = datetime.datetime(2028, 10, 20, 8, tzinfo=datetime.UTC)
    times = ("2028-10-29T01:30", "2028-10-29T02:30")
    assert utc(make(*times, recurrence_=Recurrence("daily", count=1), fold="later").bookings[0]) == "10-29 01:30"


def test_weekdays_and_until(make: Make) -> None:
    rule = Recurrence("weekly", weekdays=("MO", "TH"), until=datetime.date(2027, 3, 15))
    assert [utc(booking)[:5] for booking in make(recurrence_=rule).bookings] == ["03-04", "03-08", "03-11", "03-15"]


def test_one_that_is_taken_refuses_all_or_is_left_out(make: Make, book: Callable[..., Booking]) -> None:
    book(24 * 8 + 2, 24 * 8 + 3)  # 2027-03-09 10:00
    with pytest.raises(InvalidParameters) as caught:
        make()
    assert [(fault.field, fault.message[:10]) for fault in caught.value.errors] == [("starts_at", "2027-03-09")]
    assert len(make(on_conflict="skip").bookings) == 5


def test_its_own_bookings_may_not_overlap(make: Make) -> None:
    with pytest.raises(InvalidParameters):
        make("2027-03-02T09:00", "2027-03-03T10:00", recurrence_=Recurrence("daily", count=3))


def test_the_weekly_cap_counts_the_series_itself(make: Make, rule: Callable[..., Any]) -> None:
    rule(weekly_hours_user_max=5)
    made = make(recurrence_=Recurrence("daily", count=5), on_conflict="skip")
    assert len(made.bookings) == 2
    assert len(made.skipped) == 3


def test_change_all(make: Make) -> None:
    made = make()
    third = made.bookings[2]
    hour = datetime.timedelta(hours=1)
    service.edit(third.user, made.bookings[4], title="special", ends_at=made.bookings[4].ends_at + hour)
    changed = series.edit(third.user, third, "all", starts_at=third.starts_at + hour, title="tea")
    assert len(changed) == 5  # the fifth was changed by itself
    rows = list(Booking.objects.order_by("starts_at"))
    zone = ZoneInfo("Europe/London")
    assert [row.starts_at.astimezone(zone).hour for row in rows] == [10, 10, 10, 10, 9, 10]
    assert [row.title for row in rows] == ["tea", "tea", "tea", "tea", "special", "tea"]
    assert BookingSeries.objects.get().starts_local == "2027-03-02T10:00:00"


@pytest.mark.parametrize("days", [1, -1])
def test_daily_bookings_shift_over_each_other(make: Make, days: int) -> None:
    made = make("2027-03-10T00:00", "2027-03-11T00:00", recurrence_=Recurrence("daily", count=5))
    first = made.bookings[0]
    by = datetime.timedelta(days=days)
    series.edit(first.user, first, "all", starts_at=first.starts_at + by, ends_at=first.ends_at + by)
    assert [row.starts_at.day for row in Booking.objects.order_by("starts_at")] == [day + days for day in range(10, 15)]


def test_change_this_and_following_makes_a_series_of_its_own(make: Make) -> None:
    made = make()
    third = made.bookings[2]
    by = datetime.timedelta(days=1)
    series.edit(third.user, third, "following", starts_at=third.starts_at + by, ends_at=third.ends_at + by)
    old, new = BookingSeries.objects.order_by("pk")
    assert (old.bookings.count(), new.bookings.count()) == (2, 4)
    assert (new.starts_local, new.ends_local) == ("2027-03-17T09:00:00", "2027-03-17T11:00:00")
    assert new.split_from == old and new.recurrence["count"] == 4 and old.recurrence["until"] == "2027-03-15"
    zone = ZoneInfo("Europe/London")
    assert {localtime.wall_clock(row.starts_at, zone).weekday() for row in new.bookings.all()} == {2}
    series.edit(third.user, new.bookings.first(), "all", title="only these")
    assert old.bookings.filter(title="only these").count() == 0


def test_a_change_that_one_forbids_changes_none(make: Make, book: Callable[..., Booking]) -> None:
    made = make()
    book(24 * 8 + 5, 24 * 8 + 6)  # 2027-03-09 13:00
    first = made.bookings[0]
    hours = datetime.timedelta(hours=3)
    with pytest.raises(InvalidParameters) as caught:
        series.edit(first.user, first, "all", starts_at=first.starts_at + hours, ends_at=first.ends_at + hours)
    assert caught.value.errors[0].message.startswith("2027-03-09")
    assert {row.sequence for row in Booking.objects.all()} == {0}


def test_cancel_from_one_on(make: Make, clock: Clock) -> None:
    made = make()
    clock.now = made.bookings[0].starts_at + datetime.timedelta(minutes=5)
    cancelled = series.cancel(made.bookings[3].user, made.bookings[3], "following", "holidays")
    assert len(cancelled) == 3
    assert series.cancel(made.bookings[1].user, made.bookings[1], "all")
    assert [row.state for row in Booking.objects.order_by("starts_at")] == ["confirmed"] + ["cancelled"] * 5
    with pytest.raises(Conflict):
        series.cancel(made.bookings[0].user, made.bookings[0], "all")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"recurrence": {"frequency": "daily", "until": "2037-03-02"}}, "recurrence.until"),
        ({"recurrence": {"frequency": "daily", "count": 3650}}, "recurrence.count"),
        ({"recurrence": {"frequency": "daily"}}, "recurrence.count"),
        ({"recurrence": {"frequency": "daily", "count": 2, "until": "2027-03-03"}}, "recurrence.count"),
        ({"recurrence": {"frequency": "hourly", "count": 2}}, "recurrence.frequency"),
        ({"recurrence": {"frequency": "daily", "count": 2, "weekdays": ["MO"]}}, "recurrence.weekdays"),
        ({"recurrence": {"frequency": "weekly", "count": 2, "weekdays": ["XX"]}}, "recurrence.weekdays.0"),
        ({"recurrence": {"frequency": "daily", "count": 2, "interval": 0}}, "recurrence.interval"),
        ({"recurrence": {"frequency": "daily", "count": 2, "by": 1}}, "recurrence.by"),
        ({"time_zone": "Nowhere"}, "time_zone"),
        ({"starts_at": "2027-03-02T09:00:00Z"}, "starts_at"),
        ({"ends_at": "2027-03-02T08:00"}, "ends_at"),
        ({"on_conflict": "ignore"}, "on_conflict"),
    ],
)
def test_bad_series(api: APIClient, instrument: Instrument, change: dict[str, Any], field: str) -> None:
    body = {"instrument": "alpha", "starts_at": "2027-03-02T09:00", "ends_at": "2027-03-02T10:00",
            "time_zone": "Europe/London", "recurrence": {"frequency": "daily", "count": 2}}  # fmt: skip
    answer = api.post("/api/v1/booking-series", body | change)
    assert answer.status_code == 400, answer.content
    assert field in {fault["field"] for fault in answer.json()["errors"]}, answer.content
    assert Booking.objects.count() == 0


def test_series_through_the_api(api: APIClient, instrument: Instrument) -> None:
    body = {"instrument": "alpha", "starts_at": "2027-03-02T09:00", "ends_at": "2027-03-02T10:00",
            "time_zone": "Europe/London", "recurrence": {"frequency": "weekly", "count": 3}}  # fmt: skip
    key = {"HTTP_IDEMPOTENCY_KEY": "weekly tea"}
    made = api.post("/api/v1/booking-series", body, **key)
    assert made.status_code == 201 and len(made.json()["bookings"]) == 3
    again = api.post("/api/v1/booking-series", body, **key)
    assert again.status_code == 200 and again.json()["series"] == made.json()["series"]
    assert api.post("/api/v1/booking-series", body | {"title": "x"}, **key).status_code == 422
    second = made.json()["bookings"][1]["id"]
    assert api.patch(f"/api/v1/bookings/{second}", {"title": "tea", "scope": "following"}).status_code == 200
    titles = [row["title"] for row in api.get("/api/v1/bookings").json()["results"]]
    assert titles == ["", "tea", "tea"]
    assert api.post(f"/api/v1/bookings/{second}/cancel", {"scope": "following"}).json()["state"] == "cancelled"
    assert api.get("/api/v1/bookings?state=confirmed").json()["count"] == 1
