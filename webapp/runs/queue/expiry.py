"""Runs whose worker is gone: after the lease they are interrupted, and their instrument needs a check."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.runs.queue import hints, ownership, share

MESSAGE = "The worker of this run stopped answering; what was measured is kept. Queue the run again to repeat it."


def expire_leases() -> int:
    """Interrupt every active run whose lease has ended; returns how many. Nothing is run again by itself."""
    ended = Run.objects.filter(state__in=Run.ACTIVE, lease_expires_at__lt=timezone.now())
    return sum(_interrupt(run_id) for run_id in ended.values_list("pk", flat=True))


def _interrupt(run_id: int) -> bool:
    """The run's row is locked before its instrument's, as in every write of an owner, so that they never deadlock."""
    now = timezone.now()
    with transaction.atomic():
        ended = Run.objects.filter(pk=run_id, state__in=Run.ACTIVE, lease_expires_at__lt=now)
        if not ended.update(
            state=Run.State.INTERRUPTED,
            lease_expires_at=None,
            pause_requested=False,
            paused_at=None,
            acquired_at=now,
            finished_at=now,
            error_code="worker_lost",
            error_message=MESSAGE,
        ):
            return False
        instrument = Instrument.objects.select_for_update().get(runs=run_id)
        # The fence goes up, so that the old worker's next write finds no row, even if it only slept.
        fence = instrument.fence + 1
        Run.objects.filter(pk=run_id).update(fence=fence)
        Instrument.objects.filter(pk=instrument.pk).update(
            fence=fence,
            status=Instrument.Status.NEEDS_CHECK,
            status_message="A run was interrupted; the transmitter is turned off and checked before the next one.",
        )
        share.charge(run_id, now)
        ownership.close(run_id, Run.State.INTERRUPTED, "worker_lost", MESSAGE)
        hints.instrument(instrument.slug)
        return True
