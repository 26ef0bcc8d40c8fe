"""The instrument worker's only task: look at the queue of its instrument and measure what waits there."""

from __future__ import annotations

import logging
import os
import socket

from celery.worker import state as worker_state
from django.utils import timezone

from tasks import radio_log
from tasks.acquire import acquire, check_radio
from tasks.app import app
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.runs.queue import ownership
from webapp.runs.queue.claim import claim_next
from webapp.runs.queue.expiry import expire_leases
from webapp.safety.services import emergency

log = logging.getLogger(__name__)

_TO_CHECK = (Instrument.Status.NEEDS_CHECK, Instrument.Status.OFFLINE)


@app.task(name="tasks.instrument.look", ignore_result=True)
def look(slug: str) -> int:
    """Measure the runs of this instrument one after the other until none waits; returns how many.

    Hints may be lost, late or doubled: what happens depends on the rows alone.
    """
    worker = f"{socket.gethostname()}:{os.getpid()}"
    measured = 0
    expire_leases()
    while worker_state.should_stop is None and worker_state.should_terminate is None:
        if not _ready(slug):
            break
        claim = claim_next(slug, worker)
        if claim is None:
            break
        log.info("Run %s claimed on %s with fence %s", claim.run_id, slug, claim.fence)
        acquire(claim)
        measured += 1
    return measured


def _ready(slug: str) -> bool:
    """Whether the instrument can take a run; one that needs a check gets it first, and only while nobody owns it."""
    instrument = Instrument.objects.filter(slug=slug).first()
    if instrument is None:
        log.error("There is no instrument %r; the worker's queue name must be instrument.<slug>.", slug)
        return False
    radio_log.of(instrument).copy()
    if instrument.stopped:
        _read_back_stopped(instrument)
        return False
    if instrument.status not in _TO_CHECK:
        return True
    if Run.objects.filter(instrument=instrument, state__in=Run.ACTIVE).exists():
        return False
    checked = check_radio(instrument)
    ownership.release_instrument(instrument.pk, instrument.fence, checked.instrument_status, checked.instrument_message)
    if checked.instrument_status != Instrument.Status.READY:
        log.warning("Instrument %s: %s", slug, checked.instrument_message)
        return False
    Instrument.objects.filter(pk=instrument.pk).update(last_seen_at=timezone.now())
    return True


def _read_back_stopped(instrument: Instrument) -> None:
    """Staff stopped an instrument that nobody is using, so no guard was there to answer: look at the radio once."""
    stop = emergency.unanswered(instrument.pk)
    if stop is None or Run.objects.filter(instrument=instrument, state__in=Run.ACTIVE).exists():
        return
    checked = check_radio(instrument)
    off = checked.instrument_status == Instrument.Status.READY
    emergency.read_back(stop, off=off, message=checked.error_message or "The worker opened the radio and read it back.")
