"""A booking ends after it starts."""

from __future__ import annotations

from acquisition.errors import FieldError
from webapp.facility.bookings.values import Facts, Wish


def check(wish: Wish, facts: Facts) -> FieldError | None:
    if wish.span.ends_at is None or wish.span.ends_at <= wish.span.starts_at:
        return FieldError("ends_at", f"Must be after the start, {facts.say(wish.span.starts_at)}.")
    return None
