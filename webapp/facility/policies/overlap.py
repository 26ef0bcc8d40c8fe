"""An instrument is booked once at a time."""

from __future__ import annotations

from acquisition.errors import FieldError
from webapp.facility.bookings.values import Facts, Wish


def check(wish: Wish, facts: Facts) -> FieldError | None:
    for taken in facts.taken:
        if taken.overlaps(wish.span):
            return FieldError("starts_at", f"Taken from {facts.say(taken.starts_at)} to {facts.say(taken.ends_at)}.")
    return None
