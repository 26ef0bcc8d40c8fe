"""Outages and maintenance: staff say when an instrument cannot be used, and what becomes of the bookings in it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.models import QuerySet

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import User
from webapp.errors import Conflict, NotAllowed
from webapp.facility.bookings import core, events, waitlist
from webapp.facility.bookings.locking import locked
from webapp.facility.models import Booking, Instrument, Outage, WaitlistEntry
from webapp.runs.queue import hints

State, Kind = Booking.State, events.Kind

#: what becomes of bookings: their users are told and decide themselves, or they are cancelled
ON_BOOKINGS = ("keep", "cancel")


@dataclass(frozen=True)
class Declared:
    """An outage, and the bookings that it affects (those cancelled for it included)."""

    outage: Outage
    affected: tuple[Booking, ...]


def declare(
    actor: User,
    *,
    instrument: Instrument,
    kind: str,
    starts_at: datetime.datetime,
    ends_at: datetime.datetime | None,
    reason: str,
    on_bookings: str = "keep",
) -> Declared:
    """Staff: nobody's booking or run takes place in [starts_at, ends_at), or until further notice."""
    _staff(actor)
    outage = Outage(
        instrument=instrument, kind=kind, starts_at=starts_at, ends_at=ends_at, reason=reason.strip(), created_by=actor
    )
    _check(outage, on_bookings)
    with locked(instrument.pk) as now:
        outage.save(force_insert=True)
        return Declared(outage, _deal_with_bookings(actor, outage, on_bookings, now, known=frozenset()))


def change(
    actor: User,
    outage: Outage,
    *,
    starts_at: datetime.datetime | None = None,
    ends_at: datetime.datetime | None = None,
    until_further_notice: bool = False,
    reason: str | None = None,
    on_bookings: str = "keep",
) -> Declared:
    """Staff: other times or another reason. Bookings that were not affected before are dealt with as asked."""
    _staff(actor)
    with locked(outage.instrument_id) as now:
        found = Outage.objects.select_related("instrument").get(pk=outage.pk)
        if found.withdrawn_at is not None:
            raise Conflict("The outage was withdrawn.", "state")
        known = frozenset(affected(found).values_list("pk", flat=True))
        found.starts_at = starts_at or found.starts_at
        found.ends_at = None if until_further_notice else ends_at or found.ends_at
        found.reason = found.reason if reason is None else reason.strip()
        _check(found, on_bookings)
        found.save(update_fields=["starts_at", "ends_at", "reason"])
        done = _deal_with_bookings(actor, found, on_bookings, now, known)
        _time_is_free(found.instrument, now)
    return Declared(found, done)


def withdraw(actor: User, outage: Outage) -> Outage:
    """Staff: it does not take place, or is over; what has passed of it stays on record. Twice changes nothing."""
    _staff(actor)
    with locked(outage.instrument_id) as now:
        found = Outage.objects.select_related("instrument").get(pk=outage.pk)
        if found.withdrawn_at is None and (found.ends_at is None or found.ends_at > now):
            if found.starts_at < now:
                found.ends_at = now
            else:
                found.withdrawn_at = now
            found.save(update_fields=["ends_at", "withdrawn_at"])
            _time_is_free(found.instrument, now)
    return found


def affected(outage: Outage) -> QuerySet[Booking]:
    """Bookings that hold time within the outage."""
    found = Booking.objects.filter(
        instrument=outage.instrument_id, state__in=Booking.HOLDING, ends_at__gt=outage.starts_at
    ).select_related("instrument", "group", "user")
    return found if outage.ends_at is None else found.filter(starts_at__lt=outage.ends_at)


def _deal_with_bookings(
    actor: User, outage: Outage, on_bookings: str, now: datetime.datetime, known: frozenset[int]
) -> tuple[Booking, ...]:
    concerned = [booking for booking in affected(outage) if booking.ends_at > now]
    facts = {"outage": outage.pk, "reason": outage.reason}
    for booking in concerned:
        if booking.state == State.OFFERED:
            WaitlistEntry.objects.filter(booking=booking).update(state=WaitlistEntry.State.WAITING, booking=None)
            core.end(booking, State.LAPSED, Kind.LAPSED, None, now)
        elif on_bookings == "cancel" and booking.starts_at > now:
            core.end(booking, State.CANCELLED, Kind.CANCELLED, actor, now, outage.reason)
        elif on_bookings == "cancel" and max(outage.starts_at, now) > booking.starts_at:
            core.shorten(booking, max(outage.starts_at, now), actor, Kind.AFFECTED, **facts)
        elif booking.pk not in known:
            events.record(booking, Kind.AFFECTED, actor, **facts, **events.span(booking))
    return tuple(booking for booking in concerned if booking.state != State.LAPSED)


def _time_is_free(instrument: Instrument, now: datetime.datetime) -> None:
    hints.instrument(instrument.slug)
    waitlist.offer(instrument, now)


def _check(outage: Outage, on_bookings: str) -> None:
    errors: list[FieldError] = []
    if outage.kind not in Outage.Kind.values:
        errors.append(FieldError("kind", f"Must be one of {', '.join(Outage.Kind.values)}."))
    if outage.ends_at is not None and outage.ends_at <= outage.starts_at:
        errors.append(FieldError("ends_at", "Must be after the start."))
    if not 1 <= len(outage.reason) <= core.REASON_MAX:
        errors.append(FieldError("reason", f"The reason has 1 to {core.REASON_MAX} characters."))
    if on_bookings not in ON_BOOKINGS:
        errors.append(FieldError("on_bookings", f"Must be one of {', '.join(ON_BOOKINGS)}."))
    if errors:
        raise InvalidParameters(errors)


def _staff(actor: User) -> None:
    if not actor.is_staff:
        raise NotAllowed("Only the facility's staff may take an instrument out of use.")
