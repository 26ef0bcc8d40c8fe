"""Time between two bookings, as for changing samples. Overlaps are another policy's."""

from __future__ import annotations

import datetime

from acquisition.errors import FieldError
from webapp.facility.bookings.values import Facts, Wish


def check(wish: Wish, facts: Facts) -> FieldError | None:
    gap = datetime.timedelta(minutes=facts.rules.buffer_minutes)
    for taken in facts.taken:
        if taken.ends_at <= wish.span.starts_at < taken.ends_at + gap:
            return FieldError(
                "starts_at",
                f"{facts.rules.buffer_minutes} min stay free between bookings; start at "
                f"{facts.say(taken.ends_at + gap)} or later.",
            )
        if wish.span.ends_at <= taken.starts_at < wish.span.ends_at + gap:
            return FieldError(
                "ends_at",
                f"{facts.rules.buffer_minutes} min stay free between bookings; end at "
                f"{facts.say(taken.starts_at - gap)} or earlier.",
            )
    return None
