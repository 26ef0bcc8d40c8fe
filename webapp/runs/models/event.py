"""What happens to runs, in order."""

from __future__ import annotations

from django.db import models


class RunEvent(models.Model):
    """Something that happened to a run, in order; what the live page and the audit trail show.

    Kinds: "state" {state, message?}, "progress" {Progress fields}, "shot" {index, purpose, averages, alignment},
    "lines" {"lines": [Line fields…]} (all lines known now, whenever that changes), "spectrum" {spectrum, version},
    "pause" {paused}, "message" {text, asks?}, "error" {code, message}.
    """

    run = models.ForeignKey("runs.Run", on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20)
    payload = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["run", "id"], name="event_run")]
