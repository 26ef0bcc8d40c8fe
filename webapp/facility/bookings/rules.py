"""Which values of the policies count: of all rows that apply, the most restrictive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q

from webapp.facility.bookings.values import Rules
from webapp.facility.models import BookingRules

#: which of two values restricts more
RESTRICTIVE: dict[str, Callable[[Any, Any], Any]] = {
    "duration_min_minutes": max,
    "duration_max_minutes": min,
    "horizon_days": min,
    "weekly_hours_user_max": min,
    "weekly_hours_group_max": min,
    "buffer_minutes": max,
    "cancel_deadline_minutes": max,
    "no_show_minutes": min,
    "series_count_max": min,
    "needs_qualification": max,
    "needs_approval": max,
}


def effective(instrument_id: int, group_id: int | None) -> Rules:
    """The rules for bookings of a group on an instrument; without a group, those that hold for every group.

    Rows for all instruments, this instrument, all groups and this group apply together; a value that none of them
    gives is the default of `Rules`.
    """
    groups = Q(group__isnull=True) if group_id is None else Q(group__isnull=True) | Q(group=group_id)
    rows = BookingRules.objects.filter(Q(instrument__isnull=True) | Q(instrument=instrument_id), groups)
    found: dict[str, Any] = {}
    for row in rows.values(*RESTRICTIVE):
        for name, value in row.items():
            if value is not None:
                found[name] = RESTRICTIVE[name](found[name], value) if name in found else value
    return Rules(**found)
