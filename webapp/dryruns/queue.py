"""Dry runs as jobs: a few at a time, claimed by slot, fence and lease; ended, given up, and in the end removed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from webapp.dryruns.models import DryRun
from webapp.dryruns.services import keep_s
from webapp.runs.queue import hints
from webapp.runs.queue.lease import lease_end
from webapp.runs.queue.ownership import LeaseLost

State = DryRun.State


@dataclass(frozen=True)
class Job:
    """The right to write one dry run."""

    dry_run_id: int
    fence: int


def claim_next() -> Job | None:
    """Take the oldest that waits, if one of the slots is free; None if there is nothing to do now."""
    taken = set(DryRun.objects.filter(slot__isnull=False).values_list("slot", flat=True))
    for slot in range(settings.RASGADO_DRY_RUNS_MAX):
        if slot in taken:
            continue
        try:
            with transaction.atomic():
                waiting = DryRun.objects.select_for_update().filter(state=State.QUEUED).order_by("id").first()
                if waiting is None:
                    return None
                changed = DryRun.objects.filter(pk=waiting.pk, state=State.QUEUED).update(
                    state=State.RUNNING, slot=slot, fence=F("fence") + 1, lease_expires_at=lease_end(),
                    started_at=timezone.now(),
                )  # fmt: skip
                if not changed:
                    continue
            return Job(waiting.pk, waiting.fence + 1)
        except IntegrityError:
            continue  # another worker took the slot meanwhile
    return None


def renew(job: Job) -> bool:
    """Renew the lease; returns whether the dry run is to be cancelled. Raises LeaseLost if it is no longer ours."""
    if not _mine(job).update(lease_expires_at=lease_end()):
        raise LeaseLost(f"Dry run {job.dry_run_id} is no longer owned by fence {job.fence}.")
    return bool(DryRun.objects.values_list("cancel_requested", flat=True).get(pk=job.dry_run_id))


def report(job: Job, **facts: Any) -> None:
    """Write facts such as `progress` of a dry run that is ours; raises LeaseLost."""
    if not _mine(job).update(**facts):
        raise LeaseLost(f"Dry run {job.dry_run_id} is no longer owned by fence {job.fence}.")


def finish(job: Job, state: str, *, result: dict[str, Any] | None = None, message: str = "") -> bool:
    """End it and free its slot; False if it is no longer ours."""
    ended = _mine(job).update(
        state=state, slot=None, lease_expires_at=None, finished_at=timezone.now(), result=result or {},
        error_message=message,
    )  # fmt: skip
    hints.dry_runs()
    return bool(ended)


def sweep() -> dict[str, int]:
    """Give up those whose worker is gone, remove those that are too old, repeat the hint; returns counts."""
    now = timezone.now()
    lost = DryRun.objects.filter(state=State.RUNNING, lease_expires_at__lt=now).update(
        state=State.FAILED, slot=None, lease_expires_at=None, finished_at=now, fence=F("fence") + 1,
        error_message="The worker that ran it is gone, or it took too long. Start it again.",
    )  # fmt: skip
    old = DryRun.objects.filter(finished_at__lt=now - timedelta(seconds=keep_s()))
    removed, _ = old.delete() if old.exists() else (0, {})
    if DryRun.objects.filter(state=State.QUEUED).exists():
        hints.dry_runs()
    return {"dry_runs_lost": lost, "dry_runs_removed": removed}


def _mine(job: Job) -> QuerySet[DryRun]:
    return DryRun.objects.filter(pk=job.dry_run_id, fence=job.fence, state=State.RUNNING)
