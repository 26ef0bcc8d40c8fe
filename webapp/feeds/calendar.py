"""A feed as iCalendar (RFC 5545). The same rows give the same bytes."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse
from icalendar import Calendar, Event

from webapp.facility.models import Booking, Outage
from webapp.feeds import entries
from webapp.feeds.models import CalendarFeed
from webapp.notifications.wording import name_of

#: what calendars are asked to keep to between two fetches
REFRESH = datetime.timedelta(minutes=15)
#: an outage until further notice is drawn this far ahead, to the day
AHEAD = datetime.timedelta(days=30)
#: part after the @ of identities; they stay the same when the site moves
_DOMAIN = "rasgado-nqr"
_STATUS = {Booking.State.CONFIRMED: "CONFIRMED", Booking.State.PENDING: "TENTATIVE", Booking.State.OFFERED: "TENTATIVE"}


def render(feed: CalendarFeed, now: datetime.datetime) -> bytes:
    """The feed's contents, UTF-8 with folded lines. Times are UTC, which is right over every change of clocks."""
    calendar = Calendar()
    calendar.add("prodid", "-//RASGADO NQR//Bookings//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", clean(name(feed)))
    calendar.add("x-wr-calname", clean(name(feed)))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    for event in _events(feed, now):
        calendar.add_component(event)
    return calendar.to_ical()


def name(feed: CalendarFeed) -> str:
    """What calendar programs call it."""
    return f"RASGADO: {feed}"


def clean(text: str) -> str:
    """Text without the control characters that iCalendar has no way to write; of white space, line feeds stay."""
    letters = (letter if letter == "\n" else " " if letter.isspace() else letter for letter in text)
    return "".join(letter for letter in letters if letter == "\n" or letter.isprintable())


def _events(feed: CalendarFeed, now: datetime.datetime) -> Iterable[Event]:
    groups = entries.visible_groups(feed)
    for booking in entries.bookings(feed, now):
        own = booking.user_id == feed.user_id
        yield _booking(feed, booking, told=own or groups is None or booking.group_id in groups)
    for outage in entries.outages(feed, now):
        yield _outage(outage, now)


def _booking(feed: CalendarFeed, booking: Booking, *, told: bool) -> Event:
    """One booking; of those that the user may not see only when it is, and that it was cancelled."""
    event = Event()
    event.add("uid", f"{booking.uid}@{_DOMAIN}")
    event.add("sequence", booking.sequence)
    event.add("dtstamp", _utc(booking.updated_at))
    event.add("last-modified", _utc(booking.updated_at))
    event.add("created", _utc(booking.created_at))
    event.add("dtstart", _utc(booking.starts_at))
    event.add("dtend", _utc(booking.ends_at))
    status = _STATUS.get(Booking.State(booking.state), "CANCELLED")
    event.add("status", status)
    event.add("transp", "TRANSPARENT" if status == "CANCELLED" else "OPAQUE")
    place = booking.instrument
    if place.location:
        event.add("location", clean(place.location))
    if not told:
        event.add("summary", clean(f"{place.name}: booked"))
        return event
    shows_place = feed.scope != CalendarFeed.Scope.INSTRUMENT
    who = name_of(booking.user)
    about = booking.title or (who if feed.scope != CalendarFeed.Scope.OWN else "")
    parts = ([place.name] if shows_place else []) + ([about] if about else [])
    summary = ": ".join(parts) or place.name
    if status == "TENTATIVE":
        summary += f" ({booking.get_state_display().lower()})"
    event.add("summary", clean(summary))
    lines = [f"Group: {booking.group.name}", f"For: {who}", f"State: {booking.get_state_display().lower()}"]
    event.add("description", clean("\n".join(lines + ([f"Reason: {booking.reason}"] if booking.reason else []))))
    event.add("url", urljoin(settings.RASGADO_SITE_URL, reverse("bookings:detail", args=[booking.pk])))
    return event


def _outage(outage: Outage, now: datetime.datetime) -> Event:
    changed_at = outage.withdrawn_at or outage.created_at
    today = now.astimezone(datetime.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ends_at = outage.ends_at or max(today, outage.starts_at) + AHEAD
    event = Event()
    event.add("uid", f"outage-{outage.pk}@{_DOMAIN}")
    event.add("sequence", 1 if outage.withdrawn_at else 0)
    event.add("dtstamp", _utc(changed_at))
    event.add("last-modified", _utc(changed_at))
    event.add("dtstart", _utc(outage.starts_at))
    event.add("dtend", _utc(ends_at))
    event.add("status", "CANCELLED" if outage.withdrawn_at else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if outage.withdrawn_at else "OPAQUE")
    event.add("summary", clean(f"{outage.get_kind_display()}: {outage.reason}"))
    if outage.ends_at is None:
        event.add("description", "Until further notice.")
    return event


def _utc(moment: datetime.datetime) -> datetime.datetime:
    return moment.astimezone(datetime.UTC).replace(microsecond=0)
