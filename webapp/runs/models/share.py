"""What each group has had of an instrument, for the queue to be fair."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models


class GroupShare(models.Model):
    """Instrument time of a group at `at`; it fades with the half-life of webapp.runs.queue.share.

    A group with twice the `weight` gets twice the time while both have runs waiting.
    """

    instrument = models.ForeignKey("facility.Instrument", on_delete=models.CASCADE, related_name="shares")
    group = models.ForeignKey("accounts.Group", on_delete=models.CASCADE, related_name="shares")
    used_s = models.FloatField(default=0.0)
    at = models.DateTimeField()
    weight = models.FloatField(default=1.0, validators=[MinValueValidator(0.01)])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["instrument", "group"], name="share_once")]

    def __str__(self) -> str:
        return f"{self.group} on {self.instrument}"
