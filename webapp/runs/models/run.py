"""Runs, the rows that are the truth about the queue; messages between processes are only hints to look here."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast


class Run(models.Model):
    """One experiment on one instrument.

    Every write of a worker is an UPDATE with id, fence and state in its WHERE: zero rows means that somebody else owns
    the run, and the worker must stop and make safe.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        QUEUED = "queued", "Queued"
        CLAIMED = "claimed", "Starting"
        ACQUIRING = "acquiring", "Acquiring"
        PROCESSING = "processing", "Processing"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        INTERRUPTED = "interrupted", "Interrupted"

    class Priority(models.IntegerChoices):
        BACKGROUND = -1, "When nothing else waits"
        NORMAL = 0, "Normal"
        URGENT = 1, "Before all others"

    #: the instrument belongs to a run in one of these
    ACTIVE = (State.CLAIMED, State.ACQUIRING)
    #: not ended
    OPEN = (State.DRAFT, State.QUEUED, *ACTIVE, State.PROCESSING)
    #: nothing changes any more
    FINAL = (State.DONE, State.FAILED, State.CANCELLED, State.INTERRUPTED)

    instrument = models.ForeignKey("facility.Instrument", on_delete=models.PROTECT, related_name="runs")
    sample = models.ForeignKey("samples.Sample", on_delete=models.PROTECT, related_name="runs")
    group = models.ForeignKey("accounts.Group", on_delete=models.PROTECT, related_name="runs")
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="runs")
    title = models.CharField(max_length=160, blank=True)
    method = models.CharField(max_length=40)
    parameters = models.JSONField()
    plan = models.JSONField(default=dict)  # summary made when submitted: windows, shots, durations
    # Of the plan, for the queue: reading them out of a thousand plans takes longer than all else that a claim does.
    planned_s = models.GeneratedField(
        expression=Cast(KT("plan__duration_s"), models.FloatField()),
        output_field=models.FloatField(null=True),
        db_persist=True,
    )
    planned_max_s = models.GeneratedField(
        expression=Cast(KT("plan__duration_max_s"), models.FloatField()),
        output_field=models.FloatField(null=True),
        db_persist=True,
    )
    temperature_k = models.FloatField(null=True, blank=True)

    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    cancel_requested = models.BooleanField(default=False)
    pause_requested = models.BooleanField(default=False)  # wait between two shots, transmitter off
    paused_at = models.DateTimeField(null=True, blank=True)  # since when the worker does so
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    position = models.FloatField(default=0)  # order among the group's own in the queue, smaller first; ties by id
    held = models.BooleanField(default=False)  # waits in the queue until it is resumed
    hold_reason = models.CharField(max_length=300, blank=True)
    series = models.ForeignKey("runs.RunSeries", null=True, blank=True, on_delete=models.PROTECT, related_name="runs")
    series_index = models.PositiveIntegerField(null=True, blank=True)
    forecast = models.JSONField(default=dict)  # when it would start, as told when it was queued; judged afterwards
    fence = models.PositiveBigIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    repeat_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="repeats")

    progress = models.JSONField(default=dict)  # acquisition.experiment.Progress as last reported
    idempotency_key = models.CharField(max_length=120, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    acquiring_at = models.DateTimeField(null=True, blank=True)
    acquired_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["instrument"], condition=Q(state__in=["claimed", "acquiring"]), name="one_active_run"
            ),
            models.UniqueConstraint(
                fields=["submitted_by", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="idempotency_key_once",
            ),
        ]
        indexes = [
            models.Index(fields=["instrument", "position", "id"], condition=Q(state="queued"), name="run_queue"),
            models.Index(fields=["state", "lease_expires_at"], name="run_lease"),
            models.Index(fields=["group", "-id"], name="run_group"),
            models.Index(fields=["sample", "-id"], name="run_sample"),
            models.Index(fields=["claimed_at"], name="run_claimed"),
        ]

    def __str__(self) -> str:
        return self.title or f"Run {self.pk}"
