"""The accounts as CSV: units in the header, times in ISO 8601 (UTC), text that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils import timezone

from webapp.accounts.access import Viewer
from webapp.usage import access
from webapp.usage.facts import used_in
from webapp.usage.periods import Period
from webapp.usage.report import Filters, Report

#: what spreadsheets take for the beginning of a formula (OWASP, "CSV injection"), also behind blanks
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

_HOURS = ("booked_h", "used_h", "within_h", "transmitting_h", "no_show_h")
_CORRECTED = ("corrected_booked_h", "corrected_used_h", "corrected_transmitting_h")


def users(found: Report) -> str:
    """A row for every month, group, instrument and user."""
    header = ("month", "group", "instrument", "user", *_HOURS, *_CORRECTED)
    return _table(
        header,
        (
            (line.month, line.group, line.instrument, line.user.get_username() if line.user else "",
             *(getattr(line, name) for name in (*_HOURS, *_CORRECTED)))
            for line in found.lines
        ),
    )  # fmt: skip


def groups(found: Report) -> str:
    """A row for every month, group and instrument, with the amount."""
    money = found.currency or "no rates"
    header = ("month", "group", "instrument", *_HOURS, *_CORRECTED, f"corrected_amount_{money}", f"amount_{money}")
    return _table(
        header,
        (
            (line.month, line.group, line.instrument, *(getattr(line, name) for name in (*_HOURS, *_CORRECTED)),
             line.corrected_amount.quantize(Decimal("0.01")), "" if line.amount is None else line.amount)
            for line in found.accounts
        ),
    )  # fmt: skip


def instruments(found: Report) -> str:
    """A row for every month and instrument."""
    names = ("open_h", "idle_h", "outage_h", "booked_h", "used_h", "transmitting_h", "no_show_h")
    rows = ((line.month, line.instrument, *(getattr(line, name) for name in names)) for line in found.machines)
    return _table(("month", "instrument", *names), rows)


def corrections(found: Report) -> str:
    """The trail: a row for every correction, reversals among them."""
    money = found.currency or "money"
    header = (
        "id", "day", "group", "instrument", "user", "kind", f"value_h_or_{money}", "reason", "made_by", "made_at_utc",
        "reverses_id", "after_closing",
    )  # fmt: skip
    after = found.corrected_after
    rows = (
        (row.pk, row.day.isoformat(), row.group, row.instrument, row.user.get_username() if row.user else "", row.kind,
         row.value, row.reason, row.made_by.get_username(), _utc(row.made_at), row.reverses_id or "",
         "yes" if row.pk in after else "no")
        for row in found.corrections
    )  # fmt: skip
    return _table(header, rows)


def runs(viewer: Viewer, period: Period, filters: Filters) -> str:
    """Every run that had its instrument in the period, with how long; whole runs, also where they reach beyond it."""
    header = (
        "run", "title", "method", "instrument", "group", "user", "state", "claimed_at_utc", "acquiring_at_utc",
        "acquired_at_utc", "used_h", "transmitting_s",
    )  # fmt: skip
    now = timezone.now()
    rows = (
        (run.pk, run.title, run.method, run.instrument, run.group, run.submitted_by.get_username(), run.state,
         _utc(run.claimed_at), _utc(run.acquiring_at), _utc(run.acquired_at),
         ((run.acquired_at or now) - run.claimed_at).total_seconds() / 3600.0,
         "" if run.transmitting_s is None else run.transmitting_s)
        for run in _runs(viewer, period, filters)
    )  # fmt: skip
    return _table(header, rows)


def _runs(viewer: Viewer, period: Period, filters: Filters) -> QuerySet[Any]:
    edges = period.edges_us(timezone.get_default_timezone())
    starts_at, ends_at = (datetime.datetime.fromtimestamp(int(edge) / 1e6, datetime.UTC) for edge in edges[[0, -1]])
    found = used_in(starts_at, ends_at).filter(access.scope(viewer).rows("submitted_by"))
    names = (("group", filters.group), ("instrument", filters.instrument), ("submitted_by", filters.user))
    found = found.filter(**{name: value for name, value in names if value is not None})
    return (
        found.select_related("instrument", "group", "submitted_by")
        .defer("parameters", "plan", "progress", "forecast")
        .annotate(transmitting_s=Sum("captures__transmit_s"))
        .order_by("claimed_at", "id")
    )


def harmless(value: object) -> str:
    """A cell's text. What a spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers."""
    if isinstance(value, float):
        return f"{value:.6f}"
    if isinstance(value, int | Decimal):
        return str(value)
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _table(header: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([harmless(value) for value in row] for row in rows)
    return text.getvalue()


def _utc(moment: datetime.datetime | None) -> str:
    return "" if moment is None else moment.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
