"""Template tags of bookings: times in the viewer's zone, rules in words, one's own training."""

from __future__ import annotations

import datetime
from typing import Any

from django import template

from webapp.facility import access
from webapp.facility.bookings import locking
from webapp.facility.pages import words

register = template.Library()

register.filter("moment", words.moment)
register.filter("event_sentence", words.event)


@register.simple_tag
def span(starts_at: datetime.datetime, ends_at: datetime.datetime | None) -> str:
    """Start and end, the day told once."""
    return words.span(starts_at, ends_at)


@register.filter
def span_of(booking: Any) -> str:
    """When a booking or an outage is."""
    return words.span(booking.starts_at, booking.ends_at)


@register.inclusion_tag("facility/bookings/_training.html", takes_context=True)
def own_training(context: template.Context) -> dict[str, Any]:
    """The instruments that the viewer is trained on."""
    user, now = context["request"].user, locking.clock()
    rows = access.qualifications(user).filter(user=user, revoked_at__isnull=True).order_by("instrument__name")
    return {"qualifications": rows, "now": now, "soon": now + datetime.timedelta(days=30)}


@register.inclusion_tag("facility/bookings/_today.html", takes_context=True)
def bookings_of_instrument(context: template.Context, instrument: Any) -> dict[str, Any]:
    """What takes an instrument in the next days, its rules, and whether the viewer is trained on it."""
    from webapp.facility.pages import upcoming

    return upcoming.context(context["request"].user, instrument)
