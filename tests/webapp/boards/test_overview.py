"""The first page of somebody who works here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.webapp.boards.conftest import page
from tests.webapp.facility.conftest import Clock, at
from webapp.accounts.models import Group, User
from webapp.facility.bookings import waitlist
from webapp.facility.models import Booking, Instrument
from webapp.runs.models import Run

Book = Callable[..., Booking]


def test_own_bookings_with_a_button_while_checking_in_is_due(
    book: Book, rule: Callable[..., Any], user: User, stranger: User, clock: Clock
) -> None:
    rule(no_show_minutes=15)
    booking = book(1, 2, title="Chlorate")
    button = f'action="/bookings/{booking.pk}/check-in/"'
    assert "Chlorate" in page(user, "/") and button not in page(user, "/")
    clock.now = at(0.6)
    assert button in page(user, "/")
    clock.now = at(1.2)
    assert button in page(user, "/") and ">Now<" in page(user, "/").replace("</svg>", ">")
    Booking.objects.update(checked_in_at=at(1))
    assert button not in page(user, "/") and "checked in" in page(user, "/")
    assert "Chlorate" not in page(stranger, "/")


def test_instruments_say_who_has_them_to_those_who_may_know(
    book: Book, user: User, stranger: User, clock: Clock
) -> None:
    book(1, 2, title="Chlorate")
    clock.now = at(1.5)
    assert "Chlorate</a>, ada" in page(user, "/")
    shown = page(stranger, "/")
    assert "by another group" in shown and "until" in shown and "ada" not in shown


def test_what_waits_for_me(
    book: Book, rule: Callable[..., Any], make_run: Callable[..., Run], user: User, staff: User, group: Group,
    instrument: Instrument, clock: Clock,
) -> None:  # fmt: skip
    assert "Waits for you" not in page(user, "/")
    make_run(title="Kept", held=True, hold_reason="no sample in")
    waitlist.join(
        user, instrument=instrument, group=group, earliest_at=at(1), latest_at=at(4), duration_minutes=60
    )  # fmt: skip
    rule(needs_approval=True)
    book(10, 11)
    shown = page(user, "/")
    assert "Kept on Alpha: no sample in" in shown and "Time on Alpha is yours if you take it until" in shown
    assert "your decision" not in shown
    assert "1 booking awaits your decision" in page(staff, "/")
