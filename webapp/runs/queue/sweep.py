"""The periodic sweep: whatever a lost message, a dead process or a restarted Redis left behind is found here."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.runs.queue import expiry, hints
from webapp.spectra.models import Spectrum


def sweep() -> dict[str, int]:
    """Expire leases and repeat the hints for everything that waits; returns counts for the log."""
    interrupted = expiry.expire_leases()
    with transaction.atomic():
        waiting = Instrument.objects.filter(
            Q(Exists(Run.objects.filter(instrument=OuterRef("pk"), state=Run.State.QUEUED)), held=False, stopped=False)
            | Q(status__in=[Instrument.Status.NEEDS_CHECK, Instrument.Status.OFFLINE])
        ).exclude(status=Instrument.Status.BUSY)
        slugs = list(waiting.values_list("slug", flat=True))
        for slug in slugs:
            hints.instrument(slug)
        open_jobs = Spectrum.objects.filter(
            Q(state=Spectrum.State.QUEUED) | Q(state=Spectrum.State.PROCESSING, lease_expires_at__lt=timezone.now())
        )
        jobs = list(open_jobs.order_by("id").values_list("pk", flat=True)[:100])
        for spectrum_id in jobs:
            hints.processing(spectrum_id)
    return {"interrupted": interrupted, "instruments": len(slugs), "spectra": len(jobs)}
