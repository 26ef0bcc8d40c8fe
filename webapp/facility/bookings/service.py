"""Book, move, cancel and finish: the only way to do so, for pages, API and administration alike."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db import IntegrityError

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import Group, User
from webapp.errors import Conflict, IdempotencyMismatch, NotAllowed
from webapp.facility import policies
from webapp.facility.bookings import core, events, idempotency, locking, sweep, waitlist
from webapp.facility.bookings.facts import Parties, gather
from webapp.facility.bookings.locking import locked
from webapp.facility.bookings.values import Facts, Span, Wish
from webapp.facility.models import Booking, Instrument
from webapp.facility.policies import cancel_deadline

State, Kind = Booking.State, events.Kind


@dataclass(frozen=True)
class Booked:
    """A booking; `created` is False when the idempotency key had made it before."""

    booking: Booking
    created: bool


def book(
    actor: User,
    *,
    instrument: Instrument,
    group: Group,
    starts_at: datetime.datetime,
    ends_at: datetime.datetime,
    user: User | None = None,
    title: str = "",
    idempotency_key: str | None = None,
) -> Booked:
    """Book [starts_at, ends_at) (aware) for a user of a group, the actor if not said otherwise.

    Raises InvalidParameters with every policy that speaks against it, NotAllowed for who may not book for that user,
    IdempotencyMismatch for a key that was used for something else.
    """
    parties = parties_of(actor, instrument, group, user)
    wish = Wish(Span(starts_at, ends_at), by_staff=actor.is_staff)
    title = core.check_title(title)
    idempotency.check(idempotency_key)
    contents = idempotency.digest(
        instrument=instrument.pk, group=group.pk, user=parties.user.pk, title=title,
        starts_at=starts_at.timestamp(), ends_at=ends_at.timestamp(),
    )  # fmt: skip
    now = locking.clock()
    if idempotency_key is None and not sweep.is_due(instrument, now):
        # Most refusals need no lock: what is refused now shall not queue behind those who change something. What passes
        # is judged again when nobody else can change anything.
        core.judge(wish, gather(parties, wish.span, now))
    try:
        with locked(instrument.pk) as now:
            earlier = idempotency.made_before(Booking, actor, idempotency_key, contents)
            if earlier is not None:
                return Booked(earlier, created=False)
            sweep.settle(instrument, now)
            facts = gather(parties, wish.span, now)
            core.judge(wish, facts)
            booking = core.insert(
                parties, wish, facts.rules, title=title, idempotency_key=idempotency_key, contents_sha256=contents
            )
    except IntegrityError:
        # The same key at the same moment for another instrument, whose row the lock does not cover.
        if idempotency_key is None:
            raise
        raise IdempotencyMismatch from None
    return Booked(booking, created=True)


def edit(
    actor: User,
    booking: Booking,
    *,
    starts_at: datetime.datetime | None = None,
    ends_at: datetime.datetime | None = None,
    title: str | None = None,
) -> Booking:
    """Move, resize or rename one booking; a moved one may need approval again. Raises as `book`, Conflict when over."""
    core.must_change(actor, booking)
    with locked(booking.instrument_id) as now:
        found = core.current(booking)
        core.must_hold(found, now)
        sweep.settle(found.instrument, now)
        if title is not None:
            rename(actor, found, title)
        span = Span(starts_at or found.starts_at, ends_at or found.ends_at)
        if span != core.span_of(found):
            facts = gather(parties_of_booking(actor, found), span, now, excluding=[found.pk])
            wish = wish_to_move(actor, found, span)
            core.judge(wish, facts)
            found.series_exception = found.series_id is not None
            core.move(actor, found, wish, facts.rules)
            waitlist.offer(found.instrument, now)
    return found


def cancel(actor: User, booking: Booking, reason: str = "") -> Booking:
    """Give up a booking that has not begun. Doing so twice changes nothing."""
    core.must_change(actor, booking)
    reason = core.check_reason(reason)
    with locked(booking.instrument_id) as now:
        found = core.current(booking)
        if found.state == State.CANCELLED:
            return found
        may_cancel_now(actor, found, now)
        core.end(found, State.CANCELLED, Kind.CANCELLED, actor, now, reason)
        waitlist.offer(found.instrument, now)
    return found


def hand_over(actor: User, booking: Booking, user: User) -> Booking:
    """Let another member of the group have a booking, if every rule lets them book it; raises as `book`."""
    core.must_change(actor, booking)
    with locked(booking.instrument_id) as now:
        found = core.current(booking)
        core.must_hold(found, now)
        if found.user_id == user.pk:
            return found
        facts = gather(Parties(actor, found.instrument, found.group, user), core.span_of(found), now, [found.pk])
        core.judge(wish_to_move(actor, found, core.span_of(found)), facts)
        before, found.user = found.user.get_username(), user
        found.sequence += 1
        found.save(update_fields=["user", "sequence", "updated_at"])
        events.record(found, Kind.HANDED_OVER, actor, to=user.get_username(), before=before)
    return found


def finish(actor: User, booking: Booking) -> Booking:
    """End a running booking now, so that others can have the rest."""
    core.must_change(actor, booking)
    with locked(booking.instrument_id) as now:
        found = core.current(booking)
        core.must_hold(found, now)
        if found.starts_at >= now:
            raise Conflict("The booking has not begun; cancel it instead.", "state")
        core.shorten(found, now, actor, Kind.FINISHED)
        waitlist.offer(found.instrument, now)
    return found


def rename(actor: User, booking: Booking, title: str) -> None:
    """Another title for a booking whose instrument is locked."""
    title = core.check_title(title)
    if title == booking.title:
        return
    before, booking.title = booking.title, title
    booking.sequence += 1
    booking.save(update_fields=["title", "sequence", "updated_at"])
    events.record(booking, Kind.EDITED, actor, title=title, before=before)


def may_cancel_now(actor: User, booking: Booking, now: datetime.datetime) -> None:
    """Raises Conflict or InvalidParameters when a booking cannot be cancelled (any more)."""
    core.must_hold(booking, now)
    if booking.starts_at <= now:
        raise Conflict("The booking has begun; finish it instead.", "state")
    facts = gather(parties_of_booking(actor, booking), core.span_of(booking), now)
    fault = cancel_deadline.check_cancel(core.span_of(booking), actor.is_staff, facts)
    if fault is not None:
        raise InvalidParameters([fault])


def parties_of(actor: User, instrument: Instrument, group: Group, user: User | None) -> Parties:
    """Raises NotAllowed for who may not book for that user."""
    user = user or actor
    if not core.may_book_for(actor, user, group):
        raise NotAllowed("Only leaders of the group and staff may book for somebody else.", "user")
    return Parties(actor, instrument, group, user)


def parties_of_booking(actor: User, booking: Booking) -> Parties:
    return Parties(actor, booking.instrument, booking.group, booking.user)


def wish_to_move(actor: User, booking: Booking, span: Span) -> Wish:
    return Wish(span, by_staff=actor.is_staff, before=core.span_of(booking), approved=booking.state == State.CONFIRMED)


def preview(
    actor: User,
    *,
    instrument: Instrument,
    group: Group,
    span: Span,
    user: User | None = None,
    booking: Booking | None = None,
    now: datetime.datetime,
) -> tuple[list[FieldError], Facts]:
    """What would speak against booking (or moving `booking` to) a span, without doing it; for forms that ask first."""
    if booking is None:
        parties, wish = parties_of(actor, instrument, group, user), Wish(span, by_staff=actor.is_staff)
    else:
        parties, wish = parties_of_booking(actor, booking), wish_to_move(actor, booking, span)
    facts = gather(parties, span, now, excluding=[booking.pk] if booking else [])
    return policies.faults(wish, facts), facts
