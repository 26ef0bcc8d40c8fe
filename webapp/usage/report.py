"""The accounts of some months as one user sees them: what page, API and CSV all show."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from webapp.accounts.access import Viewer
from webapp.accounts.models import Group, User
from webapp.facility.models import Instrument
from webapp.usage import access, frozen, pricing
from webapp.usage.accounting import Account, account
from webapp.usage.facts import gather
from webapp.usage.models import ClosedMonth, GroupTariff, Rate, UsageCorrection
from webapp.usage.periods import HOUR_US, Month, Period
from webapp.usage.pricing import DayHours, PriceList
from webapp.usage.spans import Integers

Kind = UsageCorrection.Kind
_ZERO = Decimal(0)


@dataclass(frozen=True)
class Filters:
    """What the account is limited to; None: everything that the user sees."""

    group: Group | None = None
    instrument: Instrument | None = None
    user: User | None = None


_EVERYTHING = Filters()


@dataclass(frozen=True)
class Line:
    """Hours of a month on an instrument, corrections included; of a user, or (`user` None) of a whole group.

    `within_h` was used within own bookings, `corrected_*_h` is the part that staff added or took off. `amount` is what
    a group's hours cost; None where nobody charges for them or only a part of the group's hours is seen.
    """

    month: Month
    instrument: Instrument
    group: Group
    user: User | None
    booked_h: float
    used_h: float
    within_h: float
    transmitting_h: float
    no_show_h: float
    corrected_booked_h: float = 0.0
    corrected_used_h: float = 0.0
    corrected_transmitting_h: float = 0.0
    corrected_amount: Decimal = _ZERO
    amount: Decimal | None = None


@dataclass(frozen=True)
class Machine:
    """What became of an instrument's time in a month; measured hours, without corrections."""

    month: Month
    instrument: Instrument
    open_h: float
    idle_h: float
    outage_h: float
    booked_h: float
    used_h: float
    transmitting_h: float
    no_show_h: float

    @property
    def used_share(self) -> float | None:
        """The part of the open time in which it was used."""
        return self.used_h / self.open_h if self.open_h else None


@dataclass(frozen=True)
class Bars:
    """Hours for a picture, one value for each of `labels` (days of the only month, or months)."""

    labels: tuple[str, ...]
    within_h: tuple[float, ...]
    outside_h: tuple[float, ...]
    unused_h: tuple[float, ...]
    no_show_h: tuple[float, ...]


@dataclass(frozen=True)
class Report:
    """The accounts of `period`, counted up to `counted_to`. `accounts` and `machines` are for who may see them."""

    period: Period
    filters: Filters
    time_zone: str
    counted_to: datetime.datetime
    currency: str
    lines: tuple[Line, ...]
    accounts: tuple[Line, ...]
    machines: tuple[Machine, ...]
    corrections: tuple[UsageCorrection, ...]
    bars: Bars
    captures_unknown: int  # captures that do not say for how long they transmitted
    closed: tuple[ClosedMonth, ...]  # months of it whose hours are kept as they were then

    @property
    def corrected_after(self) -> frozenset[int]:
        """Numbers of the corrections that were made after their month had been closed."""
        closed = {Month.of(one.month): one.made_at for one in self.closed}
        return frozenset(
            row.pk
            for row in self.corrections
            if Month.of(row.day) in closed and row.made_at > closed[Month.of(row.day)]
        )


@dataclass(frozen=True)
class _Names:
    """The rows that numbers stand for."""

    instruments: dict[int, Instrument]
    groups: dict[int, Group]
    users: dict[int, User]


