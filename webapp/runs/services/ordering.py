"""The order of the queue, as far as people may choose it: places among a group's own runs, and priorities."""

from __future__ import annotations

from enum import StrEnum

from django.db import transaction

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.access import leads
from webapp.accounts.models import User
from webapp.errors import Conflict, NotAllowed
from webapp.facility.models import Instrument
from webapp.runs import events
from webapp.runs.models import Run
from webapp.runs.queue import hints, waiting
from webapp.runs.services.lifecycle import may_control


class Place(StrEnum):
    """Where a run is moved to among those that its mover may reorder."""

    FIRST = "first"
    EARLIER = "earlier"
    LATER = "later"
    LAST = "last"


def move(user: User, run: Run, place: str) -> Run:
    """Move a queued run among the group's runs on its instrument; who is no leader or staff moves past own runs only.

    The runs of others keep their places: those that may be reordered change places among themselves.
    """
    wanted = _place(place)
    with transaction.atomic():
        Instrument.objects.select_for_update().get(pk=run.instrument_id)  # one order of one queue at a time
        queue = list(waiting.queued(run.instrument_id))
        slots = [number for number, one in enumerate(queue) if _may_reorder(user, run, one)]
        current = next((number for number in slots if queue[number].pk == run.pk), None)
        if current is None:
            _refuse(user, run)
        own = [queue[number] for number in slots]
        own.insert(_target(wanted, slots.index(current), len(slots)), own.pop(slots.index(current)))
        for number, one in zip(slots, own, strict=True):
            queue[number] = one
        changed = []
        for number, one in enumerate(queue, start=1):
            if one.position != number:
                one.position = float(number)
                changed.append(one)
        Run.objects.bulk_update(changed, ["position"], batch_size=500)
        hints.instrument(run.instrument.slug)
    run.refresh_from_db(fields=["position"])
    return run


def prioritise(user: User, run: Run, priority: int) -> Run:
    """Give a queued run another priority. Before all others only staff put a run; to give way is its owner's choice."""
    if priority not in Run.Priority.values:
        raise InvalidParameters([FieldError("priority", f"Must be one of {', '.join(map(str, Run.Priority.values))}.")])
    if not may_control(user, run):
        raise NotAllowed("Only whoever submitted a run, leaders of its group and staff may change its priority.")
    if Run.Priority.URGENT in (priority, run.priority) and not user.is_staff:
        raise NotAllowed("Only the facility's staff may put a run before all others, or take that back.", "priority")
    with transaction.atomic():
        if not Run.objects.filter(pk=run.pk, state=Run.State.QUEUED).update(priority=priority):
            raise Conflict("The run does not wait any more, so its priority cannot be changed.", "state")
        text = f"{user.get_username()} gave it the priority “{Run.Priority(priority).label.lower()}”."
        events.record(run.pk, "message", {"text": text})
        hints.instrument(run.instrument.slug)
    run.priority = priority
    return run


def _may_reorder(user: User, moved: Run, other: Run) -> bool:
    if other.group_id != moved.group_id:
        return False  # between groups the fair order decides
    return user.is_staff or leads(user, moved.group_id) or other.submitted_by_id == user.pk


def _refuse(user: User, run: Run) -> None:
    state = Run.objects.values_list("state", flat=True).get(pk=run.pk)
    if state != Run.State.QUEUED:
        raise Conflict("The run does not wait any more, so it cannot be moved.", "state")
    raise NotAllowed("Only whoever submitted a run, leaders of its group and staff may move it.")


def _place(place: str) -> Place:
    try:
        return Place(place)
    except ValueError:
        raise InvalidParameters([FieldError("to", f"Must be one of {', '.join(Place)}.")]) from None


def _target(place: Place, current: int, count: int) -> int:
    match place:
        case Place.FIRST:
            return 0
        case Place.EARLIER:
            return max(0, current - 1)
        case Place.LATER:
            return min(count - 1, current + 1)
        case Place.LAST:
            return count - 1
