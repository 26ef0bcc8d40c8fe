"""Instruments in the API."""

from __future__ import annotations

import dataclasses
from typing import Any

from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from acquisition.errors import InvalidParameters
from acquisition.limits import InstrumentLimits
from webapp.config.fields import ObjectField, StrictSerializer, body
from webapp.facility import access, services
from webapp.facility.models import Instrument
from webapp.runs.models import Run


class InstrumentSerializer(serializers.ModelSerializer[Instrument]):
    limits = serializers.SerializerMethodField(help_text="What the instrument may do, defaults included; SI units.")
    identity = ObjectField(read_only=True, help_text="The radio as last seen.")
    queued = serializers.IntegerField(read_only=True, help_text="Runs waiting.")

    class Meta:
        model = Instrument
        fields = [
            "slug", "name", "description", "location", "status", "status_message", "held", "hold_reason", "limits",
            "synchronisation", "identity", "queued", "last_seen_at",
        ]  # fmt: skip

    def get_limits(self, instrument: Instrument) -> dict[str, float]:
        try:
            limits = services.limits(instrument)
        except InvalidParameters:  # a row written past the rules must not make the list unreadable
            limits = InstrumentLimits()
        return dataclasses.asdict(limits)


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
