"""Users book for their own groups; staff, who belong to none, for every group."""

from __future__ import annotations

from acquisition.errors import FieldError
from webapp.facility.bookings.values import Facts, Wish


def check(wish: Wish, facts: Facts) -> FieldError | None:
    if not facts.is_member:
        return FieldError("group", "The user is not a member of this group.")
    return None
