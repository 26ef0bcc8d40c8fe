"""What waits in the queue of an instrument, in the order of positions, as values for the pure rules."""

from __future__ import annotations

from django.db.models import QuerySet

from webapp.runs.models import Run
from webapp.runs.queue.fairness import Candidate


def queued(instrument_id: int) -> QuerySet[Run]:
    """Runs that wait for the instrument, held ones too, in the order of their positions."""
    waiting = Run.objects.filter(instrument=instrument_id, state=Run.State.QUEUED, cancel_requested=False)
    return waiting.order_by("position", "id")


def candidates(instrument_id: int) -> list[Candidate]:
    """Those that may be measured when it is their turn."""
    rows = queued(instrument_id).filter(held=False)
    columns = ("pk", "group_id", "planned_s", "planned_max_s", "priority")
    return [
        Candidate(run_id, group_id, duration_s or 0.0, duration_max_s, priority)
        for run_id, group_id, duration_s, duration_max_s, priority in rows.values_list(*columns)
    ]
