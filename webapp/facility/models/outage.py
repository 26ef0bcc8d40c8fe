"""When an instrument cannot be used."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Outage(models.Model):
    """Time in which nobody's booking and no run takes place: a breakdown, or planned maintenance. Half-open, UTC."""

    class Kind(models.TextChoices):
        OUTAGE = "outage", "Outage"
        MAINTENANCE = "maintenance", "Maintenance"

    instrument = models.ForeignKey("facility.Instrument", on_delete=models.CASCADE, related_name="outages")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.OUTAGE)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)  # None: until further notice
    reason = models.CharField(max_length=300)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="outages_created")
    created_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # it does not take place

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="outage_ends_after_start"
            )
        ]
        indexes = [models.Index(fields=["instrument", "starts_at"], name="outage_instrument")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.instrument}: {self.reason}"
