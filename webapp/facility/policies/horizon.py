"""How far ahead one may book."""

from __future__ import annotations

import datetime

from acquisition.errors import FieldError
from webapp.facility.bookings.values import Facts, Wish


def check(wish: Wish, facts: Facts) -> FieldError | None:
    latest = facts.now + datetime.timedelta(days=facts.rules.horizon_days)
    if wish.span.ends_at > latest:
        return FieldError(
            "ends_at", f"Bookings end at most {facts.rules.horizon_days} days ahead, before {facts.say(latest)}."
        )
    return None
