"""Months and days of the facility: calendar ones in its time zone, as moments in microseconds since 1970 (UTC)."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acquisition.errors import FieldError, InvalidParameters
from webapp.facility.bookings.localtime import YEAR_MAX, YEAR_MIN

Moments = npt.NDArray[np.int64]

HOUR_US = 3_600_000_000
MONTHS_MAX = 24
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)
_MONTH = re.compile(r"(\d{4})-(\d\d)", re.ASCII)


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def first_day(self) -> datetime.date:
        return datetime.date(self.year, self.number, 1)

    def later(self, months: int) -> Month:
        """The month so many months later (negative: earlier)."""
        years, number = divmod(self.number - 1 + months, 12)
        return Month(self.year + years, number + 1)

    @classmethod
    def of(cls, day: datetime.date) -> Month:
        return cls(day.year, day.month)


def read_month(text: str, field: str = "month") -> Month:
    """ "2027-03" as a month; raises InvalidParameters."""
    match = _MONTH.fullmatch(text)
    if match:
        year, number = int(match[1]), int(match[2])
        if YEAR_MIN <= year < YEAR_MAX and 1 <= number <= 12:
            return Month(year, number)
    message = f"Must be a month between {YEAR_MIN}-01 and {YEAR_MAX - 1}-12, such as 2027-03."
    raise InvalidParameters([FieldError(field, message)])


def microseconds(moment: datetime.datetime) -> int:
    """An aware moment in whole microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def midnight_us(day: datetime.date, zone: datetime.tzinfo) -> int:
    """When the day begins in the zone.

    Of a midnight that comes twice it is the first; one that clocks are put forward over is the moment they are.
    """
    return microseconds(datetime.datetime.combine(day, datetime.time(), tzinfo=zone))


@dataclass(frozen=True)
class Period:
    """Whole months, from the first to the last."""

    first: Month
    last: Month

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InvalidParameters([FieldError("until", f"Must not be before the first month, {self.first}.")])
        if self.first.later(MONTHS_MAX - 1) < self.last:
            raise InvalidParameters([FieldError("until", f"At most {MONTHS_MAX} months can be told at once.")])

    @property
    def months(self) -> tuple[Month, ...]:
        found = [self.first]
        while found[-1] < self.last:
            found.append(found[-1].later(1))
        return tuple(found)

    @property
    def days(self) -> tuple[datetime.date, ...]:
        first, behind = self.first.first_day, self.last.later(1).first_day
        return tuple(first + datetime.timedelta(days=k) for k in range((behind - first).days))

    def edges_us(self, zone: datetime.tzinfo) -> Moments:
        """Where the days begin in the zone, and where the last one ends, shape (days + 1,)."""
        behind = self.last.later(1).first_day
        return np.array([midnight_us(day, zone) for day in (*self.days, behind)], dtype=np.int64)
