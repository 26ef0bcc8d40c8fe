"""Nobody books the past. A booking that has begun keeps its start, and can be given another end from now on."""

from __future__ import annotations

import datetime

from acquisition.errors import FieldError
from webapp.facility.bookings.values import Facts, Wish

#: who books "from now" and then fills in a form shall not be told that now is over
_NOW = datetime.timedelta(minutes=1)


def check(wish: Wish, facts: Facts) -> FieldError | None:
    begun = wish.before is not None and wish.before.starts_at <= facts.now
    if begun and wish.span.starts_at != wish.before.starts_at:
        return FieldError("starts_at", "The booking has begun; its start cannot be moved any more.")
    if not begun and wish.span.starts_at < facts.now - _NOW:
        return FieldError("starts_at", f"Is in the past; it is {facts.say(facts.now)}.")
    if begun and wish.span.ends_at < facts.now - _NOW:
        return FieldError("ends_at", f"Is in the past; it is {facts.say(facts.now)}.")
    return None
