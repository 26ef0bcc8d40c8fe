"""Processing as rows: a Spectrum row is also the job that makes it, claimed by fence and lease like a run."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from webapp.runs import events
from webapp.runs.models import Run
from webapp.runs.queue import hints
from webapp.runs.queue.lease import lease_end
from webapp.spectra.models import Spectrum

#: a spectrum whose worker died this often is not tried again
ATTEMPTS_MAX = 3


@dataclass(frozen=True)
class Job:
    """The right to write one spectrum."""

    spectrum_id: int
    run_id: int
    fence: int


class JobLost(Exception):
    """The spectrum is being made by somebody else now; write nothing."""


def queue_first_version(run_id: int) -> None:
    """Queue version 1 of a run that has just stopped acquiring, if it has captures.

    One without any has nothing to wait for: if it is to be processed, it fails.
    """
    run = Run.objects.select_related("sample").get(pk=run_id)
    if not run.captures.exists():
        _close_run(
            run_id, Run.State.FAILED, "nothing_measured", "Nothing was measured, so there is nothing to process."
        )
        return
    spectrum, made = Spectrum.objects.get_or_create(
        run=run,
        version=1,
        defaults={
            "sample": run.sample,
            "group": run.group,
            "temperature_k": run.temperature_k,
            "requested_by": run.submitted_by,
        },
    )
    if made:
        hints.processing(spectrum.pk)


def claim_job(spectrum_id: int) -> Job | None:
    """Take a spectrum that is queued, or whose worker's lease has ended; None if there is nothing to do."""
    now = timezone.now()
    open_jobs = Spectrum.objects.filter(pk=spectrum_id).filter(
        Q(state=Spectrum.State.QUEUED) | Q(state=Spectrum.State.PROCESSING, lease_expires_at__lt=now)
    )
    with transaction.atomic():
        if not open_jobs.update(
            state=Spectrum.State.PROCESSING,
            fence=F("fence") + 1,
            lease_expires_at=lease_end(),
        ):
            return None
        spectrum = Spectrum.objects.get(pk=spectrum_id)
        job = Job(spectrum.pk, spectrum.run_id, spectrum.fence)
    if job.fence > ATTEMPTS_MAX:
        fail_job(job, f"Processing was tried {ATTEMPTS_MAX} times and its worker died each time.")
        return None
    return job


def renew_job(job: Job) -> bool:
    """Renew the lease of a job; False if it is no longer ours."""
    return bool(_mine(job).update(lease_expires_at=lease_end()))


def require_job(job: Job) -> None:
    """Raise JobLost unless the job is ours; call it inside the transaction that writes the result."""
    if not renew_job(job):
        raise JobLost(f"Spectrum {job.spectrum_id} is no longer owned by fence {job.fence}.")


def close_job(job: Job) -> None:
    """The result is stored (same transaction): mark the spectrum done and with it a run that waited for it."""
    if not _mine(job).update(state=Spectrum.State.DONE, lease_expires_at=None, finished_at=timezone.now()):
        raise JobLost(f"Spectrum {job.spectrum_id} is no longer owned by fence {job.fence}.")
    version = Spectrum.objects.values_list("version", flat=True).get(pk=job.spectrum_id)
    events.record(job.run_id, "spectrum", {"spectrum": job.spectrum_id, "version": version})
    _close_run(job.run_id, Run.State.DONE, "", "")


def fail_job(job: Job, message: str) -> None:
    """Processing cannot succeed; the captures stay and can be processed again with other parameters."""
    with transaction.atomic():
        if not _mine(job).update(
            state=Spectrum.State.FAILED, lease_expires_at=None, finished_at=timezone.now(), error_message=message
        ):
            return
        events.record(job.run_id, "error", {"code": "processing", "message": message})
        _close_run(job.run_id, Run.State.FAILED, "processing", message)


def _close_run(run_id: int, state: str, error_code: str, error_message: str) -> None:
    """End a run that was waiting for its spectrum; runs that ended otherwise keep the state they have."""
    waiting = Run.objects.filter(pk=run_id, state=Run.State.PROCESSING)
    if waiting.update(state=state, finished_at=timezone.now(), error_code=error_code, error_message=error_message):
        events.record(run_id, "state", {"state": state, "message": error_message})


def _mine(job: Job) -> QuerySet[Spectrum]:
    return Spectrum.objects.filter(pk=job.spectrum_id, fence=job.fence, state=Spectrum.State.PROCESSING)
