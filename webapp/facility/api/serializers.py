"""Bookings and what belongs to them, as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from webapp.config.fields import ObjectField, StrictSerializer
from webapp.facility.api.fields import MomentField, UtcField, ZonedSerializer
from webapp.facility.bookings import recurrence, series
from webapp.facility.models import Booking, BookingEvent, BookingSeries

INTERVAL = "Half-open: [starts_at, ends_at)."


class BookingSerializer(serializers.ModelSerializer[Booking]):
    instrument = serializers.CharField(source="instrument.slug", read_only=True)
    group = serializers.CharField(source="group.slug", read_only=True)
    user = serializers.CharField(source="user.username", read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True)
    series = serializers.IntegerField(source="series_id", read_only=True, allow_null=True)
    starts_at = UtcField()
    ends_at = UtcField(help_text=INTERVAL)
    no_show_at = UtcField(allow_null=True, help_text="Released then unless checked in; null: no check-in needed.")
    checked_in_at = UtcField(allow_null=True)
    offer_expires_at = UtcField(allow_null=True)
    ended_at = UtcField(allow_null=True, help_text="When it was given up or cut short.")
    created_at = UtcField()
    updated_at = UtcField()

    class Meta:
        model = Booking
        fields = [
            "id", "uid", "instrument", "group", "user", "title", "starts_at", "ends_at", "state", "reason", "series",
            "series_exception", "no_show_at", "checked_in_at", "offer_expires_at", "ended_at", "sequence", "created_by",
            "created_at", "updated_at",
        ]  # fmt: skip


class BookingCreateSerializer(ZonedSerializer):
    instrument = serializers.CharField(max_length=50)
    group = serializers.CharField(required=False, max_length=50, help_text="May be left out by members of one group.")
    user = serializers.CharField(
        required=False, max_length=150, help_text="For whom; leaders and staff may book for others."
    )
    title = serializers.CharField(required=False, allow_blank=True, max_length=160)
    starts_at = MomentField()
    ends_at = MomentField(help_text=INTERVAL)


class BookingUpdateSerializer(ZonedSerializer):
    title = serializers.CharField(required=False, allow_blank=True, max_length=160)
    starts_at = MomentField(required=False)
    ends_at = MomentField(required=False, help_text=INTERVAL)
    scope = serializers.ChoiceField(
        choices=series.SCOPES, default="this", help_text="Of a series: this one, it and those after it, or all to come."
    )


class BookingCancelSerializer(StrictSerializer):
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=300)
    scope = serializers.ChoiceField(choices=series.SCOPES, default="this")


class ReasonSerializer(StrictSerializer):
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=300)


class BookingQuery(serializers.Serializer[Any]):
    instrument = serializers.SlugField(required=False)
    group = serializers.SlugField(required=False)
    state = serializers.ChoiceField(choices=Booking.State.choices, required=False)
    series = serializers.IntegerField(required=False)
    mine = serializers.BooleanField(required=False, default=False, help_text="For yourself only.")
    ends_after = MomentField(required=False, help_text="With offset.")
    starts_before = MomentField(required=False, help_text="With offset.")


class BookingEventSerializer(serializers.ModelSerializer[BookingEvent]):
    actor = serializers.CharField(source="actor.username", read_only=True, allow_null=True, default=None)
    payload = ObjectField(read_only=True)
    at = UtcField()

    class Meta:
        model = BookingEvent
        fields = ["id", "kind", "payload", "actor", "at"]


class RecurrenceSerializer(StrictSerializer):
    """As in RFC 5545. Give either count or until."""

    frequency = serializers.ChoiceField(choices=tuple(recurrence.FREQUENCIES))
    interval = serializers.IntegerField(required=False, default=1, min_value=1, max_value=recurrence.INTERVAL_MAX)
    weekdays = serializers.ListField(
        child=serializers.ChoiceField(choices=tuple(recurrence.WEEKDAYS)), required=False, default=list, max_length=7
    )
    count = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=10**6)
    until = serializers.DateField(required=False, allow_null=True, default=None, help_text="Last day, included.")


class SeriesCreateSerializer(BookingCreateSerializer):
    time_zone = serializers.CharField(max_length=64, help_text="IANA zone whose clocks the series follows.")
    recurrence = RecurrenceSerializer()
    on_conflict = serializers.ChoiceField(
        choices=series.ON_CONFLICT, default="refuse", help_text="Refuse all, or leave out what cannot be booked."
    )


class SeriesSerializer(serializers.ModelSerializer[BookingSeries]):
    instrument = serializers.CharField(source="instrument.slug", read_only=True)
    group = serializers.CharField(source="group.slug", read_only=True)
    user = serializers.CharField(source="user.username", read_only=True)
    recurrence = ObjectField(read_only=True)
    split_from = serializers.IntegerField(source="split_from_id", read_only=True, allow_null=True)
    created_at = UtcField()

    class Meta:
        model = BookingSeries
        fields = [
            "id", "instrument", "group", "user", "title", "time_zone", "starts_local", "ends_local", "recurrence",
            "split_from", "created_at",
        ]  # fmt: skip


class SkippedSerializer(serializers.Serializer[Any]):
    starts_local = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())


class SeriesBookedSerializer(serializers.Serializer[Any]):
    series = SeriesSerializer()
    bookings = BookingSerializer(many=True)
    skipped = SkippedSerializer(many=True)
