"""Who gives up time late leaves others no chance to use it: until when a booking can be cancelled or moved away.

Staff may all the same. A booking that has begun can always be ended early.
"""

from __future__ import annotations

import datetime

from acquisition.errors import FieldError
from webapp.facility.bookings.values import Facts, Span, Wish


def check(wish: Wish, facts: Facts) -> FieldError | None:
    """A move that gives up some of the booked time, which would be a way round the deadline."""
    before = wish.before
    if before is None or before.starts_at <= facts.now:
        return None
    if wish.span.starts_at <= before.starts_at and before.ends_at <= wish.span.ends_at:
        return None
    return check_cancel(before, wish.by_staff, facts)


def check_cancel(span: Span, by_staff: bool, facts: Facts) -> FieldError | None:
    """Whether a booking of this span may be cancelled now."""
    minutes = facts.rules.cancel_deadline_minutes
    deadline = span.starts_at - datetime.timedelta(minutes=minutes)
    if by_staff or facts.now <= deadline:
        return None
    return FieldError(
        "starts_at",
        f"This booking could be given up until {facts.say(deadline)}, {minutes} min before its start; ask staff.",
    )
