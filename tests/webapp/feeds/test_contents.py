"""What other programs read in a feed, by an independent parser."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Callable
from typing import Any

import pytest
import vobject
from django.test import Client

from tests.webapp.facility.conftest import Clock, at
from tests.webapp.feeds.conftest import events, make
from webapp.accounts.models import Group, Membership, User
from webapp.facility.bookings import decisions, outages, service
from webapp.facility.models import Booking, Instrument
from webapp.feeds.models import CalendarFeed

Book = Callable[..., Booking]


def event_of(address: str, booking: Booking) -> Any:
    return events(address)[f"{booking.uid}@rasgado-nqr"]


def test_a_booking(book: Book, user: User, instrument: Instrument) -> None:
    Instrument.objects.update(location="Room 12; cellar, left")
    booking = book(1, 2.5, title="35Cl; survey, \\n and more")
    event = event_of(make(user), booking)
    assert event.summary.value == "Alpha: 35Cl; survey, \\n and more"
    assert event.location.value == "Room 12; cellar, left"
    assert (event.dtstart.value, event.dtend.value) == (at(1), at(2.5))
    assert event.status.value == "CONFIRMED" and event.sequence.value == "0"
    assert event.dtstamp.value == event.last_modified.value
    assert "Group: Chlorates" in event.description.value


def test_changes_count_up_and_cancellations_arrive(book: Book, user: User, clock: Clock) -> None:
    address, booking = make(user), book(1, 2)
    service.edit(user, booking, starts_at=at(3), ends_at=at(4))
    assert (event_of(address, booking).sequence.value, event_of(address, booking).dtstart.value) == ("1", at(3))
    service.cancel(user, booking, "ill")
    cancelled = event_of(address, booking)
    assert (cancelled.status.value, cancelled.sequence.value) == ("CANCELLED", "2")
    assert cancelled.transp.value == "TRANSPARENT"
    real = datetime.datetime.now(datetime.UTC)
    Booking.objects.update(updated_at=real)
    clock.now = real + datetime.timedelta(days=59)
    assert events(address)
    clock.now = real + datetime.timedelta(days=61)
    assert not events(address)


def test_requests_are_tentative_until_decided(book: Book, rule: Callable[..., Any], user: User, staff: User) -> None:
    rule(needs_approval=True)
    address, one, other = make(user), book(1, 2), book(3, 4)
    assert event_of(address, one).status.value == "TENTATIVE"
    assert "awaiting approval" in event_of(address, one).summary.value
    decisions.approve(staff, one)
    decisions.decline(staff, other, "no")
    found = events(address)
    assert sorted(event.status.value for event in found.values()) == ["CANCELLED", "CONFIRMED"]


@pytest.mark.parametrize(
    ("zone", "day", "offset_hours"),
    [
        ("Europe/London", (2027, 3, 27), 0), ("Europe/London", (2027, 3, 28), 1),
        ("America/New_York", (2027, 3, 13), -5), ("America/New_York", (2027, 3, 14), -4),
        ("America/New_York", (2027, 11, 7), -5), ("Asia/Tokyo", (2027, 3, 28), 9),
    ],
)  # fmt: skip
def test_times_are_right_on_both_sides_of_a_change_of_clocks(
    book: Book, user: User, clock: Clock, zone: str, day: tuple[int, int, int], offset_hours: int
) -> None:
    start = datetime.datetime(*day, 14, tzinfo=zoneinfo.ZoneInfo(zone))
    clock.now = start - datetime.timedelta(days=2)
    booking = book(starts_at=start, ends_at=start + datetime.timedelta(hours=2))
    read = event_of(make(user), booking).dtstart.value
    assert read.utcoffset() == datetime.timedelta(0)
    local = read.astimezone(zoneinfo.ZoneInfo(zone))
    assert (local.hour, local.utcoffset()) == (14, datetime.timedelta(hours=offset_hours))


def test_hostile_text_stays_text(book: Book, user: User) -> None:
    title = "a\x0bb\u2028c\x07 END:VEVENT\x85BEGIN:VALARM ☢️ " + "é€𝄞" * 30
    booking = book(1, 2, title=title)
    address = make(user)
    (found,) = events(address).values()
    assert set(found.contents) >= {"summary"} and "valarm" not in found.contents
    assert "END:VEVENT BEGIN:VALARM" in found.summary.value and found.summary.value.endswith("é€𝄞")
    content = Client().get(address).content
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert content.count(b"BEGIN:VEVENT") == 1 and b"\n" not in content.replace(b"\r\n", b"")
    assert booking.title  # it was stored as it is


def test_line_breaks_cannot_add_properties(book: Book, user: User, instrument: Instrument) -> None:
    Instrument.objects.update(location="Room\r\nATTACH:http://evil.example/\r\n X")
    booking = book(1, 2)
    event = event_of(make(user), booking)
    assert "attach" not in event.contents
    assert event.location.value.startswith("Room")


def test_group_feed_shows_the_group_as_long_as_one_belongs_to_it(
    book: Book, user: User, group: Group, other_group: Group, stranger: User, staff: User
) -> None:
    Membership.objects.create(user=user, group=other_group)
    colleague = User.objects.create_user("bob")
    Membership.objects.create(user=colleague, group=group)
    theirs = book(1, 2, actor=colleague, title="Bob's")
    book(3, 4, group=other_group)
    address = make(user, "group", group=group)
    assert list(events(address)) == [f"{theirs.uid}@rasgado-nqr"]
    Membership.objects.filter(user=user, group=group).delete()
    assert Client().get(address).status_code == 404


def test_instrument_feed_tells_strangers_only_when(
    book: Book, user: User, stranger: User, staff: User, instrument: Instrument
) -> None:
    booking = book(1, 2, title="Secret salt")
    outages.declare(staff, instrument=instrument, kind="maintenance", starts_at=at(30), ends_at=None, reason="New coil")
    told = Client().get(make(user, "instrument", instrument=instrument)).content.decode()
    assert "Secret salt" in told
    address = make(stranger, "instrument", instrument=instrument)
    found = events(address)
    assert found[f"{booking.uid}@rasgado-nqr"].summary.value == "Alpha: booked"
    hidden = Client().get(address).content.decode()
    assert not any(word in hidden for word in ("Secret", "ada", "Chlorates"))
    assert "Maintenance: New coil" in {event.summary.value for event in found.values()}
    service.cancel(user, booking, "Secret reason")
    assert event_of(address, booking).status.value == "CANCELLED"
    assert "Secret" not in Client().get(address).content.decode()


def test_an_empty_feed_is_a_calendar(user: User) -> None:
    parsed = vobject.readOne(Client().get(make(user)).content.decode())
    assert parsed.contents["x-wr-calname"][0].value == "RASGADO: My bookings"
    assert CalendarFeed.objects.get().changed_at is not None
