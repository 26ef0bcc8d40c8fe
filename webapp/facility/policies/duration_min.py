"""A booking is long enough to be worth its turn."""

from __future__ import annotations

from acquisition.errors import FieldError
from webapp.facility.bookings.values import Facts, Wish


def check(wish: Wish, facts: Facts) -> FieldError | None:
    minutes = (wish.span.ends_at - wish.span.starts_at).total_seconds() / 60
    if minutes < facts.rules.duration_min_minutes:
        return FieldError(
            "ends_at", f"A booking lasts at least {facts.rules.duration_min_minutes} min, not {minutes:g}."
        )
    return None
