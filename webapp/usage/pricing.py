"""What hours cost: rates by day, and the rules by which hours are charged. Pure, in Decimal."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

from webapp.usage.models import Rate, Tariff
from webapp.usage.periods import HOUR_US

Rule = Rate.Rule
CENT = Decimal("0.01")


@dataclass(frozen=True)
class DayHours:
    """Microseconds of a group on an instrument on one day; `within` is what was used within its own bookings."""

    booked: int = 0
    used: int = 0
    within: int = 0
    transmitting: int = 0

    def __add__(self, other: DayHours) -> DayHours:
        return DayHours(
            self.booked + other.booked, self.used + other.used, self.within + other.within,
            self.transmitting + other.transmitting,
        )  # fmt: skip


@dataclass(frozen=True)
class PriceList:
    """The facility's rates, and the classes of groups as (group, first day, tariff)."""

    rates: Sequence[Rate] = ()
    tariffs: Sequence[tuple[int, datetime.date, str]] = ()

    def tariff(self, group_id: int, day: datetime.date) -> str:
        """The class of a group on a day; of rows for the same day the one made last counts."""
        found = [(start, place, name) for place, (group, start, name) in enumerate(self.tariffs)
                 if group == group_id and start <= day]  # fmt: skip
        return max(found)[2] if found else Tariff.INTERNAL

    def rate(self, instrument_id: int, group_id: int, day: datetime.date) -> Rate | None:
        """The rate that counts, see Rate; None when nothing is charged."""
        tariff = self.tariff(group_id, day)
        found = [
            rate for rate in self.rates
            if rate.instrument_id in (None, instrument_id) and rate.tariff in ("", tariff) and rate.valid_from <= day
        ]  # fmt: skip
        return max(found, key=_weight, default=None)


def hours(microseconds: int) -> Decimal:
    """Whole microseconds as hours, to 28 digits."""
    return Decimal(microseconds) / HOUR_US


def amount(days: Iterable[tuple[datetime.date, DayHours]], prices: PriceList, instrument: int, group: int) -> Decimal:
    """What the days of one month cost a group on an instrument, to a cent.

    Days in a row with the same rate are charged together by its rule (webapp.usage.models.Rate.Rule).
    """
    rated = ((prices.rate(instrument, group, day), spent) for day, spent in days)
    total = Decimal(0)
    for rate, stretch in groupby(rated, key=lambda entry: entry[0]):
        if rate is not None:
            total += charge(sum((spent for _rate, spent in stretch), DayHours()), rate)
    return total.quantize(CENT, ROUND_HALF_UP)


def charge(spent: DayHours, rate: Rate) -> Decimal:
    """What these hours cost at this rate, not rounded."""
    booked, used = hours(spent.booked) * rate.booked_hour, hours(spent.used) * rate.used_hour
    match rate.rule:
        case Rule.LARGER:
            occupied = max(booked, used)
        case Rule.EACH:
            occupied = booked + used
        case _:
            occupied = booked + hours(spent.used - spent.within) * rate.used_hour
    return occupied + hours(spent.transmitting) * rate.transmitting_hour


def _weight(rate: Rate) -> tuple[bool, bool, datetime.date, int]:
    return rate.instrument_id is not None, bool(rate.tariff), rate.valid_from, rate.pk
