"""Bookings of instruments, the series they may belong to, and what happened to them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class BookingSeries(models.Model):
    """A recurring booking: the rule it was made from. Every occurrence is a Booking of its own.

    `recurrence` holds the fields of webapp.facility.bookings.recurrence.Recurrence; `starts_local` and `ends_local` are
    wall-clock times of the first occurrence in `time_zone`, ISO 8601 without offset.
    """

    instrument = models.ForeignKey("facility.Instrument", on_delete=models.PROTECT, related_name="booking_series")
    group = models.ForeignKey("accounts.Group", on_delete=models.PROTECT, related_name="booking_series")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="booking_series")
    title = models.CharField(max_length=160, blank=True)
    time_zone = models.CharField(max_length=64)
    starts_local = models.CharField(max_length=32)
    ends_local = models.CharField(max_length=32)
    recurrence = models.JSONField()
    split_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="splits")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="series_created")
    created_at = models.DateTimeField(auto_now_add=True)
    idempotency_key = models.CharField(max_length=120, null=True, blank=True)
    contents_sha256 = models.CharField(max_length=64, blank=True)  # of the request that the key belongs to

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["created_by", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="series_idempotency_key_once",
            )
        ]

    def __str__(self) -> str:
        return self.title or f"Series {self.pk}"


class Booking(models.Model):
    """An instrument reserved for a group in [starts_at, ends_at), UTC.

    Rows are made and changed by webapp.facility.bookings only, which locks the instrument's row first; they are never
    deleted. On PostgreSQL an exclusion constraint (a migration adds it) is the backstop against overlaps.
    """

    class State(models.TextChoices):
        OFFERED = "offered", "Offered"  # held for the next in the waitlist until `offer_expires_at`
        PENDING = "pending", "Awaiting approval"
        CONFIRMED = "confirmed", "Confirmed"
        CANCELLED = "cancelled", "Cancelled"
        DECLINED = "declined", "Declined"
        RELEASED = "released", "Released"  # nobody came
        LAPSED = "lapsed", "Lapsed"  # an offer nobody took, or a request nobody decided in time

    #: the time is taken
    HOLDING = (State.OFFERED, State.PENDING, State.CONFIRMED)

    instrument = models.ForeignKey("facility.Instrument", on_delete=models.PROTECT, related_name="bookings")
    group = models.ForeignKey("accounts.Group", on_delete=models.PROTECT, related_name="bookings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="bookings")
    title = models.CharField(max_length=160, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.CONFIRMED)

    series = models.ForeignKey(
        BookingSeries, null=True, blank=True, on_delete=models.PROTECT, related_name="bookings"
    )  # an occurrence of it
    series_exception = models.BooleanField(default=False)  # was changed by itself; changes of all leave it alone
    no_show_at = models.DateTimeField(null=True, blank=True)  # released then unless checked in; None: no check-in
    checked_in_at = models.DateTimeField(null=True, blank=True)
    offer_expires_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="bookings_decided"
    )
    reason = models.CharField(max_length=300, blank=True)  # why it was declined or cancelled
    ended_at = models.DateTimeField(null=True, blank=True)  # when it stopped holding its time before its end

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # for calendars
    sequence = models.PositiveIntegerField(default=0)  # grows with every change, for calendars
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="bookings_created")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    idempotency_key = models.CharField(max_length=120, null=True, blank=True)
    contents_sha256 = models.CharField(max_length=64, blank=True)  # of the request that the key belongs to

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="booking_ends_after_start"),
            models.UniqueConstraint(
                fields=["created_by", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="booking_idempotency_key_once",
            ),
        ]
        indexes = [
            models.Index(fields=["instrument", "starts_at"], name="booking_instrument"),
            models.Index(
                fields=["instrument", "ends_at"],
                name="booking_holding",
                condition=Q(state__in=["offered", "pending", "confirmed"]),
            ),
            models.Index(fields=["group", "starts_at"], name="booking_group"),
            models.Index(fields=["user", "starts_at"], name="booking_user"),
        ]

    def __str__(self) -> str:
        return self.title or f"Booking {self.pk}"


class BookingEvent(models.Model):
    """Something that happened to a booking: what notifications, calendars and the audit trail are made from.

    `payload` is described in webapp.facility.bookings.events. Without `actor` the service itself did it.
    """

    class Kind(models.TextChoices):
        CREATED = "created", "Booked"
        MOVED = "moved", "Moved"
        EDITED = "edited", "Edited"
        CANCELLED = "cancelled", "Cancelled"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"
        CHECKED_IN = "checked_in", "Checked in"
        FINISHED = "finished", "Finished early"
        RELEASED = "released", "Released, nobody came"
        OFFERED = "offered", "Offered from the waitlist"
        ACCEPTED = "accepted", "Offer accepted"
        LAPSED = "lapsed", "Lapsed"
        AFFECTED = "affected", "Affected by an outage"
        HANDED_OVER = "handed_over", "Handed over"

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind)
    payload = models.JSONField(default=dict)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="booking_events"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["booking", "id"], name="booking_event")]
