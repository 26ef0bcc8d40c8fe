"""Hours of instruments from the rows of bookings, runs and outages: one pure function, whole microseconds.

Booked, used, transmitting and no-show hours belong to groups and users; open, idle and outage hours to instruments.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from webapp.usage.spans import Integers, covered, spread


@dataclass(frozen=True, eq=False)
class Spans:
    """Stretches [start, end) in microseconds; all arrays have shape (n,). Outages have no group and user (0)."""

    instrument: Integers
    group: Integers
    user: Integers
    start: Integers
    end: Integers

    def of(self, which: np.ndarray) -> Spans:
        """Those that a boolean array picks."""
        return Spans(*(getattr(self, one.name)[which] for one in fields(Spans)))


@dataclass(frozen=True, eq=False)
class Facts:
    """What the rows say. `now_us` ends what is still running; nothing behind it is counted.

    `acquiring_us` is where the acquisition of each run began, between its start and its end, `transmitting_us` for how
    long it transmitted; `no_show` says which bookings nobody came to, `since_us` when each instrument came into being.
    """

    bookings: Spans
    no_show: np.ndarray
    runs: Spans
    acquiring_us: Integers
    transmitting_us: Integers
    outages: Spans
    instruments: Integers
    since_us: Integers
    now_us: int


@dataclass(frozen=True, eq=False)
class Hours:
    """Microseconds of each key in each bin, shapes (keys, bins). `within` is used within the key's own bookings."""

    keys: tuple[tuple[int, ...], ...]
    booked: Integers
    used: Integers
    within: Integers
    transmitting: Integers
    no_show: Integers


@dataclass(frozen=True, eq=False)
class Machines:
    """Microseconds of each instrument in each bin, shapes (instruments, bins).

    existing = open + outage; open = idle + the part of used that lies outside outages.
    """

    keys: tuple[int, ...]
    existing: Integers
    open: Integers
    idle: Integers
    outage: Integers
    booked: Integers
    used: Integers
    transmitting: Integers
    no_show: Integers


@dataclass(frozen=True, eq=False)
class Account:
    """Hours by (instrument, group, user), by (instrument, group), and by instrument."""

    users: Hours
    groups: Hours
    machines: Machines


def account(facts: Facts, edges: Integers) -> Account:
    """Hours in each bin [edges[k], edges[k+1]) of moments in microseconds, up to `facts.now_us`."""
    edges = np.asarray(edges, dtype=np.int64)
    shown = _until(facts, facts.now_us)
    users = _hours(shown, edges, ("instrument", "group", "user"))
    groups = _hours(shown, edges, ("instrument", "group"))
    return Account(users, groups, _machines(shown, edges))


def _until(facts: Facts, now_us: int) -> Facts:
    """The same with nothing behind now; transmission is kept whole, as it has happened already."""

    def cut(spans: Spans) -> Spans:
        end = np.minimum(spans.end, now_us)
        return Spans(spans.instrument, spans.group, spans.user, np.minimum(spans.start, end), end)

    return Facts(
        cut(facts.bookings), facts.no_show, cut(facts.runs), np.minimum(facts.acquiring_us, now_us),
        facts.transmitting_us, cut(facts.outages), facts.instruments, facts.since_us, now_us,
    )  # fmt: skip


def _hours(facts: Facts, edges: Integers, names: tuple[str, ...]) -> Hours:
    bookings, runs = facts.bookings, facts.runs
    keys, numbers = _keys([np.concatenate([getattr(bookings, name), getattr(runs, name)]) for name in names])
    booked_of, used_of = numbers[: len(bookings.start)], numbers[len(bookings.start) :]
    count = len(keys)
    booked = covered(booked_of, bookings.start, bookings.end, count, edges)
    used = covered(used_of, runs.start, runs.end, count, edges)
    either = covered(
        numbers,
        np.concatenate([bookings.start, runs.start]),
        np.concatenate([bookings.end, runs.end]),
        count,
        edges,
    )
    missed = bookings.of(facts.no_show)
    return Hours(
        keys=keys,
        booked=booked,
        used=used,
        within=booked + used - either,
        transmitting=_transmitting(facts, used_of, count, edges),
        no_show=covered(booked_of[facts.no_show], missed.start, missed.end, count, edges),
    )


def _keys(columns: list[Integers]) -> tuple[tuple[tuple[int, ...], ...], Integers]:
    """The different rows of the columns, and the place of each row among them.

    Column by column, as sorting plain integers is many times faster than sorting rows.
    """
    values, places = np.unique(columns[0], return_inverse=True)
    found = values[:, None]
    for column in columns[1:]:
        values, own = np.unique(column, return_inverse=True)
        pairs, places = np.unique(places * max(len(values), 1) + own, return_inverse=True)
        before, here = np.divmod(pairs, max(len(values), 1))
        found = np.concatenate([found[before], values[here][:, None]], axis=1)
    return tuple(tuple(key) for key in found.tolist()), places


def _machines(facts: Facts, edges: Integers) -> Machines:
    known = facts.instruments
    count = len(known)
    order = np.argsort(known)

    def numbers(spans: Spans) -> Integers:
        return order[np.searchsorted(known[order], spans.instrument)] if count else spans.instrument

    def measure(*several: Spans) -> Integers:
        return covered(
            np.concatenate([numbers(spans) for spans in several]),
            np.concatenate([spans.start for spans in several]),
            np.concatenate([spans.end for spans in several]),
            count,
            edges,
        )

    none = np.zeros(count, dtype=np.int64)
    long_ago, now = np.full(count, edges[0]), np.full(count, max(facts.now_us, int(edges[0])))
    since = np.minimum(facts.since_us, now)
    absent = Spans(known, none, none, long_ago, np.maximum(since, edges[0]))
    future = Spans(known, none, none, now, np.full(count, edges[-1]))
    missing = measure(absent, future)
    closed = measure(absent, future, facts.outages)
    taken = measure(absent, future, facts.outages, facts.runs)
    length = np.diff(edges)[None, :]
    return Machines(
        keys=tuple(int(one) for one in known),
        existing=length - missing,
        open=length - closed,
        idle=length - taken,
        outage=closed - missing,
        booked=measure(facts.bookings),
        used=measure(facts.runs),
        transmitting=_transmitting(facts, numbers(facts.runs), count, edges),
        no_show=measure(facts.bookings.of(facts.no_show)),
    )


def _transmitting(facts: Facts, keys: Integers, count: int, edges: Integers) -> Integers:
    """The rows say how long a run transmitted, not when: it counts as spread evenly over its acquisition."""
    end = facts.runs.end
    start = np.clip(facts.acquiring_us, facts.runs.start, end)
    amounts = np.minimum(np.maximum(facts.transmitting_us, 0), end - start)
    return spread(keys, start, end, amounts, count, edges)
