"""Holding runs that wait, pausing one that is being measured, and resuming either."""

from __future__ import annotations

from django.db import transaction

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import User
from webapp.errors import Conflict, NotAllowed
from webapp.runs import events
from webapp.runs.models import Run
from webapp.runs.queue import hints
from webapp.runs.services.lifecycle import may_control

REASON_LENGTH_MAX = 300


def hold(user: User, run: Run, reason: str = "") -> Run:
    """Keep a queued run from starting until it is resumed; its place is kept."""
    _require_control(user, run)
    if len(reason) > REASON_LENGTH_MAX:
        raise InvalidParameters([FieldError("reason", f"The reason has at most {REASON_LENGTH_MAX} characters.")])
    _change(user, run, (Run.State.QUEUED,), "It does not wait any more; pause or cancel it.", "held the run", held=True,
            hold_reason=reason)  # fmt: skip
    return run


def pause(user: User, run: Run) -> Run:
    """Ask a run that is being measured to wait after the shot that is being played, its transmitter off."""
    _require_control(user, run)
    _change(user, run, Run.ACTIVE, "It is not being measured; a run that waits can be held.", "asked the run to pause",
            pause_requested=True)  # fmt: skip
    return run


def resume(user: User, run: Run) -> Run:
    """Let a held or paused run go on."""
    _require_control(user, run)
    _change(user, run, (Run.State.QUEUED, *Run.ACTIVE), "It has ended; queue it again.", "resumed the run", held=False,
            hold_reason="", pause_requested=False)  # fmt: skip
    return run


def _require_control(user: User, run: Run) -> None:
    if not may_control(user, run):
        raise NotAllowed("Only whoever submitted a run, leaders of its group and staff may hold, pause or resume it.")


def _change(user: User, run: Run, states: tuple[str, ...], otherwise: str, did: str, **fields: object) -> None:
    with transaction.atomic():
        if not Run.objects.filter(pk=run.pk, state__in=states).update(**fields):
            raise Conflict(otherwise, "state")
        events.record(run.pk, "message", {"text": f"{user.get_username()} {did}."})
        hints.instrument(run.instrument.slug)
    for name, value in fields.items():
        setattr(run, name, value)
