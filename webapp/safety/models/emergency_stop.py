"""Stops by staff, kept for good."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class EmergencyStop(models.Model):
    """An instrument's transmitter was stopped; in force until it is released.

    `token` is what the guard hears and answers with, another one for every press of the button. `told` says whether
    Redis took it. `answer` is what the guard, or a worker that looked, read back of the radio.
    """

    instrument = models.ForeignKey("facility.Instrument", on_delete=models.PROTECT, related_name="emergency_stops")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="emergency_stops")
    made_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    token = models.CharField(max_length=32)
    told = models.BooleanField(default=False)
    answer = models.JSONField(default=dict)
    answered_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="emergency_stops_released"
    )
    released_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)  # why it could be released

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["instrument"], condition=Q(released_at__isnull=True), name="emergency_stop_in_force_once"
            )
        ]

    def __str__(self) -> str:
        return f"Emergency stop of {self.instrument}"

    @property
    def is_off(self) -> bool:
        """Whether the transmitter has been read back as off since the button was pressed last."""
        return self.answered_at is not None and self.answer.get("off") is True
