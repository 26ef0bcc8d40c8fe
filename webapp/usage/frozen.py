"""Hours of closed months: as they are kept, and put in the place of what the rows would say today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from webapp.usage import access
from webapp.usage.accounting import Account, Hours, Machines
from webapp.usage.models import ClosedHours, ClosedMonth
from webapp.usage.periods import Month
from webapp.usage.spans import Integers

Key = tuple[int, ...]
_MEASURES = tuple(one.name for one in fields(Hours) if one.name != "keys")
_OF_MACHINES = tuple(one.name for one in fields(Machines) if one.name != "keys")


def rows(closed: ClosedMonth, found: Account) -> list[ClosedHours]:
    """The account of the month, of which everything is seen, as rows to keep. Who had nothing has none."""
    made: list[ClosedHours] = []
    for hours in (found.users, found.groups):
        for place, key in enumerate(hours.keys):
            kept = {name: getattr(hours, name)[place].tolist() for name in _MEASURES}
            if any(any(days) for days in kept.values()):
                instrument, group, user = (*key, None)[:3]
                made.append(
                    ClosedHours(closed=closed, instrument_id=instrument, group_id=group, user_id=user, hours=kept)
                )
    machines = found.machines
    for place, instrument in enumerate(machines.keys):
        kept = {name: getattr(machines, name)[place].tolist() for name in _OF_MACHINES}
        made.append(ClosedHours(closed=closed, instrument_id=instrument, hours=kept))
    return made


def closed_in(months: Iterable[Month]) -> dict[Month, ClosedMonth]:
    """Those of the months that are closed."""
    found = ClosedMonth.objects.filter(month__in=[month.first_day for month in months]).select_related("made_by")
    return {Month.of(one.month): one for one in found}


def with_closed(
    found: Account,
    closed: Mapping[Month, ClosedMonth],
    days_of: Mapping[Month, slice],
    seen: access.Scope,
    *,
    group: int | None,
    instrument: int | None,
    user: int | None,
) -> Account:
    """The account with the kept hours of closed months, limited to what is seen and asked for."""
    for month, one in closed.items():
        kept = ClosedHours.objects.filter(closed=one)
        if instrument is not None:
            kept = kept.filter(instrument=instrument)
        of_users = kept.filter(seen.rows("user"), user__isnull=False)
        of_groups = kept.filter(group__isnull=False, user__isnull=True)
        if group is not None:
            of_users, of_groups = of_users.filter(group=group), of_groups.filter(group=group)
        if user is not None:
            of_users = of_users.filter(user=user)
        users = {(row.instrument_id, row.group_id, row.user_id): row.hours for row in of_users}
        # Where only one user's part of a group is seen, it is all there is of the group.
        groups: dict[Key, Any] = {key[:2]: hours for key, hours in users.items()}
        if user is None:
            whole = {(row.instrument_id, row.group_id): row.hours for row in of_groups if _whole(seen, row.group_id)}
            groups |= whole
        machines = {row.instrument_id: row.hours for row in kept.filter(group__isnull=True)}
        found = Account(
            users=_replaced(found.users, users, days_of[month]),
            groups=_replaced(found.groups, groups, days_of[month]),
            machines=_replaced_machines(found.machines, machines, days_of[month]),
        )
    return found


def _whole(seen: access.Scope, group_id: int | None) -> bool:
    return group_id is not None and seen.sees_account(group_id)


def _replaced(hours: Hours, kept: Mapping[Key, Mapping[str, list[int]]], days: slice) -> Hours:
    keys = (*hours.keys, *(key for key in kept if key not in set(hours.keys)))
    parts = {name: _put(getattr(hours, name), keys, name, kept, days) for name in _MEASURES}
    return replace(hours, keys=keys, **parts)


def _replaced_machines(machines: Machines, kept: Mapping[int, Mapping[str, list[int]]], days: slice) -> Machines:
    """Instruments that came later, or were not asked for, have nothing in the month."""
    parts = {name: _put(getattr(machines, name), machines.keys, name, kept, days) for name in _OF_MACHINES}
    return replace(machines, **parts)


def _put(
    before: Integers, keys: tuple[Any, ...], name: str, kept: Mapping[Any, Mapping[str, list[int]]], days: slice
) -> Integers:
    """The matrix (keys, bins) with these days of every key as they are kept, zero for who had nothing."""
    after = np.zeros((len(keys), before.shape[1]), dtype=np.int64)
    after[: len(before)] = before
    after[:, days] = 0
    for place, key in enumerate(keys):
        if key in kept:
            after[place, days] = kept[key][name]
    return after
