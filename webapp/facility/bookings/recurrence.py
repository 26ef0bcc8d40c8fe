"""Recurring bookings: which wall-clock times a rule gives. Pure; the occurrences are booked one by one."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from dateutil import rrule

from acquisition.errors import FieldError, InvalidParameters

FREQUENCIES = {"daily": rrule.DAILY, "weekly": rrule.WEEKLY, "monthly": rrule.MONTHLY}
WEEKDAYS = {
    "MO": rrule.MO,
    "TU": rrule.TU,
    "WE": rrule.WE,
    "TH": rrule.TH,
    "FR": rrule.FR,
    "SA": rrule.SA,
    "SU": rrule.SU,
}
INTERVAL_MAX = 52


@dataclass(frozen=True)
class Recurrence:
    """Every `interval` days, weeks or months, `count` times or until a day (included), as RFC 5545 has it.

    With `weekdays`, weekly bookings are on those days instead of the first one's. Months without the day of the first
    occurrence (the 31st) are left out.
    """

    frequency: str
    interval: int = 1
    weekdays: tuple[str, ...] = ()
    count: int | None = None
    until: datetime.date | None = None

    def as_json(self) -> dict[str, Any]:
        values = asdict(self)
        return values | {"weekdays": list(self.weekdays), "until": self.until.isoformat() if self.until else None}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Recurrence:
        until = values.get("until")
        return cls(
            frequency=values["frequency"],
            interval=values.get("interval", 1),
            weekdays=tuple(values.get("weekdays", ())),
            count=values.get("count"),
            until=datetime.date.fromisoformat(until) if until else None,
        )


def check(recurrence: Recurrence) -> None:
    """Whether the fields make a rule; raises InvalidParameters. How many occurrences it may have is a policy."""
    errors: list[FieldError] = []
    if recurrence.frequency not in FREQUENCIES:
        errors.append(FieldError("recurrence.frequency", f"Must be one of {', '.join(FREQUENCIES)}."))
    if not 1 <= recurrence.interval <= INTERVAL_MAX:
        errors.append(FieldError("recurrence.interval", f"Must be 1 to {INTERVAL_MAX}."))
    if not set(recurrence.weekdays) <= set(WEEKDAYS):
        errors.append(FieldError("recurrence.weekdays", f"Must be among {', '.join(WEEKDAYS)}."))
    if recurrence.weekdays and recurrence.frequency != "weekly":
        errors.append(FieldError("recurrence.weekdays", "Only a weekly recurrence has weekdays."))
    if (recurrence.count is None) == (recurrence.until is None):
        errors.append(FieldError("recurrence.count", "Give either count or until, so that the series has an end."))
    if recurrence.count is not None and recurrence.count < 1:
        errors.append(FieldError("recurrence.count", "Must be at least 1."))
    if errors:
        raise InvalidParameters(errors)


def starts(first: datetime.datetime, recurrence: Recurrence, at_most: int) -> Sequence[datetime.datetime]:
    """The wall-clock starts, `first` (naive) being the earliest possible; never more than `at_most`."""
    until = None if recurrence.until is None else datetime.datetime.combine(recurrence.until, datetime.time.max)
    rule = rrule.rrule(
        FREQUENCIES[recurrence.frequency],
        dtstart=first,
        interval=recurrence.interval,
        byweekday=[WEEKDAYS[day] for day in recurrence.weekdays] or None,
        count=recurrence.count,
        until=until,
        cache=False,
    )
    return list(islice(rule, at_most))
