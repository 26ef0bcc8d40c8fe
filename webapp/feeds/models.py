"""Secret addresses from which calendar programs fetch bookings."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class CalendarFeed(models.Model):
    """A user's feed of their own bookings, of a group's or of an instrument's.

    Only the SHA-256 of its secret is stored. At every fetch it shows what the user may see then.
    `content_sha256` and `changed_at` say what was last given out and since when it is so, for conditional requests.
    """

    class Scope(models.TextChoices):
        OWN = "own", "My bookings"
        GROUP = "group", "A group's bookings"
        INSTRUMENT = "instrument", "An instrument"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feeds")
    scope = models.CharField(max_length=10, choices=Scope)
    group = models.ForeignKey(
        "accounts.Group", null=True, blank=True, on_delete=models.CASCADE, related_name="calendar_feeds"
    )
    instrument = models.ForeignKey(
        "facility.Instrument", null=True, blank=True, on_delete=models.CASCADE, related_name="calendar_feeds"
    )
    prefix = models.CharField(max_length=12)
    secret_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    content_sha256 = models.CharField(max_length=64, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="own", group__isnull=True, instrument__isnull=True)
                | Q(scope="group", group__isnull=False, instrument__isnull=True)
                | Q(scope="instrument", group__isnull=True, instrument__isnull=False),
                name="feed_has_what_its_scope_names",
            )
        ]

    def __str__(self) -> str:
        return str(self.group or self.instrument or self.get_scope_display())
