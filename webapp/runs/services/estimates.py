"""When a queued run will be measured, as a range that earlier runs have taught."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from webapp.facility.bookings.windows import windows
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.runs.queue import share, waiting
from webapp.runs.queue.fairness import fair_order
from webapp.runs.queue.forecast import Experience, Forecast, Past, forecasts

#: measured runs of an instrument that are learnt from
_REMEMBERED = 300


@dataclass(frozen=True)
class Estimate:
    """When a run will be measured; `ahead` counts the runs before it.

    Start and end are likeliest at `starts_at` and `ends_at` and lie between the other times, nine times in ten as far
    as the past teaches; all are None when `note` says why nobody can know.
    """

    ahead: int
    starts_at: datetime.datetime | None = None
    ends_at: datetime.datetime | None = None
    starts_from: datetime.datetime | None = None
    starts_until: datetime.datetime | None = None
    ends_from: datetime.datetime | None = None
    ends_until: datetime.datetime | None = None
    note: str = ""


def queue_estimates(runs: Iterable[Run]) -> dict[int, Estimate]:
    """An estimate for every queued run among `runs`, by its id; a few queries for each instrument."""
    wanted = {run.pk: run for run in runs if run.state == Run.State.QUEUED}
    instruments = Instrument.objects.in_bulk({run.instrument_id for run in wanted.values()})
    result: dict[int, Estimate] = {}
    now = timezone.now()
    for instrument in instruments.values():
        obstacle = _obstacle(instrument)
        here = [run for run in wanted.values() if run.instrument_id == instrument.pk]
        foretold = _foretold(instrument, now, {run.pk for run in here})
        for run in here:
            result[run.pk] = _estimate(run, foretold.get(run.pk), obstacle, now)
    return result


def record(instrument: Instrument) -> None:
    """Keep with every newly queued run what is foretold of it now, to be judged when it has been measured."""
    new = list(waiting.queued(instrument.pk).filter(forecast={}))
    if not new:
        return
    now = timezone.now()
    foretold = _foretold(instrument, now, {run.pk for run in new})
    for run in new:
        known = foretold.get(run.pk)
        if known is not None:
            run.forecast = {
                "made_at": now.isoformat(),
                "ahead": known.ahead,
                "wait_s": known.plain_wait_s,
                "starts_from": _after(now, known.starts.low_s).isoformat(),
                "starts_until": _after(now, known.starts.high_s).isoformat(),
            }
    Run.objects.bulk_update([run for run in new if run.forecast], ["forecast"])


def queue_order(instrument_id: int) -> list[int]:
    """Ids of the queued runs in the order in which they will be measured, held ones last."""
    order = fair_order(waiting.candidates(instrument_id), share.shares(instrument_id, timezone.now()))
    held = waiting.queued(instrument_id).filter(held=True).values_list("pk", flat=True)
    return [candidate.run_id for candidate in order] + list(held)


def _foretold(instrument: Instrument, now: datetime.datetime, wanted: set[int]) -> dict[int, Forecast]:
    order = list(fair_order(waiting.candidates(instrument.pk), share.shares(instrument.pk, now)))
    active = Run.objects.filter(instrument=instrument, state__in=Run.ACTIVE).first()
    busy = 0 if active is None else 1
    remaining_s = 0.0 if active is None else _remaining_s(active, now)
    known = forecasts(order, windows(instrument.pk, now), now, remaining_s, _experience(instrument.pk), wanted)
    return {run_id: one.behind(busy) for run_id, one in known.items()}


def _experience(instrument_id: int) -> Experience:
    measured = (
        Run.objects.filter(instrument=instrument_id, claimed_at__isnull=False, acquired_at__isnull=False)
        .exclude(forecast={})
        .order_by("-pk")
    )
    rows = measured.values_list("forecast", "claimed_at", "acquired_at", "planned_s", "state")[:_REMEMBERED]
    return Experience(_past(*row) for row in rows)


def _past(
    forecast: dict[str, Any],
    claimed_at: datetime.datetime,
    acquired_at: datetime.datetime,
    planned_s: float | None,
    state: str,
) -> Past:
    made_at = parse_datetime(forecast["made_at"])
    assert made_at is not None  # written by `record`
    # A run that was stopped says nothing of how long such runs take.
    complete = state in (Run.State.DONE, Run.State.PROCESSING)
    return Past(
        foretold_wait_s=forecast["wait_s"],
        wait_s=(claimed_at - made_at).total_seconds(),
        planned_s=planned_s if complete and planned_s else 0.0,
        duration_s=(acquired_at - claimed_at).total_seconds(),
    )


def _estimate(run: Run, known: Forecast | None, obstacle: str, now: datetime.datetime) -> Estimate:
    if run.held:
        return Estimate(0, note="It is held" + (f": {run.hold_reason}" if run.hold_reason else " until it is resumed."))
    if known is None:
        return Estimate(0, note="It does not fit between the bookings that there are; it waits for a longer gap.")
    if obstacle:
        return Estimate(known.ahead, note=obstacle)
    return Estimate(
        ahead=known.ahead,
        starts_at=_after(now, known.starts.middle_s),
        ends_at=_after(now, known.ends.middle_s),
        starts_from=_after(now, known.starts.low_s),
        starts_until=_after(now, known.starts.high_s),
        ends_from=_after(now, known.ends.low_s),
        ends_until=_after(now, known.ends.high_s),
    )


def _after(now: datetime.datetime, seconds: float) -> datetime.datetime:
    return now + datetime.timedelta(seconds=seconds)


def _remaining_s(run: Run, now: datetime.datetime) -> float:
    progress = run.progress or {}
    if "duration_planned_s" in progress and "duration_done_s" in progress:
        return max(0.0, float(progress["duration_planned_s"]) - float(progress["duration_done_s"]))
    elapsed_s = (now - run.claimed_at).total_seconds() if run.claimed_at else 0.0
    return max(0.0, float(run.plan.get("duration_s", 0.0)) - elapsed_s)


def _obstacle(instrument: Instrument) -> str:
    if instrument.stopped:
        return "Staff have stopped the instrument; nothing starts until they release it."
    if instrument.held:
        return "The instrument is held by staff" + (f": {instrument.hold_reason}" if instrument.hold_reason else ".")
    if instrument.status == Instrument.Status.OFFLINE:
        return "The instrument is offline."
    if instrument.status == Instrument.Status.NEEDS_CHECK:
        return "The instrument is being checked."
    return ""
