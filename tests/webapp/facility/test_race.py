"""Many at once, with real threads and connections of their own, on the database that the tests run on."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from rest_framework.test import APIClient

from acquisition.errors import InvalidParameters
from tests.webapp.conftest import client_of
from tests.webapp.facility.conftest import at
from webapp.accounts.models import Group, Membership, User
from webapp.facility.bookings import checkin, locking, waitlist
from webapp.facility.bookings.sweep import sweep
from webapp.facility.models import Booking, BookingEvent, Instrument, WaitlistEntry

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS, SLOTS = 8, 6


def at_once(actions: list[Callable[[], Any]]) -> list[Any]:
    """What the actions return, all begun at the same moment."""
    barrier = threading.Barrier(len(actions))

    def one(action: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=10)
            return action()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(one, actions))


def test_each_slot_is_booked_once(group: Group, instrument: Instrument) -> None:
    clients = []
    for number in range(CLIENTS):
        user = User.objects.create_user(f"user{number}")
        Membership.objects.create(user=user, group=group)
        clients.append(client_of(user))

    def book_all(client: APIClient, seed: int) -> list[int]:
        slots = random.Random(seed).sample(range(SLOTS), SLOTS)
        times = [{"starts_at": at(1 + slot).isoformat(), "ends_at": at(2 + slot).isoformat()} for slot in slots]
        return [client.post("/api/v1/bookings", {"instrument": "alpha"} | time).status_code for time in times]

    answers = at_once([lambda client=client, seed=seed: book_all(client, seed) for seed, client in enumerate(clients)])
    statuses = [status for answer in answers for status in answer]
    assert statuses.count(201) == SLOTS
    assert set(statuses) == {201, 400}
    starts = list(Booking.objects.order_by("starts_at").values_list("starts_at", flat=True))
    assert starts == [at(1 + slot) for slot in range(SLOTS)]


def test_one_key_at_once_makes_one_booking(user: User, instrument: Instrument) -> None:
    body = {"instrument": "alpha", "starts_at": at(1).isoformat(), "ends_at": at(2).isoformat()}
    clients = [client_of(user) for _ in range(CLIENTS)]
    answers = at_once(
        [lambda c=c: c.post("/api/v1/bookings", body, HTTP_IDEMPOTENCY_KEY="k").status_code for c in clients]
    )
    assert sorted(answers) == [200] * (CLIENTS - 1) + [201]
    assert Booking.objects.count() == 1


def test_sweeps_at_once_release_and_offer_once(
    user: User, group: Group, instrument: Instrument, book: Callable[..., Booking], rule: Callable[..., Any], clock: Any
) -> None:
    rule(no_show_minutes=15)
    booking = book(1, 10)
    waitlist.join(user, instrument=instrument, group=group, earliest_at=at(1), latest_at=at(9), duration_minutes=60)
    clock.now = at(2)
    counts = at_once([sweep] * 4)
    assert sum(count["released"] for count in counts) == sum(count["offered"] for count in counts) == 1
    assert BookingEvent.objects.filter(booking=booking, kind="released").count() == 1
    assert WaitlistEntry.objects.get().state == "offered"


def test_check_in_against_release(book: Callable[..., Booking], rule: Callable[..., Any], clock: Any) -> None:
    """Either somebody is there, or the time is free: never both."""
    rule(no_show_minutes=15)
    booking = book(1, 2)
    clock.now = at(1.25)

    def check_in() -> bool:
        try:
            return checkin.check_in(booking.user, booking).checked_in_at is not None
        except Exception:
            return False

    came, counts = at_once([check_in, sweep])
    booking.refresh_from_db()
    assert (came, counts["released"], booking.state) == (False, 1, "released")


def test_the_database_itself_refuses_overlaps(book: Callable[..., Booking], user: User) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no exclusion constraints; there a transaction is alone.")
    booking = book(1, 2)
    facts = {"instrument": booking.instrument, "group": booking.group, "user": user, "created_by": user}
    for state in Booking.HOLDING:
        with pytest.raises(IntegrityError, match=locking.EXCLUSION), transaction.atomic():
            Booking.objects.create(**facts, starts_at=at(1.5), ends_at=at(3), state=state)
    Booking.objects.create(**facts, starts_at=at(2), ends_at=at(3))  # touching is fine
    for state in set(Booking.State.values) - set(Booking.HOLDING):
        Booking.objects.create(**facts, starts_at=at(1), ends_at=at(2), state=state)
    with pytest.raises(InvalidParameters), locking.locked(booking.instrument_id):
        Booking.objects.create(**facts, starts_at=at(1), ends_at=at(2))
