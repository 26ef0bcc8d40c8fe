"""The emergency stop in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from webapp.config.fields import ObjectField, StrictSerializer, body
from webapp.facility import access as facility_access
from webapp.facility.api.fields import UtcField, named_instrument
from webapp.safety import access
from webapp.safety.models import EmergencyStop
from webapp.safety.services import emergency


class EmergencyStopSerializer(serializers.ModelSerializer[EmergencyStop]):
    instrument = serializers.CharField(source="instrument.slug", read_only=True)
    made_by = serializers.CharField(source="made_by.username", read_only=True)
    made_at = UtcField()
    told = serializers.BooleanField(help_text="Redis took the message for the guard; workers see the row.")
    is_off = serializers.BooleanField(read_only=True, help_text="The transmitter was read back as off since.")
    answered_at = UtcField(allow_null=True)
    answer = ObjectField(read_only=True, help_text="What the guard, or a worker that looked, read back.")
    released_by = serializers.CharField(source="released_by.username", allow_null=True, default=None, read_only=True)
    released_at = UtcField(allow_null=True)

    class Meta:
        model = EmergencyStop
        fields = [
            "id", "instrument", "made_by", "made_at", "reason", "told", "is_off", "answered_at", "answer",
            "released_by", "released_at", "note",
        ]  # fmt: skip


class StopSerializer(StrictSerializer):
    instrument = serializers.CharField(
        max_length=50, required=False, allow_null=True, default=None, help_text="Slug; null or missing: every one."
    )
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=1000)


class ReleaseSerializer(StrictSerializer):
    note = serializers.CharField(max_length=300, help_text="What was found, and why it may transmit again.")


@extend_schema(tags=["instruments"])
class EmergencyStopViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Stops of transmitters: those in force; for staff, earlier ones too, the newest first."""

    serializer_class = EmergencyStopSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[EmergencyStop]:
        emergency.in_force()  # takes in what guards have answered
        return access.stops(self.request.user)

    @extend_schema(request=StopSerializer, responses={201: EmergencyStopSerializer(many=True)})
    def create(self, request: Request) -> Response:
        """Staff: turn transmitters off now and keep them off; what was measured is kept. Ask again to be sure."""
        wanted = body(StopSerializer, request)
        slug = wanted["instrument"]
        chosen = facility_access.instruments(request.user) if slug is None else [named_instrument(request, slug)]
        made = emergency.stop(request.user, chosen, wanted["reason"])
        return Response(EmergencyStopSerializer(made, many=True).data, status=201)

    @extend_schema(request=ReleaseSerializer, responses=EmergencyStopSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        """Staff: let the instrument be used again; its transmitter is checked before anything starts."""
        wanted = body(ReleaseSerializer, request)
        return Response(EmergencyStopSerializer(emergency.release(request.user, self.get_object(), **wanted)).data)
