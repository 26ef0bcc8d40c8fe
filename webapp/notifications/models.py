"""What people are told, and how they want it. A notification that goes out by e-mail is its own outbox entry."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from webapp.notifications.kinds import Channel, Kind

#: a reminder can be wanted this long before a booking
LEAD_MAX_MINUTES = 7 * 24 * 60


class Notification(models.Model):
    """Something that one user is told, once: `key` names the occasion.

    Rows are written in the transaction of what they tell about. `mail_state` is empty for what does not go out by
    e-mail; the others are the outbox that webapp.notifications.mail works off, by fence and lease like the queue.
    """

    class Mail(models.TextChoices):
        NOT_WANTED = "", "Not by e-mail"
        QUEUED = "queued", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Given up"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=20, choices=Kind)
    key = models.CharField(max_length=120)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    path = models.CharField(max_length=300, blank=True)  # of the page that shows more
    on_site = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    mail_state = models.CharField(max_length=8, choices=Mail, blank=True, default=Mail.NOT_WANTED)
    mail_uid = models.UUIDField(default=uuid.uuid4, editable=False)  # the same Message-ID at every attempt
    mail_fence = models.PositiveIntegerField(default=0)
    mail_attempts = models.PositiveIntegerField(default=0)
    mail_due_at = models.DateTimeField(null=True, blank=True)  # next attempt, or end of the lease of the one under way
    mail_sent_at = models.DateTimeField(null=True, blank=True)
    mail_error = models.CharField(max_length=300, blank=True)  # of the last attempt

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notification_once")]
        indexes = [
            models.Index(fields=["user", "-id"], condition=Q(on_site=True), name="notification_list"),
            models.Index(fields=["user"], condition=Q(on_site=True, read_at__isnull=True), name="notification_unread"),
            models.Index(
                fields=["mail_due_at"], condition=Q(mail_state__in=["queued", "sending"]), name="notification_outbox"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Preference(models.Model):
    """What a user chose for a kind; without a row its default counts."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences")
    kind = models.CharField(max_length=20, choices=Kind)
    channel = models.CharField(max_length=4, choices=Channel)
    lead_minutes = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(5), MaxValueValidator(LEAD_MAX_MINUTES)]
    )  # how long before a booking its reminder comes

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="preference_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_channel_display()}"
