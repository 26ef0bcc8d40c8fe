"""A booking leaves time for others."""

from __future__ import annotations

from acquisition.errors import FieldError
from webapp.facility.bookings.values import Facts, Wish


def check(wish: Wish, facts: Facts) -> FieldError | None:
    minutes = (wish.span.ends_at - wish.span.starts_at).total_seconds() / 60
    if minutes > facts.rules.duration_max_minutes:
        return FieldError(
            "ends_at", f"A booking lasts at most {facts.rules.duration_max_minutes} min, not {minutes:g}."
        )
    return None
