"""The queue as people see it: what runs now and what waits, without telling one group about another's work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet

from webapp.accounts.access import Viewer
from webapp.facility.models import Instrument
from webapp.runs import access, services
from webapp.runs.models import Run
from webapp.runs.services import Estimate

#: rows of a page of the queue
PER_PAGE = 30


@dataclass(frozen=True)
class QueueEntry:
    """A run in the queue; `run` may be named only if `visible`. `estimate` is None for one that is being measured."""

    run: Run
    visible: bool
    estimate: Estimate | None


@dataclass(frozen=True)
class QueuePage:
    """Some entries of a queue in the order of measuring; `page` says which, of how many."""

    page: Page[int]
    entries: list[QueueEntry]


@dataclass(frozen=True)
class InstrumentActivity:
    """An instrument with the run that it measures now, if any, and how many wait."""

    instrument: Instrument
    running: QueueEntry | None
    waiting: int


def queue(instrument: Instrument, viewer: Viewer, page: object = 1) -> QueuePage:
    """What the instrument measures now and what waits; a page that there is not is the nearest that there is."""
    rows = Run.objects.filter(instrument=instrument, state__in=(*Run.ACTIVE, Run.State.QUEUED))
    return queue_page(rows, viewer, page)


def queue_page(rows: QuerySet[Run], viewer: Viewer, page: object = 1) -> QueuePage:
    """A page of these runs, which have not ended, by instrument and then in the order of measuring.

    Only the runs of the page are read whole, as a queue can be long.
    """
    shown: Page[int] = Paginator(_in_order(rows), PER_PAGE).get_page(page)
    by_id = rows.select_related("instrument", "sample", "submitted_by").in_bulk(list(shown.object_list))
    return QueuePage(shown, _entries([by_id[run_id] for run_id in shown.object_list if run_id in by_id], viewer))


def with_activity(instruments: Iterable[Instrument], viewer: Viewer) -> list[InstrumentActivity]:
    """Instruments with what they are doing."""
    shown = list(instruments)
    queued = Run.objects.filter(instrument__in=shown, state=Run.State.QUEUED).order_by().values("instrument")
    waiting = dict(queued.annotate(count=Count("pk")).values_list("instrument", "count"))
    active = Run.objects.filter(instrument__in=shown, state__in=Run.ACTIVE).select_related("sample", "submitted_by")
    running = {entry.run.instrument_id: entry for entry in _entries(list(active), viewer)}
    return [InstrumentActivity(one, running.get(one.pk), waiting.get(one.pk, 0)) for one in shown]


def _in_order(rows: QuerySet[Run]) -> list[int]:
    """Ids; those that are measured or processed, or have been cancelled just now, have no place and come first."""
    found = list(rows.order_by("pk").values_list("pk", "instrument_id"))
    places: dict[int, int] = {}
    for instrument_id in {instrument_id for _pk, instrument_id in found}:
        places |= {run_id: place for place, run_id in enumerate(services.queue_order(instrument_id))}
    return [pk for pk, _one in sorted(found, key=lambda row: (row[1], places.get(row[0], -1), row[0]))]


def _entries(rows: list[Run], viewer: Viewer) -> list[QueueEntry]:
    visible = set(access.runs(viewer).filter(pk__in=[run.pk for run in rows]).values_list("pk", flat=True))
    estimates = services.queue_estimates(rows)
    return [QueueEntry(run, run.pk in visible, estimates.get(run.pk)) for run in rows]
