"""Nobody books for a closed account."""

from __future__ import annotations

from acquisition.errors import FieldError
from webapp.facility.bookings.values import Facts, Wish


def check(wish: Wish, facts: Facts) -> FieldError | None:
    if not facts.user_active:
        return FieldError("user", "This account is closed.")
    return None