def report(
    viewer: Viewer, period: Period, filters: Filters = Filters(), now: datetime.datetime | None = None
) -> Report:
    """The accounts of whole months in the facility's time zone, as `viewer` sees them."""
    now = now or timezone.now()
    zone = timezone.get_default_timezone()
    seen = access.scope(viewer)
    edges = period.edges_us(zone)
    starts_at, ends_at = (datetime.datetime.fromtimestamp(int(edge) / 1e6, datetime.UTC) for edge in edges[[0, -1]])
    instruments = access.instruments(viewer)
    if filters.instrument is not None:
        instruments = instruments.filter(pk=filters.instrument.pk)
    facts, unknown = gather(
        starts_at, ends_at, now,
        bookings=_rows(seen, filters, "user"), runs=_rows(seen, filters, "submitted_by"), instruments=instruments,
    )  # fmt: skip
    months = _months(period)
    closed = frozen.closed_in(months)
    found = frozen.with_closed(
        account(facts, edges), closed, months, seen,
        group=None if filters.group is None else filters.group.pk,
        instrument=None if filters.instrument is None else filters.instrument.pk,
        user=None if filters.user is None else filters.user.pk,
    )  # fmt: skip
    corrections = _corrections(viewer, period, filters)
    names = _names(found, corrections)
    prices = _prices()
    return Report(
        period=period,
        filters=filters,
        time_zone=settings.TIME_ZONE,
        counted_to=max(starts_at, min(now, ends_at)),
        currency=prices.rates[0].currency if prices.rates else "",
        lines=_lines(found, corrections, names, months),
        accounts=() if filters.user is not None else _accounts(found, corrections, names, months, prices, seen),
        machines=_machines(found, names, months) if seen.everything and filters == Filters(None, filters.instrument)
        else (),
        corrections=corrections,
        bars=_bars(found, months),
        captures_unknown=unknown,
        closed=tuple(closed.values()),
    )  # fmt: skip


def _rows(seen: access.Scope, filters: Filters, person: str) -> Q:
    condition = seen.rows(person)
    if filters.group is not None:
        condition &= Q(group=filters.group)
    if filters.user is not None:
        condition &= Q(**{person: filters.user})
    return condition


def _corrections(viewer: Viewer, period: Period, filters: Filters) -> tuple[UsageCorrection, ...]:
    rows = access.corrections(viewer).filter(
        day__gte=period.first.first_day, day__lt=period.last.later(1).first_day
    )  # fmt: skip
    for name in ("group", "instrument", "user"):
        if getattr(filters, name) is not None:
            rows = rows.filter(**{name: getattr(filters, name)})
    return tuple(rows)


def _prices() -> PriceList:
    tariffs = GroupTariff.objects.order_by("id").values_list("group_id", "valid_from", "tariff")
    return PriceList(tuple(Rate.objects.all()), tuple(tariffs))


def _months(period: Period) -> dict[Month, slice]:
    """Which of the period's days belong to each month."""
    days = [Month.of(day) for day in period.days]
    return {month: slice(days.index(month), days.index(month) + days.count(month)) for month in period.months}


def _names(found: Account, corrections: tuple[UsageCorrection, ...]) -> _Names:
    keys = found.users.keys
    groups = {key[1] for key in keys} | {row.group_id for row in corrections}
    users = {key[2] for key in keys} | {row.user_id for row in corrections if row.user_id is not None}
    return _Names(Instrument.objects.in_bulk(), Group.objects.in_bulk(groups), User.objects.in_bulk(users))


def _lines(
    found: Account, corrections: tuple[UsageCorrection, ...], names: _Names, months: dict[Month, slice]
) -> tuple[Line, ...]:
    """By month, instrument, group and user; corrections that name no user have lines of their own."""
    hours = found.users
    lines: dict[tuple[Month, int, int, int | None], Line] = {}
    for month, days in months.items():
        sums = [_hours(part[:, days]) for part in _parts(found, "users")]
        for (instrument, group, user), *values in zip(hours.keys, *sums, strict=True):
            if any(values):
                lines[month, instrument, group, user] = Line(
                    month, names.instruments[instrument], names.groups[group], names.users[user], *values
                )
    for row in (row for row in corrections if row.kind != Kind.AMOUNT):
        key = (Month.of(row.day), row.instrument_id, row.group_id, row.user_id)
        line = lines.get(key) or _empty(key, names)
        lines[key] = _corrected(line, row)
    return tuple(sorted(lines.values(), key=_order))


