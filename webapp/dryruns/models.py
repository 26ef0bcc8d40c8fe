"""Dry runs: what a run would show, tried on a simulated copy of its instrument. Nothing here was measured."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class DryRun(models.Model):
    """A planned run, a guess of the sample, and what came out; kept apart from runs and spectra, and only for a while.

    The row is the job: a processing worker takes one of the few slots with it, by fence and lease like a run.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    OPEN = (State.QUEUED, State.RUNNING)

    instrument = models.ForeignKey("facility.Instrument", on_delete=models.CASCADE, related_name="dry_runs")
    sample = models.ForeignKey(
        "samples.Sample", null=True, blank=True, on_delete=models.SET_NULL, related_name="dry_runs"
    )
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="dry_runs")
    title = models.CharField(max_length=160, blank=True)
    method = models.CharField(max_length=40)
    parameters = models.JSONField()
    plan = models.JSONField(default=dict)  # as of a run
    guess = models.JSONField(default=list)  # acquisition.planning.guess.GuessedLine
    guessed_from = models.CharField(max_length=200, blank=True)  # where the guess is from, for people

    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    cancel_requested = models.BooleanField(default=False)
    slot = models.PositiveSmallIntegerField(null=True, blank=True)
    fence = models.PositiveBigIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    progress = models.JSONField(default=dict)
    copied = models.JSONField(default=dict)  # of the instrument, as it was simulated; `simulated` is true in it
    result = models.JSONField(default=dict)  # see webapp.dryruns.results
    error_message = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["slot"], condition=Q(slot__isnull=False), name="dry_run_slot_once"),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="dry_run_queue"),
            models.Index(fields=["submitted_by", "-id"], name="dry_run_user"),
        ]

    def __str__(self) -> str:
        return self.title or f"Dry run {self.pk}"
