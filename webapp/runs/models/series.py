"""Runs that were submitted as one."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class RunSeries(models.Model):
    """Runs that differ in one thing: a parameter, the temperature, or nothing (repetitions).

    `varied` names the parameter ("temperature_k" for the sample's temperature, "" for repetitions), `values` lists its
    values in the order of the runs, which are numbered by Run.series_index.
    """

    instrument = models.ForeignKey("facility.Instrument", on_delete=models.PROTECT, related_name="run_series")
    group = models.ForeignKey("accounts.Group", on_delete=models.PROTECT, related_name="run_series")
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="run_series")
    title = models.CharField(max_length=160, blank=True)
    varied = models.CharField(max_length=60, blank=True)
    values = models.JSONField(default=list)
    idempotency_key = models.CharField(max_length=120, null=True, blank=True)
    contents_sha256 = models.CharField(max_length=64, blank=True)  # of the request that the key belongs to
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["submitted_by", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="run_series_idempotency_key_once",
            )
        ]

    def __str__(self) -> str:
        return self.title or f"Series {self.pk}"
