"""What a worker found when it was asked which radios it can reach."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from webapp.facility.models.instrument import Instrument


class RadioScan(models.Model):
    """One look around by the worker of an instrument; `radios` holds sdr's FoundRadio values once it is done."""

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="radio_scans")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    radios = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Radios seen by {self.instrument}"
