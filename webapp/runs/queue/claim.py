"""Claiming the next run of an instrument, in one transaction."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from webapp.facility.bookings import checkin
from webapp.facility.bookings.windows import windows
from webapp.facility.models import Instrument
from webapp.runs import events
from webapp.runs.models import Run
from webapp.runs.queue import share, waiting
from webapp.runs.queue.eligibility import eligible
from webapp.runs.queue.fairness import fair_order
from webapp.runs.queue.lease import lease_end
from webapp.runs.queue.ownership import Claim

State = Run.State


def claim_next(slug: str, worker: str) -> Claim | None:
    """Take the next eligible run of a ready instrument, or None.

    The instrument's row is locked first, so claims of one instrument are serial; the partial unique constraint on
    active runs is the backstop. Taken is the first in fair order that its group may measure now, and that ends before
    somebody else's booking or an outage begins.
    """
    with transaction.atomic():
        instrument = Instrument.objects.select_for_update().get(slug=slug)
        if instrument.held or instrument.stopped or instrument.status != Instrument.Status.READY:
            return None
        if Run.objects.filter(instrument=instrument, state__in=Run.ACTIVE).exists():
            return None
        now = timezone.now()
        order = fair_order(waiting.candidates(instrument.pk), share.shares(instrument.pk, now))
        chosen = next(eligible(order, windows(instrument.pk, now), now), None)
        if chosen is None:
            return None
        run_id = chosen.run_id
        fence = instrument.fence + 1
        Instrument.objects.filter(pk=instrument.pk).update(
            fence=fence, status=Instrument.Status.BUSY, status_message=""
        )
        claimed = Run.objects.filter(pk=run_id, state=State.QUEUED, cancel_requested=False, held=False).update(
            state=State.CLAIMED,
            fence=fence,
            lease_expires_at=lease_end(),
            claimed_at=now,
            worker=worker,
        )
        if not claimed:  # cancelled or held between the two statements; the next hint looks again
            transaction.set_rollback(True)
            return None
        checkin.by_run(instrument.pk, chosen.group_id, now)
        events.record(run_id, "state", {"state": State.CLAIMED})
        return Claim(run_id, instrument.pk, fence, worker)
