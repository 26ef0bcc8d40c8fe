"""Nothing is booked while the instrument is out of order or being maintained."""

from __future__ import annotations

from acquisition.errors import FieldError
from webapp.facility.bookings.values import Facts, Wish


def check(wish: Wish, facts: Facts) -> FieldError | None:
    for outage in facts.outages:
        if outage.span.overlaps(wish.span):
            until = "until further notice" if outage.span.ends_at is None else f"until {facts.say(outage.span.ends_at)}"
            return FieldError(
                "starts_at",
                f"The instrument is not available from {facts.say(outage.span.starts_at)} {until}: {outage.reason}",
            )
    return None
