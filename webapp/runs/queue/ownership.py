"""Who owns a run: a claim with its fence, renewed as a lease, and the fenced writes that go with it.

Every write is `UPDATE … WHERE id AND fence AND state`; no row changed means that the run belongs to somebody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from webapp.facility.models import Instrument
from webapp.runs import events
from webapp.runs.models import Run
from webapp.runs.queue import jobs, share
from webapp.runs.queue.lease import lease_end

State = Run.State


class LeaseLost(Exception):
    """The run belongs to somebody else now: stop, make safe, write nothing."""


@dataclass(frozen=True)
class Claim:
    """The right to write to one run on one instrument, as long as nobody holds a higher fence."""

    run_id: int
    instrument_id: int
    fence: int
    worker: str


@dataclass(frozen=True)
class Wishes:
    """What people want of a run that is being measured."""

    cancel: bool
    pause: bool
    stop: bool  # staff's emergency stop of the instrument


@contextmanager
def owned(claim: Claim, **changes: Any) -> Iterator[None]:
    """A transaction in which the run is certainly ours (its row is locked, its lease renewed, `changes` written).

    Raises LeaseLost before the body runs if it is not.
    """
    with transaction.atomic():
        rows = Run.objects.filter(pk=claim.run_id, fence=claim.fence, state__in=Run.ACTIVE)
        if not rows.update(lease_expires_at=lease_end(), **changes):
            raise LeaseLost(f"Run {claim.run_id} is no longer owned by fence {claim.fence}.")
        yield


def renew(claim: Claim) -> Wishes:
    """Renew the lease; returns what has been asked for."""
    with owned(claim):
        row = Run.objects.values_list("cancel_requested", "pause_requested", "instrument__stopped").get(pk=claim.run_id)
        return Wishes(*row)


def paused(claim: Claim, since: datetime | None) -> None:
    """Say that the run waits between two shots, its transmitter off, since then; or that it goes on (None)."""
    with owned(claim, paused_at=since):
        events.record(claim.run_id, "pause", {"paused": since is not None})


def pause_for(claim: Claim, text: str) -> None:
    """Ask for a pause on the run's own behalf, and say what people are to do before they resume it."""
    with owned(claim, pause_requested=True):
        events.record(claim.run_id, "message", {"text": text, "asks": True})


def start_acquiring(claim: Claim, identity: dict[str, Any]) -> None:
    """The radio is configured and the first shot is about to be played."""
    with owned(claim, state=State.ACQUIRING, acquiring_at=timezone.now()):
        Instrument.objects.filter(pk=claim.instrument_id, fence=claim.fence).update(
            identity=identity, last_seen_at=timezone.now()
        )
        events.record(claim.run_id, "state", {"state": State.ACQUIRING})


def radio_seen(claim: Claim, identity: dict[str, Any]) -> None:
    """The radio of a run is another than before in its address or its firmware."""
    with owned(claim):
        Instrument.objects.filter(pk=claim.instrument_id, fence=claim.fence).update(
            identity=identity, last_seen_at=timezone.now()
        )


def say(claim: Claim, text: str) -> None:
    """Tell whoever watches the run; nobody needs to do anything."""
    with owned(claim):
        events.record(claim.run_id, "message", {"text": text, "asks": False})


def report(claim: Claim, progress: dict[str, Any]) -> None:
    """Write how far the run is."""
    with owned(claim, progress=progress):
        events.record(claim.run_id, "progress", progress)


def finish(
    claim: Claim,
    state: str,
    *,
    error_code: str = "",
    error_message: str = "",
    instrument_status: str = Instrument.Status.READY,
    instrument_message: str = "",
) -> None:
    """Let go of the run and its instrument. `state` is PROCESSING (all measured) or one of the final states.

    Whatever was measured is processed, also when the run did not get to its end. Call this only after the transmitter
    is confirmed off, or with an instrument status that says that it is not.
    """
    now = timezone.now()
    done = {"finished_at": now} if state in Run.FINAL else {}
    with owned(claim, state=state, error_code=error_code, error_message=error_message, acquired_at=now, **done):
        Run.objects.filter(pk=claim.run_id).update(lease_expires_at=None, pause_requested=False, paused_at=None)
        share.charge(claim.run_id, now)
        release_instrument(claim.instrument_id, claim.fence, instrument_status, instrument_message)
        close(claim.run_id, state, error_code, error_message)


def release_instrument(instrument_id: int, fence: int, status: str, message: str) -> None:
    """Give the instrument back with this status, unless somebody else has claimed it since."""
    Instrument.objects.filter(pk=instrument_id, fence=fence).update(status=status, status_message=message[:300])


def close(run_id: int, state: str, error_code: str, error_message: str) -> None:
    """Record the end of acquisition and queue the processing of what there is."""
    if error_code:
        events.record(run_id, "error", {"code": error_code, "message": error_message})
    events.record(run_id, "state", {"state": state, "message": error_message})
    jobs.queue_first_version(run_id)
