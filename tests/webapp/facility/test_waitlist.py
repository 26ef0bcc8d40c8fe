"""Waiting for time: offers in order, that expire and go to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from acquisition.errors import InvalidParameters
from tests.webapp.conftest import client_of
from tests.webapp.facility.conftest import Clock, at
from webapp.accounts.models import Group, Membership, User
from webapp.errors import Conflict, NotAllowed
from webapp.facility.bookings import outages, service, waitlist
from webapp.facility.bookings.sweep import sweep
from webapp.facility.models import Booking, Instrument, WaitlistEntry

Book = Callable[..., Booking]
Join = Callable[..., WaitlistEntry]


@pytest.fixture
def join(instrument: Instrument, group: Group) -> Join:
    def made(who: User, start: float = 10, end: float = 20, minutes: int = 60, **fields: Any) -> WaitlistEntry:
        facts: dict[str, Any] = {"instrument": instrument, "group": group, "duration_minutes": minutes}
        return waitlist.join(who, earliest_at=at(start), latest_at=at(end), **facts | fields)

    return made


@pytest.fixture
def second(group: Group) -> User:
    user = User.objects.create_user("bea")
    Membership.objects.create(user=user, group=group)
    return user


def state(entry: WaitlistEntry) -> str:
    entry.refresh_from_db()
    return entry.state


def test_cancelled_time_goes_to_the_first_in_line(book: Book, join: Join, user: User, second: User) -> None:
    booking = book(10, 20)
    first, later = join(second), join(user)
    assert (state(first), state(later)) == ("waiting", "waiting")
    service.cancel(user, booking)
    assert (state(first), state(later)) == ("offered", "offered")
    assert (first.booking.starts_at, later.booking.starts_at) == (at(10), at(11))
    assert waitlist.accept(second, first).state == "confirmed"
    assert [event.kind for event in first.booking.events.all()] == ["offered", "accepted"]


def test_an_offer_holds_its_time_until_it_expires(
    book: Book, join: Join, user: User, second: User, clock: Clock
) -> None:
    booking = book(10, 11)
    first, later = join(second, 10, 11), join(user, 10, 11)
    service.cancel(user, booking)
    with pytest.raises(InvalidParameters):
        book(10, 11)
    with pytest.raises(NotAllowed):
        waitlist.accept(User.objects.create_user("mallory"), first)
    clock.now = at(2.01)
    with pytest.raises(Conflict):
        waitlist.accept(second, first)
    assert sweep() == {"released": 0, "lapsed": 0, "expired": 1, "offered": 1}
    assert (state(first), state(later)) == ("expired", "offered")
    assert sweep()["offered"] == 0
    assert waitlist.accept(user, later).starts_at == at(10)
    assert Booking.objects.filter(state__in=Booking.HOLDING).count() == 1


def test_declined_and_withdrawn_offers_go_on(book: Book, join: Join, user: User, second: User) -> None:
    booking = book(10, 11)
    entries = [join(who, 10, 11) for who in (second, user, second)]
    service.cancel(user, booking)
    waitlist.decline(second, entries[0])
    assert [state(entry) for entry in entries] == ["declined", "offered", "waiting"]
    waitlist.withdraw(user, entries[1])
    waitlist.withdraw(user, entries[1])
    assert [state(entry) for entry in entries] == ["declined", "withdrawn", "offered"]
    with pytest.raises(Conflict):
        waitlist.accept(user, entries[1])


def test_no_shows_are_offered_by_the_sweep(
    book: Book, join: Join, rule: Book, user: User, second: User, clock: Clock
) -> None:
    rule(no_show_minutes=15)
    book(1, 5)
    entry = join(second, 1, 5, 120)
    clock.now = at(1.3)
    assert sweep()["offered"] == 1
    assert state(entry) == "offered" and entry.booking.starts_at == at(1.3 + 0.25 + 0.2 / 6)  # the next mark of 5 min
    assert entry.booking.offer_expires_at == entry.booking.starts_at


def test_what_is_free_is_offered_at_once_and_rules_hold(join: Join, rule: Book, second: User) -> None:
    rule(weekly_hours_user_max=1.5)
    assert join(second).state == "offered"
    assert join(second).state == "waiting"  # another hour would be too much
    rule(duration_max_minutes=30)
    with pytest.raises(InvalidParameters) as caught:
        join(second)
    assert caught.value.errors[0].field == "duration_minutes"


def test_an_outage_takes_offers_back(join: Join, staff: User, second: User, instrument: Instrument) -> None:
    entry = join(second, 10, 12)
    facts = {"kind": "outage", "reason": "leak", "starts_at": at(9), "ends_at": at(11.5)}
    declared = outages.declare(staff, instrument=instrument, **facts)
    assert state(entry) == "waiting" and declared.affected == ()
    outages.change(staff, declared.outage, ends_at=at(10.5))
    assert state(entry) == "offered" and entry.booking.starts_at == at(10.5)


def test_wishes_whose_time_is_over_wait_no_more(book: Book, join: Join, second: User, clock: Clock) -> None:
    book(10, 20)
    entry = join(second)
    clock.now = at(21)
    sweep()
    assert state(entry) == "expired"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"latest_at": at(9).isoformat()}, "latest_at"),
        ({"earliest_at": at(-9).isoformat(), "latest_at": at(-5).isoformat()}, "latest_at"),
        ({"duration_minutes": 601}, "duration_minutes"),
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"latest_at": at(24 * 300).isoformat()}, "latest_at"),
        ({"group": "nitrites"}, "group"),
        ({"instrument": "omega"}, "instrument"),
        ({"user": "eve"}, "user"),
    ],
)
def test_bad_wishes(api: APIClient, instrument: Instrument, stranger: User, change: dict[str, Any], field: str) -> None:
    body = {"instrument": "alpha", "earliest_at": at(10).isoformat(), "latest_at": at(20).isoformat(),
            "duration_minutes": 60}  # fmt: skip
    answer = api.post("/api/v1/waitlist", body | change)
    assert answer.status_code in (400, 403)
    assert field in {fault["field"] for fault in answer.json()["errors"]}, answer.content


def test_through_the_api(
    api: APIClient, stranger_api: APIClient, second: User, instrument: Instrument, stranger: User
) -> None:
    body = {"instrument": "alpha", "earliest_at": at(10).isoformat(), "latest_at": at(11).isoformat(),
            "duration_minutes": 60}  # fmt: skip
    made = api.post("/api/v1/waitlist", body)
    assert made.status_code == 201 and made.json()["booking"]["state"] == "offered", made.content
    address = f"/api/v1/waitlist/{made.json()['id']}"
    assert stranger_api.get(address).status_code == 404
    assert client_of(second).post(f"{address}/accept").status_code == 403
    assert api.post(f"{address}/accept").json()["state"] == "confirmed"
    assert api.post(f"{address}/accept").status_code == 409
    waiting = client_of(second).post("/api/v1/waitlist", body).json()
    assert waiting["state"] == "waiting"
    assert client_of(second).post(f"/api/v1/waitlist/{waiting['id']}/withdraw").json()["state"] == "withdrawn"
    assert api.get("/api/v1/waitlist?mine=true").json()["count"] == 1
