"""The facts of accounting, read from the rows with as little work as a year of runs allows."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

import numpy as np
from django.db.models import Count, Func, IntegerField, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from webapp.facility.models import Booking, Instrument, Outage
from webapp.runs.models import CaptureRecord, Run
from webapp.usage.accounting import Facts, Spans
from webapp.usage.periods import microseconds

State = Booking.State


class Microseconds(Func):
    """A stored time as whole microseconds since 1970, computed by the database: reading datetimes costs far more."""

    output_field = IntegerField()

    def get_db_converters(self, connection: Any) -> list[Any]:
        """None: both databases give integers, and a call for each of 500,000 values is felt."""
        return []

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # Django stores "YYYY-MM-DD HH:MM:SS" in UTC, with ".ffffff" unless that is zero.
        template = (
            "(CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) * 1000000"
            " + CAST(substr(substr(%(expressions)s, 21) || '000000', 1, 6) AS INTEGER))"
        )
        sql, parameters = self.as_sql(compiler, connection, template=template, **context)
        return sql, (*parameters, *parameters)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "(EXTRACT(EPOCH FROM %(expressions)s) * 1000000)::bigint"
        return self.as_sql(compiler, connection, template=template, **context)


class FirstOf(Coalesce):
    """Coalesce of integers, as bare as Microseconds."""

    output_field = IntegerField()

    def get_db_converters(self, connection: Any) -> list[Any]:
        return []


def gather(
    starts_at: datetime.datetime,
    ends_at: datetime.datetime,
    now: datetime.datetime,
    *,
    bookings: Q,
    runs: Q,
    instruments: QuerySet[Instrument],
) -> tuple[Facts, int]:
    """Facts that reach into [starts_at, ends_at), of rows that meet the conditions; and how many captures do not say

    for how long they transmitted (see the command `note_transmitting_time`).
    """
    booked, no_show = _bookings(
        Booking.objects.filter(bookings, starts_at__lt=ends_at, ends_at__gt=starts_at, instrument__in=instruments), now
    )
    used, acquiring_us, transmitting_us, unknown = _runs(
        used_in(starts_at, ends_at).filter(runs, instrument__in=instruments), now
    )
    known = np.array(list(instruments.values_list("pk", Microseconds("created_at"))), dtype=np.int64).reshape(-1, 2)
    facts = Facts(
        bookings=booked,
        no_show=no_show,
        runs=used,
        acquiring_us=acquiring_us,
        transmitting_us=transmitting_us,
        outages=_outages(starts_at, ends_at, instruments, now),
        instruments=known[:, 0],
        since_us=known[:, 1],
        now_us=microseconds(now),
    )
    return facts, unknown


def used_in(starts_at: datetime.datetime, ends_at: datetime.datetime) -> QuerySet[Run]:
    """Runs that had their instrument at some time in [starts_at, ends_at), those that have it now included."""
    running = Q(acquired_at__isnull=True, state__in=Run.ACTIVE)
    return Run.objects.filter(running | Q(acquired_at__gt=starts_at), claimed_at__lt=ends_at).order_by()


def _bookings(rows: QuerySet[Booking], now: datetime.datetime) -> tuple[Spans, np.ndarray]:
    """What held its time: confirmed bookings, and others for as long as they did. Nothing that awaits an approval."""
    found, no_show = [], []
    now_us = microseconds(now)
    times = [Microseconds(name) for name in ("starts_at", "ends_at", "ended_at", "no_show_at", "checked_in_at")]
    counted = rows.filter(state__in=(State.CONFIRMED, State.RELEASED, State.CANCELLED)).order_by()
    for *key, state, start, end, ended, due, came in counted.values_list(
        "instrument_id", "group_id", "user_id", "state", *times
    ):
        overdue = state == State.CONFIRMED and came is None and due is not None and due <= now_us  # not swept yet
        missed = state == State.RELEASED or overdue
        until = end if state == State.CONFIRMED and not missed else min(end, ended or due or start)
        if until > start:
            found.append((*key, start, until))
            no_show.append(missed)
    return _spans(found), np.array(no_show, dtype=bool)


def _runs(rows: QuerySet[Run], now: datetime.datetime) -> tuple[Spans, np.ndarray, np.ndarray, int]:
    now_us = microseconds(now)
    table = np.array(
        list(
            rows.values_list(
                "pk", "instrument_id", "group_id", "submitted_by_id",
                Microseconds("claimed_at"), FirstOf(Microseconds("acquired_at"), now_us),
                FirstOf(Microseconds("acquiring_at"), Microseconds("claimed_at")),
            )
        ), dtype=np.int64,
    ).reshape(-1, 7)  # fmt: skip
    table = table[np.argsort(table[:, 0])]
    captures = CaptureRecord.objects.filter(run__in=rows.values("pk")).order_by().values_list("run_id")
    summed = np.array(
        [
            (run, round((seconds or 0.0) * 1e6), stored - noted)
            for run, seconds, stored, noted in captures.annotate(Sum("transmit_s"), Count("pk"), Count("transmit_s"))
        ],
        dtype=np.int64,
    ).reshape(-1, 3)
    transmitting = np.zeros(len(table), dtype=np.int64)
    transmitting[np.searchsorted(table[:, 0], summed[:, 0])] = summed[:, 1]
    return Spans(*table[:, 1:6].T), table[:, 6], transmitting, int(summed[:, 2].sum())


def _outages(
    starts_at: datetime.datetime, ends_at: datetime.datetime, instruments: QuerySet[Instrument], now: datetime.datetime
) -> Spans:
    rows = Outage.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=starts_at),
        starts_at__lt=ends_at, withdrawn_at__isnull=True, instrument__in=instruments,
    ).values_list("instrument_id", "starts_at", "ends_at")  # fmt: skip
    return _spans((one, 0, 0, microseconds(start), microseconds(end or max(now, start))) for one, start, end in rows)


def _spans(rows: Iterable[tuple[int, ...]]) -> Spans:
    return Spans(*np.array(list(rows), dtype=np.int64).reshape(-1, 5).T)
