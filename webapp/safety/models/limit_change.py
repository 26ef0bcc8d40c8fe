"""Changes of instruments' limits, kept for good."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class LimitChange(models.Model):
    """Somebody set other limits; `before` and `after` hold the fields that changed, defaults written out.

    `looser` names those of them by which more may be sent than before.
    """

    instrument = models.ForeignKey("facility.Instrument", on_delete=models.CASCADE, related_name="limit_changes")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="limit_changes")
    changed_at = models.DateTimeField(auto_now_add=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    looser = models.JSONField(default=list)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Limits of {self.instrument}: {', '.join(self.after)}"