def _accounts(
    found: Account,
    corrections: tuple[UsageCorrection, ...],
    names: _Names,
    months: dict[Month, slice],
    prices: PriceList,
    seen: access.Scope,
) -> tuple[Line, ...]:
    """By month, instrument and group, with what it costs; only of groups of which all is seen."""
    hours = found.groups
    places = {key: place for place, key in enumerate(hours.keys) if seen.sees_account(key[1])}
    by_key: dict[tuple[Month, int, int], list[UsageCorrection]] = defaultdict(list)
    for row in corrections:
        if seen.sees_account(row.group_id):
            by_key[Month.of(row.day), row.instrument_id, row.group_id].append(row)
    lines = []
    for month, days in months.items():
        keys = dict.fromkeys((*places, *(key[1:] for key in by_key if key[0] == month)))
        for instrument, group in keys:
            place = places.get((instrument, group))
            parts = [part[[place], days] if place is not None else None for part in _parts(found, "groups")]
            line = _empty((month, instrument, group, None), names)
            if place is not None:
                values = [float(part.sum()) / HOUR_US for part in parts if part is not None]
                line = Line(month, names.instruments[instrument], names.groups[group], None, *values)
            rows = by_key.get((month, instrument, group), [])
            if not rows and not (line.booked_h or line.used_h):
                continue
            for row in rows:
                line = _corrected(line, row)
            amount = None
            if prices.rates:
                spent = _spent(parts, month, days, rows)
                amount = pricing.amount(spent, prices, instrument, group) + line.corrected_amount
            lines.append(replace(line, amount=amount))
    return tuple(sorted(lines, key=_order))


def _spent(
    parts: list[Integers | None], month: Month, days: slice, rows: list[UsageCorrection]
) -> list[tuple[datetime.date, DayHours]]:
    """Hours of every day of a month, corrections included, for pricing."""
    count = days.stop - days.start
    dates = [month.first_day + datetime.timedelta(days=k) for k in range(count)]
    measures = ([0] * count if part is None else part.ravel().tolist() for part in parts[:4])
    spent = [DayHours(*values) for values in zip(*measures, strict=True)]
    for row in rows:
        if row.kind != Kind.AMOUNT:
            spent[row.day.day - 1] += DayHours(**{row.kind: int(row.value * HOUR_US)})
    return list(zip(dates, spent, strict=True))


def _machines(found: Account, names: _Names, months: dict[Month, slice]) -> tuple[Machine, ...]:
    hours = found.machines
    parts = (hours.open, hours.idle, hours.outage, hours.booked, hours.used, hours.transmitting, hours.no_show)
    lines = []
    for month, days in months.items():
        existing = hours.existing[:, days].sum(axis=1)
        for instrument, there, *values in zip(
            hours.keys, existing, *(_hours(part[:, days]) for part in parts), strict=True
        ):
            if there:
                lines.append(Machine(month, names.instruments[instrument], *values))
    return tuple(lines)


def _bars(found: Account, months: dict[Month, slice]) -> Bars:
    """Days of the only month, or the months."""
    hours = found.groups
    if len(months) == 1:
        bins = [slice(k, k + 1) for k in range(hours.booked.shape[1])]
        labels = tuple(str(k + 1) for k in range(len(bins)))
    else:
        bins, labels = list(months.values()), tuple(str(month) for month in months)

    def binned(values: Integers) -> tuple[float, ...]:
        return tuple(float(values[:, part].sum()) / HOUR_US for part in bins)

    unused = np.maximum(hours.booked - hours.within - hours.no_show, 0)
    return Bars(
        labels, binned(hours.within), binned(hours.used - hours.within), binned(unused), binned(hours.no_show)
    )  # fmt: skip


def _parts(found: Account, name: str) -> tuple[Integers, ...]:
    """The matrices in the order of Line's fields."""
    hours = found.users if name == "users" else found.groups
    return hours.booked, hours.used, hours.within, hours.transmitting, hours.no_show


def _hours(microseconds: Integers) -> list[float]:
    """Sum over days, in hours, of each key."""
    return [float(value) / HOUR_US for value in microseconds.sum(axis=1)]


def _empty(key: tuple[Month, int, int, int | None], names: _Names) -> Line:
    month, instrument, group, user = key
    person = None if user is None else names.users[user]
    return Line(month, names.instruments[instrument], names.groups[group], person, 0.0, 0.0, 0.0, 0.0, 0.0)


def _corrected(line: Line, row: UsageCorrection) -> Line:
    """The line with a correction added."""
    if row.kind == Kind.AMOUNT:
        return replace(line, corrected_amount=line.corrected_amount + row.value)
    total, part = f"{row.kind}_h", f"corrected_{row.kind}_h"
    value = float(row.value)
    return replace(line, **{total: getattr(line, total) + value, part: getattr(line, part) + value})


def _order(line: Line) -> tuple[Month, str, str, str]:
    person = "" if line.user is None else line.user.get_username()
    return line.month, line.group.name, line.instrument.name, person
