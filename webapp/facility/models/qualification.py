"""Who has been trained on which instrument."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Qualification(models.Model):
    """A user's training on an instrument, granted by staff; it counts until it is revoked or expires.

    Rows are never changed into others: a renewal revokes the old one and makes a new one, so that the trail stays.
    """

    instrument = models.ForeignKey("facility.Instrument", on_delete=models.CASCADE, related_name="qualifications")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="qualifications")
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="qualifications_granted"
    )
    granted_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)  # None: does not expire
    note = models.CharField(max_length=300, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="qualifications_revoked"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["instrument", "user"], condition=Q(revoked_at__isnull=True), name="qualification_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} on {self.instrument}"
