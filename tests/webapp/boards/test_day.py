"""The staff's day: problems first, then every instrument's day as picture and table."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.webapp.boards.conftest import page
from tests.webapp.facility.conftest import at
from webapp.accounts.models import User
from webapp.boards import day as days
from webapp.facility.bookings import outages, service
from webapp.facility.models import Booking, Instrument
from webapp.notifications.models import Notification
from webapp.runs.models import Run

Book = Callable[..., Booking]


def test_it_is_for_staff(user: User, staff: User) -> None:
    client = Client()
    assert client.get("/facility/day/").status_code == 302
    client.force_login(user)
    assert client.get("/facility/day/").status_code == 403
    assert "Needs you now" in page(staff, "/facility/day/")


def test_all_quiet(staff: User) -> None:
    shown = page(staff, "/facility/day/")
    assert "Nothing. All instruments work" in shown and "Nothing on this day" in shown


def test_problems_come_first(
    book: Book, rule: Callable[..., Any], make_run: Callable[..., Run], user: User, staff: User, instrument: Instrument
) -> None:
    rule(needs_approval=True)
    book(1, 2)
    make_run(title="Lost one", state=Run.State.INTERRUPTED, error_code="worker_lost", finished_at=at(-1))
    make_run(title="Old one", state=Run.State.INTERRUPTED, error_code="worker_lost", finished_at=at(-30))
    Instrument.objects.update(status="needs_check", status_message="Turned off?", held=True, hold_reason="Coil")
    Notification.objects.create(user=user, kind="moved", key="k", title="t", mail_state="queued", mail_error="no route")
    shown = page(staff, "/facility/day/")
    found = re.findall(r'data-state="\w+">.*?</svg>([\w -]+)</span><a href="[^"]+">([^<]+)</a>', shown)
    assert [label for label, _text in found] == ["Needs check", "Held", "Lease lost", "E-mail", "Approvals"]
    assert "Lost one on Alpha" in shown and "Old one" not in shown
    assert "no route" in shown and "1 booking awaits approval" in shown


def test_the_day_as_picture_and_table(
    book: Book, make_run: Callable[..., Run], user: User, staff: User, instrument: Instrument
) -> None:
    book(1, 3, title="<b>Chlorate</b>")
    service.cancel(user, book(5, 6, title="Gone"))
    make_run(title="Survey 7", state=Run.State.DONE, claimed_at=at(-2), acquired_at=at(-1))
    outages.declare(staff, instrument=instrument, kind="maintenance", starts_at=at(8), ends_at=None, reason="Helium")
    shown = page(staff, "/facility/day/?date=2027-03-01")
    assert shown.count('class="bar ') == 3
    assert "&lt;b&gt;Chlorate" in shown and "<b>Chlorate" not in shown and "Gone" not in shown
    assert all(word in shown for word in ("Survey 7", "Helium", "further notice", 'class="now"'))
    tomorrow = page(staff, "/facility/day/?date=2027-03-02")
    assert "Helium" in tomorrow and "Survey 7" not in tomorrow and 'class="now"' not in tomorrow


@pytest.mark.parametrize(("date", "hours"), [((2027, 3, 28), 23), ((2027, 10, 31), 25), ((2027, 6, 1), 24)])
def test_days_are_as_long_as_clocks_make_them(
    db: None, instrument: Instrument, date: tuple[int, int, int], hours: int
) -> None:
    zone = zoneinfo.ZoneInfo("Europe/London")
    shown = days.day(datetime.date(*date), zone, at(0))
    assert shown.ends_at - shown.starts_at == datetime.timedelta(hours=hours)
    places = [float(x) for x, _label in days.picture(shown, zone, at(0))["ticks"]]
    assert places == sorted(places)
    # Noon lies as far from the second midnight as there are hours in between, whatever the night was like.
    noon = (places[4] - days.LEFT) / (days.RIGHT - days.LEFT) * hours
    assert noon == pytest.approx(hours - 12, abs=0.01)


@pytest.mark.parametrize("date", ["yesterday", "2027-02-30", "9999-12-31", "0001-01-01", "2027-03-01T00:00"])
def test_days_that_are_none(staff: User, date: str) -> None:
    client = Client()
    client.force_login(staff)
    assert client.get("/facility/day/", {"date": date}).status_code == 404
