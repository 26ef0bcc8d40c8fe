"""Who waits for time on an instrument."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class WaitlistEntry(models.Model):
    """A wish for `duration_minutes` on an instrument somewhere in [earliest_at, latest_at).

    When such time becomes free, a Booking in state "offered" holds it for the first in line until the offer expires.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        OFFERED = "offered", "Offered"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        EXPIRED = "expired", "Expired"  # the offer was not taken, or the time wished for is over
        WITHDRAWN = "withdrawn", "Withdrawn"

    OPEN = (State.WAITING, State.OFFERED)

    instrument = models.ForeignKey("facility.Instrument", on_delete=models.CASCADE, related_name="waitlist")
    group = models.ForeignKey("accounts.Group", on_delete=models.CASCADE, related_name="waitlist")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="waitlist")
    earliest_at = models.DateTimeField()
    latest_at = models.DateTimeField()
    duration_minutes = models.PositiveIntegerField()
    title = models.CharField(max_length=160, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    booking = models.OneToOneField(
        "facility.Booking", null=True, blank=True, on_delete=models.PROTECT, related_name="waitlist_entry"
    )  # what was offered
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]  # first come, first served
        verbose_name_plural = "waitlist entries"
        constraints = [models.CheckConstraint(condition=Q(latest_at__gt=F("earliest_at")), name="waitlist_has_time")]
        indexes = [models.Index(fields=["instrument", "state", "id"], name="waitlist_line")]

    def __str__(self) -> str:
        return self.title or f"Waitlist entry {self.pk}"
