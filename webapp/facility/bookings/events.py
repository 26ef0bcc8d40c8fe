"""What happened to bookings, written in the transaction that did it, for notifications, calendars and the audit trail.

Payloads: `created`, `offered`, `accepted`, `approved` {starts_at, ends_at, state}; `moved` the same and {before:
{starts_at, ends_at}}; `edited` {title, before}; `cancelled`, `declined` {reason}; `finished` {ends_at, before};
`affected` {outage, reason, ends_at} with starts_at or, when cut short, before; `handed_over` {to, before} (user names);
the others {}. Times are ISO 8601, UTC.
"""

from __future__ import annotations

import datetime
from typing import Any

from webapp.accounts.models import User
from webapp.facility.models import Booking, BookingEvent
from webapp.notifications import booking_notices

Kind = BookingEvent.Kind


def record(booking: Booking, kind: Kind, actor: User | None, **payload: Any) -> BookingEvent:
    """Note an event, and tell whoever has to know; `actor` None is the service itself."""
    values = {name: _plain(value) for name, value in payload.items()}
    event = BookingEvent.objects.create(booking=booking, kind=kind, actor=actor, payload=values)
    booking_notices.happened(event)
    return event


def span(booking: Booking) -> dict[str, str]:
    """Time of a booking for a payload."""
    return {"starts_at": _plain(booking.starts_at), "ends_at": _plain(booking.ends_at)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
    return value
