"""Wall-clock times over the changes of the clocks, by the rules of three zones."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from acquisition.errors import InvalidParameters
from tests.webapp.facility.conftest import Clock
from webapp.facility.bookings import localtime
from webapp.facility.models import Booking, Instrument

ZONES = ("Europe/London", "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe", "UTC")


@pytest.mark.parametrize(
    ("local", "zone", "utc"),
    [
        ("2027-03-28T00:59", "Europe/London", "00:59"),
        ("2027-03-28T02:00", "Europe/London", "01:00"),
        ("2027-03-14T01:59", "America/New_York", "06:59"),
        ("2027-03-14T03:00", "America/New_York", "07:00"),
        ("2027-03-28T01:30", "Asia/Tokyo", "16:30"),
        ("2027-10-31T00:59", "Europe/London", "23:59"),
        ("2027-10-31T02:00", "Europe/London", "02:00"),
    ],
)
def test_times_that_come_once(local: str, zone: str, utc: str) -> None:
    assert f"{localtime.moment(local, zone, None, 'starts_at'):%H:%M}" == utc


@pytest.mark.parametrize(
    ("local", "zone", "advice"),
    [
        ("2027-03-28T01:00", "Europe/London", ("00:00", "02:00")),
        ("2027-03-28T01:30", "Europe/London", ("00:30", "02:30")),
        ("2027-03-14T02:30", "America/New_York", ("01:30", "03:30")),
    ],
)
def test_times_that_do_not_exist(local: str, zone: str, advice: tuple[str, str]) -> None:
    for fold in (None, "earlier", "later"):
        with pytest.raises(InvalidParameters) as caught:
            localtime.moment(local, zone, fold, "starts_at")
        assert caught.value.errors[0].field == "starts_at"
        assert all(time in caught.value.errors[0].message for time in advice)


@pytest.mark.parametrize(
    ("local", "zone", "earlier", "later"),
    [
        ("2027-10-31T01:30", "Europe/London", "00:30", "01:30"),
        ("2027-11-07T01:30", "America/New_York", "05:30", "06:30"),
    ],
)
def test_times_that_come_twice(local: str, zone: str, earlier: str, later: str) -> None:
    with pytest.raises(InvalidParameters) as caught:
        localtime.moment(local, zone, None, "ends_at")
    assert caught.value.errors[0].field == "ends_at" and "fold" in caught.value.errors[0].message
    assert f"{localtime.moment(local, zone, 'earlier', 'ends_at'):%H:%M}" == earlier
    assert f"{localtime.moment(local, zone, 'later', 'ends_at'):%H:%M}" == later


@settings(max_examples=150, deadline=None)
@given(minutes=st.integers(0, 366 * 24 * 60), zone=st.sampled_from(ZONES), fold=st.sampled_from(["earlier", "later"]))
def test_what_is_resolved_is_shown_by_the_clocks(minutes: int, zone: str, fold: localtime.Fold) -> None:
    """Every moment's wall-clock time leads back to it or to the other moment that shows the same."""
    moment = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(minutes=minutes)
    place = ZoneInfo(zone)
    shown = localtime.wall_clock(moment, place)
    found = localtime.resolve(shown, place, fold, "starts_at")
    assert localtime.wall_clock(found, place) == shown
    if found != moment:
        assert (found < moment) == (fold == "earlier")


@pytest.mark.parametrize(
    "text",
    ["", "now", "2027-03-01", "2027-03-01T25:00Z", "1999-12-31T10:00Z", "9999-01-01T10:00Z", "2027-02-29T10:00Z"],
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(InvalidParameters) as caught:
        localtime.moment(text, "UTC", None, "starts_at")
    assert caught.value.errors[0].field == "starts_at"


def test_zones_must_exist() -> None:
    for name in ("Mars/Olympus", "", "../etc/passwd", "europe/london"):
        with pytest.raises(InvalidParameters) as caught:
            localtime.moment("2027-03-01T09:00", name, None, "starts_at")
        assert caught.value.errors[0].field == "time_zone"


def test_the_api_asks_which_is_meant(api: APIClient, instrument: Instrument, clock: Clock) -> None:
    clock.now = datetime.datetime(2027, 10, 20, 8, tzinfo=datetime.UTC)
    body = {"instrument": "alpha", "starts_at": "2027-10-31T00:30", "ends_at": "2027-10-31T01:30"}
    without = api.post("/api/v1/bookings", body)
    assert {fault["field"] for fault in without.json()["errors"]} == {"starts_at", "ends_at"}  # no zone at all
    body |= {"time_zone": "Europe/London"}
    unclear = api.post("/api/v1/bookings", body)
    assert [fault["field"] for fault in unclear.json()["errors"]] == ["ends_at"]
    made = api.post("/api/v1/bookings", body | {"fold": "later"})
    assert made.status_code == 201
    assert made.json()["starts_at"] == "2027-10-30T23:30:00Z" and made.json()["ends_at"] == "2027-10-31T01:30:00Z"
    clock.now = datetime.datetime(2027, 3, 20, 8, tzinfo=datetime.UTC)
    gap = body | {"starts_at": "2027-03-28T01:15", "ends_at": "2027-03-28T03:00"}
    refused = api.post("/api/v1/bookings", gap)
    assert refused.status_code == 400 and "does not exist" in refused.json()["errors"][0]["message"]
    assert Booking.objects.count() == 1
