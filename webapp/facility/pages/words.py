"""Times, rules and events of bookings in words."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from webapp.facility.bookings.values import Rules
from webapp.facility.models import BookingEvent
from webapp.home import formatting

Kind = BookingEvent.Kind


def moment(at: datetime.datetime) -> str:
    """Tue 2 Mar 2027, 09:00 in the viewer's zone."""
    local = timezone.localtime(at)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def span(starts_at: datetime.datetime, ends_at: datetime.datetime | None) -> str:
    """Tue 2 Mar 2027, 09:00 – 11:00; the end's day is told where it is another one."""
    if ends_at is None:
        return f"{moment(starts_at)} until further notice"
    start, end = timezone.localtime(starts_at), timezone.localtime(ends_at)
    if start.date() == end.date():
        changed = f" {end:%Z}" if start.utcoffset() != end.utcoffset() else ""
        return f"{moment(starts_at)} – {end:%H:%M}{changed}"
    return f"{moment(starts_at)} – {moment(ends_at)}"


def minutes(value: float) -> str:
    """90 -> "1 h 30 min"."""
    return formatting.duration(value * 60)


def rules(values: Rules) -> list[str]:
    """The rules that count, one sentence each."""
    said = [
        f"A booking lasts {minutes(values.duration_min_minutes)} to {minutes(values.duration_max_minutes)}.",
        f"It ends at most {values.horizon_days} days ahead.",
    ]
    if values.buffer_minutes:
        said.append(f"{minutes(values.buffer_minutes)} stay free between two bookings.")
    if values.weekly_hours_user_max is not None:
        said.append(f"One user may book {values.weekly_hours_user_max:g} h a week.")
    if values.weekly_hours_group_max is not None:
        said.append(f"One group may book {values.weekly_hours_group_max:g} h a week.")
    if values.needs_qualification:
        said.append("Only who has been trained on it may book it.")
    if values.needs_approval:
        said.append("Staff approve every booking before it counts.")
    if values.no_show_minutes is not None:
        said.append(f"A booking nobody checks in to is released {minutes(values.no_show_minutes)} after its start.")
    if values.cancel_deadline_minutes:
        said.append(f"It can be given up until {minutes(values.cancel_deadline_minutes)} before its start.")
    return said


def event(row: BookingEvent) -> str:
    """What happened, as a sentence."""
    if row.actor is None and row.kind in _BY_ITSELF:
        return _BY_ITSELF[Kind(row.kind)]
    who = "The facility" if row.actor is None else row.actor.get_full_name() or row.actor.get_username()
    return _SENTENCES[Kind(row.kind)](who, row.payload)


def _span_of(payload: dict[str, Any]) -> str:
    return span(read(payload["starts_at"]), read(payload["ends_at"]))


def read(text: str) -> datetime.datetime:
    """A time of an event's payload."""
    return datetime.datetime.fromisoformat(text)


def _because(payload: dict[str, Any]) -> str:
    return f": {payload['reason']}" if payload.get("reason") else "."


def _asks(payload: dict[str, Any]) -> str:
    return " It awaits approval." if payload.get("state") == "pending" else ""


def _finished(who: str, payload: dict[str, Any]) -> str:
    return f"{who} finished early, at {moment(read(payload['ends_at']))}."


def _affected(_who: str, payload: dict[str, Any]) -> str:
    shortened = f" It was cut short at {moment(read(payload['ends_at']))}." if "before" in payload else ""
    return f"An outage falls into it{_because(payload)}{shortened}"


_SENTENCES: dict[Kind, Callable[[str, dict[str, Any]], str]] = {
    Kind.CREATED: lambda who, payload: f"{who} booked {_span_of(payload)}.{_asks(payload)}",
    Kind.MOVED: lambda who, payload: (
        f"{who} moved it from {_span_of(payload['before'])} to {_span_of(payload)}.{_asks(payload)}"
    ),
    Kind.EDITED: lambda who, payload: f"{who} changed the title to “{payload.get('title') or 'none'}”.",
    Kind.CANCELLED: lambda who, payload: f"{who} cancelled it{_because(payload)}",
    Kind.APPROVED: lambda who, _payload: f"{who} approved it.",
    Kind.DECLINED: lambda who, payload: f"{who} declined it{_because(payload)}",
    Kind.CHECKED_IN: lambda who, _payload: f"{who} checked in.",
    Kind.FINISHED: _finished,
    Kind.RELEASED: lambda _who, _payload: "Nobody checked in, so it was released.",
    Kind.OFFERED: lambda _who, payload: f"The waitlist offered {_span_of(payload)}.",
    Kind.ACCEPTED: lambda who, payload: f"{who} took the offered time.{_asks(payload)}",
    Kind.LAPSED: lambda who, _payload: f"{who} let the offer go.",
    Kind.AFFECTED: _affected,
}

_BY_ITSELF = {
    Kind.CHECKED_IN: "A run of the group started in it, which counts as checking in.",
    Kind.LAPSED: "It lapsed: nobody decided in time.",
}
