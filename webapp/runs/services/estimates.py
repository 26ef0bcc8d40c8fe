"""When a queued run will be measured, as far as the plans of the runs before it say."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from webapp.facility.models import Instrument
from webapp.runs.models import Run


@dataclass(frozen=True)
class Estimate:
    """`ahead` counts the runs measured before this one. The times are None when `note` says why nobody can know."""

    ahead: int
    starts_at: datetime.datetime | None
    ends_at: datetime.datetime | None
    note: str = ""


def queue_estimates(runs: Iterable[Run]) -> dict[int, Estimate]:
    """An estimate for every queued run among `runs`, by its id; two queries, whatever their number.

    Each run before counts with its planned duration, the one being measured with what is left of its own. Time spent
    between runs is not in the plans; it is seconds.
    """
    wanted = {run.pk: run for run in runs if run.state == Run.State.QUEUED}
    if not wanted:
        return {}
    instruments = Instrument.objects.in_bulk({run.instrument_id for run in wanted.values()})
    rows: QuerySet[Run] = (
        Run.objects.filter(instrument__in=instruments, state__in=(Run.State.QUEUED, *Run.ACTIVE))
        .order_by("position", "id")
        .only("instrument_id", "state", "plan", "progress", "claimed_at", "cancel_requested")
    )
    now = timezone.now()
    by_instrument: dict[int, list[Run]] = {key: [] for key in instruments}
    for row in rows:
        by_instrument[row.instrument_id].append(row)
    result: dict[int, Estimate] = {}
    for key, queue in by_instrument.items():
        note = _obstacle(instruments[key])
        ahead, wait_s = 0, 0.0
        for row in sorted(queue, key=lambda row: row.state == Run.State.QUEUED):  # stable: active first
            duration_s = float(row.plan.get("duration_s", 0.0))
            if row.state != Run.State.QUEUED:
                wait_s += _remaining_s(row, duration_s, now)
                ahead += 1
                continue
            if row.pk in wanted:
                starts_at = now + datetime.timedelta(seconds=wait_s)
                ends_at = starts_at + datetime.timedelta(seconds=duration_s)
                result[row.pk] = Estimate(ahead, None, None, note) if note else Estimate(ahead, starts_at, ends_at)
            ahead += 1
            wait_s += duration_s
    return result


def _remaining_s(run: Run, planned_s: float, now: datetime.datetime) -> float:
    progress = run.progress or {}
    if "duration_planned_s" in progress and "duration_done_s" in progress:
        return max(0.0, float(progress["duration_planned_s"]) - float(progress["duration_done_s"]))
    elapsed_s = (now - run.claimed_at).total_seconds() if run.claimed_at else 0.0
    return max(0.0, planned_s - elapsed_s)


def _obstacle(instrument: Instrument) -> str:
    if instrument.held:
        return "The instrument is held by staff" + (f": {instrument.hold_reason}" if instrument.hold_reason else ".")
    if instrument.status == Instrument.Status.OFFLINE:
        return "The instrument is offline."
    if instrument.status == Instrument.Status.NEEDS_CHECK:
        return "The instrument is being checked."
    return ""
