"""What a radio did, as its own log says."""

from __future__ import annotations

from django.db import models


class RadioEntry(models.Model):
    """A line of a radio's log (sdr.radio_log), copied so that people can read it. Never changed; old ones are removed.

    `line` is the line's own id, so that copying it twice makes one row.
    """

    instrument = models.ForeignKey("facility.Instrument", on_delete=models.CASCADE, related_name="radio_log")
    line = models.CharField(max_length=40)
    at = models.DateTimeField()
    by = models.CharField(max_length=10)  # "driver", "guard" or "staff"
    event = models.CharField(max_length=20)
    run = models.ForeignKey("runs.Run", null=True, on_delete=models.SET_NULL, related_name="radio_log")
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "radio entries"
        constraints = [models.UniqueConstraint(fields=["instrument", "line"], name="radio_entry_once")]
        indexes = [
            models.Index(fields=["instrument", "-at"], name="radio_entry_newest"),
            models.Index(fields=["instrument", "event", "-at"], name="radio_entry_of_event"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.event}"
