"""Instruments in the API."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from acquisition.errors import FieldError, InvalidParameters
from acquisition.limits import InstrumentLimits
from webapp.calibrations import services as calibrated
from webapp.config.fields import ObjectField, StrictSerializer, body, query
from webapp.facility import access, services
from webapp.facility.api.fields import MomentField, UtcField, named_group, times
from webapp.facility.bookings.rules import effective
from webapp.facility.bookings.values import Rules
from webapp.facility.models import Instrument
from webapp.runs.models import Run

SPAN_MAX = datetime.timedelta(days=366)


class InstrumentSerializer(serializers.ModelSerializer[Instrument]):
    limits = serializers.SerializerMethodField(help_text="What the instrument may do, defaults included; SI units.")
    identity = ObjectField(read_only=True, help_text="The radio as last seen.")
    queued = serializers.IntegerField(read_only=True, help_text="Runs waiting.")

    class Meta:
        model = Instrument
        fields = [
            "slug", "name", "description", "location", "status", "status_message", "held", "hold_reason", "stopped",
            "limits", "synchronisation", "identity", "queued", "last_seen_at",
        ]  # fmt: skip

    def get_limits(self, instrument: Instrument) -> dict[str, Any]:
        try:
            limits = services.limits(instrument, self.context.get("in_force", {}).get(instrument.pk))
        except InvalidParameters:  # a row written past the rules must not make the list unreadable
            limits = InstrumentLimits()
        return dataclasses.asdict(limits)


class OccupationSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=("booking", "outage"))
    starts_at = UtcField()
    ends_at = UtcField(allow_null=True, help_text="null: until further notice.")
    state = serializers.CharField(help_text="Of a booking its state, of an outage its kind.")
    title = serializers.CharField()
    booking = serializers.IntegerField(source="booking.pk", default=None, allow_null=True, help_text="If you see it.")


class OccupationQuery(serializers.Serializer[Any]):
    starts_at = MomentField(help_text="With offset.")
    ends_at = MomentField(help_text="With offset.")


class RulesQuery(serializers.Serializer[Any]):
    group = serializers.SlugField(required=False)


class RulesSerializer(serializers.Serializer[Rules]):
    """null: no such rule."""

    duration_min_minutes = serializers.IntegerField()
    duration_max_minutes = serializers.IntegerField()
    horizon_days = serializers.IntegerField()
    weekly_hours_user_max = serializers.FloatField(allow_null=True)
    weekly_hours_group_max = serializers.FloatField(allow_null=True)
    buffer_minutes = serializers.IntegerField()
    cancel_deadline_minutes = serializers.IntegerField()
    no_show_minutes = serializers.IntegerField(allow_null=True)
    series_count_max = serializers.IntegerField()
    needs_qualification = serializers.BooleanField()
    needs_approval = serializers.BooleanField()


class HoldSerializer(StrictSerializer):
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=300)


@extend_schema(tags=["instruments"])
class InstrumentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """The facility's instruments and their state."""

    serializer_class = InstrumentSerializer
    lookup_field = "slug"
    lookup_value_regex = "[-a-zA-Z0-9_]{1,50}"

    def get_queryset(self) -> QuerySet[Instrument]:
        queued = Count("runs", filter=Q(runs__state=Run.State.QUEUED))
        return access.instruments(self.request.user).annotate(queued=queued)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """By name."""
        page: Any = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        known = {"in_force": calibrated.in_force_of([one.pk for one in page])}  # at once, not one by one
        shown = self.get_serializer(page, many=True, context=self.get_serializer_context() | known)
        return self.get_paginated_response(shown.data)

    @extend_schema(parameters=[OccupationQuery], responses=OccupationSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def occupation(self, request: Request, slug: str) -> Response:
        """What takes the instrument in a span of at most a year. Titles of other groups' bookings are not told."""
        wanted = query(OccupationQuery, request)
        moments = times(wanted, "starts_at", "ends_at")
        if not moments["starts_at"] < moments["ends_at"] <= moments["starts_at"] + SPAN_MAX:
            raise InvalidParameters([FieldError("ends_at", f"Must be within {SPAN_MAX.days} days after the start.")])
        found = access.occupation(request.user, self.get_object(), **moments)
        return Response(OccupationSerializer(found, many=True).data)

    @extend_schema(parameters=[RulesQuery], responses=RulesSerializer)
    @action(detail=True, methods=["get"], pagination_class=None)
    def rules(self, request: Request, slug: str) -> Response:
        """The booking rules that count here for one of your groups, or for every group."""
        group = query(RulesQuery, request).get("group")
        found = effective(self.get_object().pk, None if group is None else named_group(request, group).pk)
        return Response(RulesSerializer(found).data)

    @extend_schema(request=HoldSerializer, responses=InstrumentSerializer)
    @action(detail=True, methods=["post"])
    def hold(self, request: Request, slug: str) -> Response:
        """Staff: let no new run start until released."""
        instrument = self.get_object()
        services.hold(request.user, instrument, **body(HoldSerializer, request))
        return Response(self.get_serializer(instrument).data)

    @extend_schema(request=None, responses=InstrumentSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, slug: str) -> Response:
        """Staff: let runs start again."""
        instrument = self.get_object()
        services.release(request.user, instrument)
        return Response(self.get_serializer(instrument).data)
