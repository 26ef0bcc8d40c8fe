"""What every way of booking is made of: judge a wish, write the row, note the event. The instrument is locked."""

from __future__ import annotations

import datetime
from typing import Any

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.access import leads
from webapp.accounts.models import Group, User
from webapp.errors import Conflict, NotAllowed
from webapp.facility import policies
from webapp.facility.bookings import events
from webapp.facility.bookings.facts import Parties
from webapp.facility.bookings.values import Facts, Rules, Span, Wish
from webapp.facility.models import Booking
from webapp.facility.policies import approval
from webapp.runs.queue import hints

State, Kind = Booking.State, events.Kind
TITLE_MAX = 160
REASON_MAX = 300


def span_of(booking: Booking) -> Span:
    return Span(booking.starts_at, booking.ends_at)


def may_book_for(actor: User, user: User, group: Group) -> bool:
    """Everybody for themselves, leaders for members of their groups, staff for everybody."""
    return actor.pk == user.pk or actor.is_staff or leads(actor, group.pk)


def may_change(actor: User, booking: Booking) -> bool:
    """Whoever it is for, leaders of its group, and staff."""
    return actor.is_staff or actor.pk == booking.user_id or leads(actor, booking.group_id)


def must_change(actor: User, booking: Booking) -> None:
    """Raises NotAllowed unless the actor may change the booking."""
    if not may_change(actor, booking):
        raise NotAllowed("Only whoever it is booked for, leaders of the group and staff may change a booking.")


def check_title(title: str) -> str:
    title = title.strip()
    if len(title) > TITLE_MAX:
        raise InvalidParameters([FieldError("title", f"The title has at most {TITLE_MAX} characters.")])
    return title


def check_reason(reason: str) -> str:
    reason = reason.strip()
    if len(reason) > REASON_MAX:
        raise InvalidParameters([FieldError("reason", f"The reason has at most {REASON_MAX} characters.")])
    return reason


def judge(wish: Wish, facts: Facts) -> None:
    """Raises InvalidParameters with everything that speaks against the wish."""
    faults = policies.faults(wish, facts)
    if faults:
        raise InvalidParameters(faults)


def insert(parties: Parties, wish: Wish, rules: Rules, **fields: Any) -> Booking:
    """The row of a new booking, and its event; `state` among the fields overrides what approval says."""
    state = State.PENDING if approval.needed(wish, rules) else State.CONFIRMED
    booking = Booking.objects.create(
        **{
            "instrument": parties.instrument,
            "group": parties.group,
            "user": parties.user,
            "created_by": parties.actor,
            "starts_at": wish.span.starts_at,
            "ends_at": wish.span.ends_at,
            "no_show_at": no_show_at(wish.span, rules),
            "state": state,
            **fields,
        }
    )
    if booking.state != State.OFFERED:
        events.record(booking, Kind.CREATED, parties.actor, **events.span(booking), state=booking.state)
    return booking


def move(actor: User, booking: Booking, wish: Wish, rules: Rules) -> None:
    """Give a booking another time, and note it."""
    before = events.span(booking)
    booking.starts_at, booking.ends_at = wish.span.starts_at, wish.span.ends_at
    booking.state = State.PENDING if approval.needed(wish, rules) else State.CONFIRMED
    if booking.checked_in_at is None:
        booking.no_show_at = no_show_at(wish.span, rules)
    booking.sequence += 1
    booking.save(
        update_fields=[
            "starts_at", "ends_at", "state", "no_show_at", "sequence", "series_exception", "series", "updated_at",
        ]
    )  # fmt: skip
    events.record(booking, Kind.MOVED, actor, **events.span(booking), state=booking.state, before=before)


def end(booking: Booking, state: str, kind: Kind, actor: User | None, at: datetime.datetime, reason: str = "") -> None:
    """A booking stops holding its time at `at`; the queue is told, as it may now go on."""
    booking.state, booking.ended_at, booking.reason = state, at, reason
    booking.sequence += 1
    booking.save(update_fields=["state", "ended_at", "reason", "sequence", "decided_by", "updated_at"])
    events.record(booking, kind, actor, **({"reason": reason} if reason else {}))
    hints.instrument(booking.instrument.slug)


def shorten(booking: Booking, ends_at: datetime.datetime, actor: User | None, kind: Kind, **payload: Any) -> None:
    """A running booking ends earlier; what was used stays booked."""
    before = booking.ends_at
    booking.ends_at = booking.ended_at = ends_at
    booking.sequence += 1
    booking.save(update_fields=["ends_at", "ended_at", "sequence", "updated_at"])
    events.record(booking, kind, actor, ends_at=ends_at, before=before, **payload)
    hints.instrument(booking.instrument.slug)


def no_show_at(span: Span, rules: Rules) -> datetime.datetime | None:
    """When a booking is released if nobody has checked in; None without such a rule."""
    if rules.no_show_minutes is None:
        return None
    return span.starts_at + datetime.timedelta(minutes=rules.no_show_minutes)


def current(booking: Booking) -> Booking:
    """The row as it is now, which may have changed before the lock was had."""
    return Booking.objects.select_related("instrument", "group", "user", "series").get(pk=booking.pk)


def must_hold(booking: Booking, now: datetime.datetime) -> None:
    """Raises Conflict for a booking that is over."""
    if booking.state not in (State.PENDING, State.CONFIRMED):
        raise Conflict(f"The booking is {booking.get_state_display().lower()}.", "state")
    if booking.ends_at <= now:
        raise Conflict("The booking is over.", "state")
    if booking.state == State.PENDING and booking.starts_at <= now:
        raise Conflict("Nobody approved the booking before its start, so it lapses.", "state")
    if booking.no_show_at is not None and booking.checked_in_at is None and booking.no_show_at <= now:
        raise Conflict("Nobody checked in, so the booking is being released.", "state")
