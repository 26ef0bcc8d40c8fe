"""An archived group books nothing new."""

from __future__ import annotations

from acquisition.errors import FieldError
from webapp.facility.bookings.values import Facts, Wish


def check(wish: Wish, facts: Facts) -> FieldError | None:
    if facts.group_archived:
        return FieldError("group", "This group is archived; staff can reopen it.")
    return None
