"""Who is told of what, by the channels they chose, in the transaction of what they are told about."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from tests.webapp.facility.conftest import Clock, at
from webapp.accounts.models import Group, Membership, User
from webapp.facility.bookings import decisions, outages, qualifications, service
from webapp.facility.bookings.sweep import sweep as sweep_bookings
from webapp.facility.models import Booking, Instrument
from webapp.notifications import due, preferences
from webapp.notifications.kinds import Channel, Kind
from webapp.notifications.models import Notification
from webapp.runs import events
from webapp.runs.models import Run

Book = Callable[..., Booking]


def told(user: User) -> list[str]:
    return list(user.notifications.order_by("id").values_list("kind", flat=True))


def created_long_ago(booking: Booking) -> Booking:
    Booking.objects.filter(pk=booking.pk).update(created_at=at(-24))
    return booking


def test_others_acts_are_told_and_own_ones_only_if_wanted(book: Book, user: User, staff: User) -> None:
    own = book(1, 2)
    assert told(user) == []
    preferences.choose(user, {Kind.CONFIRMATION: Channel.SITE}, 60)
    book(3, 4)
    book(5, 6, actor=staff, user=user)
    service.edit(staff, own, starts_at=at(7), ends_at=at(8))
    service.cancel(staff, own, "Broken <b>coil</b>")
    assert told(user) == ["confirmation", "booked", "moved", "cancelled"]
    assert "Broken <b>coil</b>" in user.notifications.first().text
    assert "stella moved it; it was at Mon 1 Mar 2027, 09:00 – 10:00 UTC" in user.notifications.all()[1].text


def test_what_is_undone_is_not_told(book: Book, user: User, staff: User) -> None:
    with transaction.atomic():
        book(1, 2, actor=staff, user=user)
        assert told(user) == ["booked"]
        transaction.set_rollback(True)
    assert told(user) == []


def test_approvals(book: Book, rule: Callable[..., Any], user: User, staff: User) -> None:
    rule(needs_approval=True)
    first, second = book(1, 2), book(3, 4)
    assert told(staff) == ["approval_wanted"] * 2
    decisions.approve(staff, first)
    decisions.decline(staff, second, "Not today")
    assert told(user) == ["approved", "declined"]


def test_nobody_came_and_outages(
    book: Book, rule: Callable[..., Any], clock: Clock, user: User, staff: User, instrument: Instrument
) -> None:
    rule(no_show_minutes=10)
    book(1, 2)
    book(20, 22)
    outages.declare(
        staff, instrument=instrument, kind="outage", starts_at=at(21), ends_at=at(30), reason="No helium"
    )  # fmt: skip
    clock.now = at(1.5)
    sweep_bookings()
    assert told(user) == ["affected", "released"]
    assert "No helium" in user.notifications.last().text


def test_times_are_in_the_zone_of_whoever_is_told(book: Book, user: User, staff: User) -> None:
    user.time_zone = "Asia/Tokyo"
    user.save()
    book(1, 2, actor=staff, user=user)
    assert "18:00 JST" in user.notifications.get().title


@pytest.mark.parametrize(
    ("channel", "on_site", "mail_state"),
    [("both", True, "queued"), ("site", True, ""), ("mail", False, "queued"), ("none", None, None)],
)
def test_channels(
    book: Book, user: User, staff: User, channel: str, on_site: bool | None, mail_state: str | None
) -> None:
    user.email = "ada@example.org"
    user.save()
    preferences.choose(user, {Kind.BOOKED: Channel(channel)}, 60)
    book(1, 2, actor=staff, user=user)
    found = [(row.on_site, row.mail_state) for row in user.notifications.all()]
    assert found == ([] if on_site is None else [(on_site, mail_state)])


def test_without_an_address_the_site_tells(book: Book, user: User, staff: User) -> None:
    preferences.choose(user, {Kind.BOOKED: Channel.MAIL}, 60)
    book(1, 2, actor=staff, user=user)
    row = user.notifications.get()
    assert row.on_site and row.mail_state == ""


def test_reminders_come_once_and_survive_missed_ticks(book: Book, user: User, clock: Clock) -> None:
    booking = created_long_ago(book(5, 7))
    clock.now = at(3.9)
    assert due.reminders(clock.now) == 0
    clock.now = at(5.5)  # every tick since was missed
    assert due.reminders(clock.now) == 1
    assert due.reminders(clock.now) == 0
    assert told(user) == ["reminder"]
    clock.now = at(4)
    service.edit(user, booking, starts_at=at(6), ends_at=at(8))
    assert due.reminders(at(5.2)) == 1, "another start, another reminder"
    clock.now = at(9)
    assert due.reminders(clock.now) == 0


def test_leads_are_ones_own(book: Book, user: User) -> None:
    preferences.choose(user, {Kind.REMINDER: Channel.BOTH}, 2880)
    created_long_ago(book(30, 31))
    assert due.reminders(at(-18.5)) == 0
    Booking.objects.update(created_at=at(-48))
    assert due.reminders(at(0)) == 1


def test_who_books_at_the_last_moment_needs_no_reminder(book: Book, user: User) -> None:
    booking = book(0.2, 2)
    Booking.objects.filter(pk=booking.pk).update(created_at=at(0))
    assert due.reminders(at(0)) == 0


def test_training_that_ends(user: User, staff: User, instrument: Instrument, clock: Clock) -> None:
    qualifications.grant(staff, instrument=instrument, user=user, expires_at=at(0, days=40))
    assert due.qualifications(clock.now) == 0
    assert [due.qualifications(at(0, days=days)) for days in (11, 12, 34, 39, 41)] == [1, 0, 1, 0, 0]


def test_instruments_that_need_staff(user: User, staff: User, instrument: Instrument, clock: Clock) -> None:
    Instrument.objects.update(status="needs_check", fence=7)
    assert due.sweep()["checks"] == 1
    assert due.sweep()["checks"] == 0
    assert told(staff) == ["instrument_check"] and told(user) == []
    Instrument.objects.update(fence=8)
    assert due.sweep()["checks"] == 1


@pytest.mark.parametrize("state", ["done", "failed", "interrupted"])
def test_ends_of_runs_are_told_once(make_run: Callable[..., Run], user: User, state: str) -> None:
    run = make_run(title="Line of <chlorine>")
    for name in ("claimed", "acquiring", "processing", state, state):
        events.record(run.pk, "state", {"state": name, "message": "because" if name == state else ""})
    row = user.notifications.get()
    assert row.kind == f"run_{state}" and "Line of <chlorine>" in row.title and row.path == f"/runs/{run.pk}/"


def test_a_run_that_asks_for_hands(make_run: Callable[..., Run], user: User) -> None:
    run = make_run()
    events.record(run.pk, "message", {"text": "Tune the probe to 28 MHz.", "asks": True})
    events.record(run.pk, "message", {"text": "Just so you know."})
    assert told(user) == ["run_waits"]


def test_former_users_are_told_nothing(book: Book, user: User, staff: User, group: Group) -> None:
    booking = book(1, 2)
    Membership.objects.filter(user=user).delete()
    User.objects.filter(pk=user.pk).update(is_active=False)
    service.cancel(staff, booking, "left")
    assert told(user) == []


def test_one_broken_job_does_not_silence_the_others(
    staff: User, instrument: Instrument, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    Instrument.objects.update(status="offline")

    def broken(now: datetime.datetime) -> int:
        raise RuntimeError(now)

    monkeypatch.setattr(due, "reminders", broken)
    assert due.sweep() == {"qualifications": 0, "checks": 1, "mail": 0}
    assert Notification.objects.count() == 1
