"""A series has an end, not too many bookings, and none beyond the horizon: nobody books ten years."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from acquisition.errors import FieldError
from webapp.facility.bookings.recurrence import Recurrence
from webapp.facility.bookings.values import Rules


def check(
    recurrence: Recurrence, starts: Sequence[datetime.datetime], rules: Rules, now: datetime.datetime
) -> FieldError | None:
    """`starts` are the wall-clock starts that the rule gives, cut off somewhere behind the permitted number."""
    most = rules.series_count_max
    field = "recurrence.until" if recurrence.count is None else "recurrence.count"
    if (recurrence.count or 0) > most or len(starts) > most:
        return FieldError(field, f"A series has at most {most} bookings.")
    latest = (now + datetime.timedelta(days=rules.horizon_days)).date()
    # a day more, for what a wall-clock day may differ from UTC's; the horizon of every booking is judged exactly
    if starts and starts[-1].date() > latest + datetime.timedelta(days=1):
        return FieldError(
            field,
            f"Bookings end at most {rules.horizon_days} days ahead; the last of these is on {starts[-1].date()}.",
        )
    if not starts:
        return FieldError(field, "There is no such day: the series would be empty.")
    return None
