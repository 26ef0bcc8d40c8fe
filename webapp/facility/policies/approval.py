"""Where staff approve bookings, the others' wait for it, and wait again when they are moved to other times."""

from __future__ import annotations

from webapp.facility.bookings.values import Rules, Wish


def needed(wish: Wish, rules: Rules) -> bool:
    """Whether this must be approved. What stays within a time that was approved need not be again."""
    if not rules.needs_approval or wish.by_staff:
        return False
    if wish.approved and wish.before is not None:
        return not (wish.before.starts_at <= wish.span.starts_at and wish.span.ends_at <= wish.before.ends_at)
    return True
