"""The queue as people see it: what runs now and what waits, without telling one group about another's work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from webapp.accounts.access import Viewer
from webapp.facility.models import Instrument
from webapp.runs import access, services
from webapp.runs.models import Run
from webapp.runs.services import Estimate


@dataclass(frozen=True)
class QueueEntry:
    """A run in the queue; `run` may be named only if `visible`. `estimate` is None for one that is being measured."""

    run: Run
    visible: bool
    estimate: Estimate | None


@dataclass(frozen=True)
class InstrumentActivity:
    """An instrument with the run that it measures now, if any, and how many wait."""

    instrument: Instrument
    running: QueueEntry | None
    waiting: int


def queue(instrument: Instrument, viewer: Viewer) -> list[QueueEntry]:
    """What the instrument measures now and what waits, in the order of measuring."""
    rows = Run.objects.filter(instrument=instrument, state__in=(*Run.ACTIVE, Run.State.QUEUED))
    place = {run_id: place for place, run_id in enumerate(services.queue_order(instrument.pk))}
    # Those that are measured, or that have been cancelled just now, have no place in the order.
    ordered = sorted(rows.select_related("sample", "submitted_by"), key=lambda run: (place.get(run.pk, -1), run.pk))
    return _entries(ordered, viewer)


def with_activity(instruments: Iterable[Instrument], viewer: Viewer) -> list[InstrumentActivity]:
    """Instruments with what they are doing."""
    shown = list(instruments)
    rows = Run.objects.filter(instrument__in=shown, state__in=(*Run.ACTIVE, Run.State.QUEUED))
    waiting: dict[int, int] = {}
    active: list[Run] = []
    for run in rows.select_related("sample", "submitted_by"):
        if run.state == Run.State.QUEUED:
            waiting[run.instrument_id] = waiting.get(run.instrument_id, 0) + 1
        else:
            active.append(run)
    running = {entry.run.instrument_id: entry for entry in _entries(active, viewer)}
    return [InstrumentActivity(one, running.get(one.pk), waiting.get(one.pk, 0)) for one in shown]


def _entries(rows: list[Run], viewer: Viewer) -> list[QueueEntry]:
    visible = set(access.runs(viewer).filter(pk__in=[run.pk for run in rows]).values_list("pk", flat=True))
    estimates = services.queue_estimates(rows)
    return [QueueEntry(run, run.pk in visible, estimates.get(run.pk)) for run in rows]
