"""Checking in, and releasing what nobody came for. All is computed from the rows, so a missed tick loses nothing."""

from __future__ import annotations

import datetime

from webapp.accounts.models import User
from webapp.errors import Conflict
from webapp.facility.bookings import core, events
from webapp.facility.bookings.locking import locked
from webapp.facility.models import Booking

State, Kind = Booking.State, events.Kind

#: how long before its start a booking can be checked in
EARLY = datetime.timedelta(minutes=30)


def check_in(actor: User, booking: Booking) -> Booking:
    """Say that the time is being used. Doing so twice changes nothing."""
    core.must_change(actor, booking)
    with locked(booking.instrument_id) as now:
        found = core.current(booking)
        if found.checked_in_at is not None:
            return found
        core.must_hold(found, now)
        if found.state != State.CONFIRMED:
            raise Conflict("The booking awaits approval.", "state")
        if now < found.starts_at - EARLY:
            minutes = EARLY.total_seconds() / 60
            raise Conflict(f"A booking can be checked in from {minutes:g} min before its start on.", "state")
        _note(found, actor, now)
    return found


def by_run(instrument_id: int, group_id: int, now: datetime.datetime) -> None:
    """A run of the group starts on the locked instrument: its booking of now, if there is one, is being used."""
    booking = Booking.objects.filter(
        instrument=instrument_id, group=group_id, state=State.CONFIRMED, checked_in_at__isnull=True,
        starts_at__lte=now, ends_at__gt=now, no_show_at__gt=now,
    ).first()  # fmt: skip
    if booking is not None:
        _note(booking, None, now)


def release_no_shows(instrument_id: int, now: datetime.datetime) -> int:
    """Release what nobody checked in on the locked instrument, as of when it was due; how many."""
    due = Booking.objects.filter(
        instrument=instrument_id, state=State.CONFIRMED, checked_in_at__isnull=True, no_show_at__lte=now
    )
    released = list(due.select_related("instrument"))
    for booking in released:
        core.end(booking, State.RELEASED, Kind.RELEASED, None, booking.no_show_at)
    return len(released)


def _note(booking: Booking, actor: User | None, now: datetime.datetime) -> None:
    booking.checked_in_at = now
    booking.save(update_fields=["checked_in_at", "updated_at"])
    events.record(booking, Kind.CHECKED_IN, actor)
