"""What people do with runs that exist: cancel, queue again, process again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from acquisition.methods.parameters import parse
from webapp.accounts.access import leads
from webapp.accounts.models import Membership, User
from webapp.errors import Conflict, NotAllowed
from webapp.runs import events
from webapp.runs.models import Run
from webapp.runs.queue import hints
from webapp.runs.services.submission import submit_once
from webapp.spectra.models import Spectrum

#: versions of one run that may wait for processing at once
OPEN_VERSIONS_MAX = 10


def may_control(user: User, run: Run) -> bool:
    """Whoever submitted it, leaders of its group, and staff."""
    return user.is_staff or run.submitted_by_id == user.pk or leads(user, run.group_id)


def controllable(user: User, runs: Iterable[Run]) -> set[int]:
    """Ids of those that the user may control; one query for all of them."""
    led = set(Membership.objects.filter(user=user, role=Membership.Role.LEADER).values_list("group", flat=True))
    return {run.pk for run in runs if user.is_staff or run.submitted_by_id == user.pk or run.group_id in led}


def request_cancel(user: User, run: Run) -> Run:
    """Ask for a run to be cancelled. One that waits or is only being processed is cancelled at once.

    One that is being measured is flagged: its worker polls the flag and sets the state only after the transmitter is
    confirmed off. Asking twice changes nothing; a run that has ended otherwise raises Conflict.
    """
    if not may_control(user, run):
        raise NotAllowed("Only whoever submitted a run, leaders of its group and staff may cancel it.")
    with transaction.atomic():
        current = Run.objects.select_for_update().get(pk=run.pk)
        state = Run.State(current.state)
        if state in Run.FINAL and state != Run.State.CANCELLED:
            raise Conflict(f"The run has ended already ({state.label.lower()}).", "state")
        if state not in Run.FINAL and not current.cancel_requested:
            current.cancel_requested = True
            changed = ["cancel_requested"]
            if state not in Run.ACTIVE:
                current.state, current.finished_at = Run.State.CANCELLED, timezone.now()
                changed += ["state", "finished_at"]
            current.save(update_fields=changed)
            if state in Run.ACTIVE:
                events.record(run.pk, "message", {"text": f"{user.get_username()} asked to cancel the run."})
            else:
                events.record(run.pk, "state", {"state": Run.State.CANCELLED.value})
    run.state, run.cancel_requested, run.finished_at = current.state, current.cancel_requested, current.finished_at
    return run


def requeue(user: User, run: Run) -> Run:
    """A new run with the same contents, checked again against the instrument; the old one stays as it is.

    Raises Conflict while the run has not ended, or while an earlier repetition of it has not (a second click).
    """
    with transaction.atomic():
        current = Run.objects.select_for_update().get(pk=run.pk)
        if current.state not in Run.FINAL:
            raise Conflict("The run has not ended yet; cancel it first or wait for its end.", "state")
        unfinished = current.repeats.exclude(state__in=Run.FINAL).values_list("pk", flat=True).first()
        if unfinished is not None:
            raise Conflict(f"The run is queued again already, as run {unfinished}.", "state")
        return submit_once(
            user,
            instrument=run.instrument,
            sample=run.sample,
            method=run.method,
            parameters=run.parameters,
            title=run.title,
            temperature_k=run.temperature_k,
            repeat_of=run,
        ).run


def reprocess(user: User, run: Run, parameters: Mapping[str, Any]) -> Spectrum:
    """Queue another version of the run's spectrum, made from its stored captures with these parameters."""
    from acquisition.reconstruction import ReconstructionParameters  # scipy takes a second, which every start would pay

    values = dataclasses.asdict(parse(ReconstructionParameters, parameters))
    with transaction.atomic():
        current = Run.objects.select_for_update().get(pk=run.pk)  # version numbers of a run are given one by one
        if current.state not in (*Run.FINAL, Run.State.PROCESSING):
            raise Conflict("The run is not measured yet; it can be processed again when it is.", "state")
        if not current.captures.exists():
            raise Conflict("The run has no captures, so there is nothing to process.", "captures")
        versions = Spectrum.objects.filter(run=current)
        if versions.filter(state__in=(Spectrum.State.QUEUED, Spectrum.State.PROCESSING)).count() >= OPEN_VERSIONS_MAX:
            raise Conflict(f"{OPEN_VERSIONS_MAX} versions of this run are waiting already, which is the limit.")
        spectrum = Spectrum.objects.create(
            run=current,
            sample_id=current.sample_id,
            group_id=current.group_id,
            version=(versions.aggregate(last=Max("version"))["last"] or 0) + 1,
            parameters=values,
            temperature_k=current.temperature_k,
            requested_by=user,
        )
        hints.processing(spectrum.pk)
    return spectrum
