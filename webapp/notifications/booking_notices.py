"""From an event of a booking to whoever has to know. Called by webapp.facility.bookings.events.record only."""

from __future__ import annotations

import datetime
from typing import Any

from django.urls import reverse

from webapp.accounts.models import User
from webapp.facility.models import Booking, BookingEvent
from webapp.notifications.kinds import Kind
from webapp.notifications.outbox import Notice, notify, staff
from webapp.notifications.wording import moment, name_of, span, zone_of

Event = BookingEvent.Kind

_KINDS = {
    Event.CREATED: Kind.BOOKED,
    Event.MOVED: Kind.MOVED,
    Event.CANCELLED: Kind.CANCELLED,
    Event.APPROVED: Kind.APPROVED,
    Event.DECLINED: Kind.DECLINED,
    Event.OFFERED: Kind.OFFERED,
    Event.ACCEPTED: Kind.BOOKED,
    Event.RELEASED: Kind.RELEASED,
    Event.LAPSED: Kind.RELEASED,
    Event.AFFECTED: Kind.AFFECTED,
    Event.HANDED_OVER: Kind.BOOKED,
}
_TITLES = {
    Event.CREATED: "Booked",
    Event.MOVED: "Booking moved",
    Event.CANCELLED: "Booking cancelled",
    Event.APPROVED: "Booking approved",
    Event.DECLINED: "Booking declined",
    Event.OFFERED: "Time offered",
    Event.ACCEPTED: "Offer taken",
    Event.RELEASED: "Booking released",
    Event.LAPSED: "Booking lapsed",
    Event.AFFECTED: "An outage falls into your booking",
    Event.HANDED_OVER: "A booking is yours now",
}


def happened(event: BookingEvent) -> None:
    """Tell the booking's user, and staff of what awaits their approval."""
    booking, kind = event.booking, _KINDS.get(Event(event.kind))
    if kind is None:
        return
    actor = event.actor
    if actor is not None and actor.pk == booking.user_id:
        kind = Kind.CONFIRMATION
    key = f"booking-event:{event.pk}"
    notify([booking.user], kind, key, lambda user: _to_user(event, user))
    if event.kind in (Event.CREATED, Event.MOVED, Event.ACCEPTED) and booking.state == Booking.State.PENDING:
        others = [user for user in staff() if user.pk != event.actor_id]
        notify(others, Kind.APPROVAL_WANTED, f"{key}:approval", lambda user: _to_staff(event, user))


def about(booking: Booking, user: User) -> str:
    """What and when, in the user's time zone, on lines of their own."""
    when = span(booking.starts_at, booking.ends_at, zone_of(user))
    lines = [f"Instrument: {booking.instrument.name}", f"Time: {when}", f"Group: {booking.group.name}"]
    return "\n".join(lines + ([f"Title: {booking.title}"] if booking.title else []))


def page_of(booking: Booking) -> str:
    """The page on which a booking is seen."""
    return reverse("bookings:detail", args=[booking.pk])


def _to_user(event: BookingEvent, user: User) -> Notice:
    booking, zone = event.booking, zone_of(user)
    when = f"{booking.instrument.name}, {moment(booking.starts_at, zone)}"
    said = [_sentence(event, zone), about(booking, user)]
    return Notice(f"{_TITLES[Event(event.kind)]}: {when}", "\n\n".join(part for part in said if part), page_of(booking))


def _to_staff(event: BookingEvent, user: User) -> Notice:
    booking = event.booking
    who = name_of(booking.user)
    title = f"To approve: {booking.instrument.name}, {moment(booking.starts_at, zone_of(user))}, {who}"
    return Notice(title, f"{who} asks for this time.\n\n{about(booking, user)}", reverse("bookings:approvals"))


def _sentence(event: BookingEvent, zone: datetime.tzinfo) -> str:
    """What happened and what can be done, without what `about` tells anyway."""
    payload, who = event.payload, name_of(event.actor)
    reason = f": {payload['reason']}" if payload.get("reason") else "."
    asks = " It awaits approval by staff." if payload.get("state") == Booking.State.PENDING else ""
    match event.kind:
        case Event.CREATED:
            return f"{who} booked this time for you.{asks}"
        case Event.MOVED:
            return f"{who} moved it; it was at {_span_of(payload['before'], zone)}.{asks}"
        case Event.OFFERED:
            ends = event.booking.offer_expires_at
            until = f" Take it until {moment(ends, zone)}; after that it goes to the next in line." if ends else ""
            return f"Time that you wait for has become free.{until}"
        case Event.AFFECTED:
            short = f" It now ends at {moment(_read(payload['ends_at']), zone)}." if "before" in payload else ""
            return f"The instrument cannot be used as planned{reason}{short}"
        case Event.HANDED_OVER:
            return f"{who} handed it over to you; it was for {payload['before']}."
        case Event.RELEASED:
            return "Nobody checked in in time, so the rest of it is free for others."
        case Event.LAPSED:
            return "Nobody took or approved it in time."
        case Event.CANCELLED:
            return f"{who} cancelled it{reason}"
        case Event.DECLINED:
            return f"{who} declined it{reason}"
        case Event.APPROVED:
            return f"{who} approved it."
    return f"You took the offered time.{asks}"


def _span_of(payload: dict[str, Any], zone: datetime.tzinfo) -> str:
    return span(_read(payload["starts_at"]), _read(payload["ends_at"]), zone)


def _read(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)
