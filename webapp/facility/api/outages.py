"""Outages and maintenance in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from webapp.config.fields import body, query
from webapp.errors import NotAllowed
from webapp.facility import access
from webapp.facility.api.fields import MomentField, UtcField, ZonedSerializer, named_instrument, times
from webapp.facility.api.serializers import BookingSerializer
from webapp.facility.bookings import locking, outages
from webapp.facility.models import Outage


class OutageSerializer(serializers.ModelSerializer[Outage]):
    instrument = serializers.CharField(source="instrument.slug", read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True)
    starts_at = UtcField()
    ends_at = UtcField(allow_null=True, help_text="null: until further notice.")
    withdrawn_at = UtcField(allow_null=True)
    created_at = UtcField()

    class Meta:
        model = Outage
        fields = [
            "id", "instrument", "kind", "starts_at", "ends_at", "reason", "withdrawn_at", "created_by", "created_at",
        ]  # fmt: skip


class DeclaredSerializer(serializers.Serializer[Any]):
    outage = OutageSerializer()
    affected = BookingSerializer(many=True, help_text="Bookings in it, those cancelled for it included.")


class OutageCreateSerializer(ZonedSerializer):
    instrument = serializers.CharField(max_length=50)
    kind = serializers.ChoiceField(choices=Outage.Kind.choices, default=Outage.Kind.OUTAGE)
    starts_at = MomentField()
    ends_at = MomentField(required=False, allow_null=True, default=None, help_text="null: until further notice.")
    reason = serializers.CharField(max_length=300)
    on_bookings = serializers.ChoiceField(
        choices=outages.ON_BOOKINGS, default="keep", help_text="Tell their users, or cancel them."
    )


class OutageUpdateSerializer(ZonedSerializer):
    starts_at = MomentField(required=False)
    ends_at = MomentField(required=False)
    until_further_notice = serializers.BooleanField(required=False, default=False)
    reason = serializers.CharField(required=False, max_length=300)
    on_bookings = serializers.ChoiceField(choices=outages.ON_BOOKINGS, default="keep")


class OutageQuery(serializers.Serializer[Any]):
    instrument = serializers.SlugField(required=False)
    over = serializers.BooleanField(required=False, default=False, help_text="Those that are over too.")


@extend_schema(tags=["outages"])
class OutageViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """When instruments cannot be used."""

    serializer_class = OutageSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Outage]:
        return access.outages(self.request.user)

    def filter_queryset(self, queryset: QuerySet[Outage]) -> QuerySet[Outage]:
        if self.action != "list":
            return queryset
        wanted = query(OutageQuery, self.request)
        if "instrument" in wanted:
            queryset = queryset.filter(instrument__slug=wanted["instrument"])
        if wanted["over"]:
            return queryset
        return queryset.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=locking.clock()))

    @extend_schema(parameters=[OutageQuery])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Outages of now and to come, in order of their start."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=OutageCreateSerializer, responses={201: DeclaredSerializer})
    def create(self, request: Request) -> Response:
        """Staff: an instrument cannot be used. The answer lists the bookings that this affects."""
        wanted = body(OutageCreateSerializer, request)
        instrument = named_instrument(request, wanted.pop("instrument"))
        moments = {"ends_at": None} | times(wanted, "starts_at", "ends_at")
        declared = outages.declare(request.user, instrument=instrument, **moments, **wanted)
        return Response(DeclaredSerializer(declared).data, status=201)

    @extend_schema(request=OutageUpdateSerializer, responses=DeclaredSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Staff: other times or another reason."""
        outage = self.get_object()
        wanted = body(OutageUpdateSerializer, request)
        moments = times(wanted, "starts_at", "ends_at")
        return Response(DeclaredSerializer(outages.change(request.user, outage, **moments, **wanted)).data)

    @extend_schema(request=None, responses=OutageSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Staff: it does not take place, or is over now."""
        return Response(OutageSerializer(outages.withdraw(request.user, self.get_object())).data)

    @extend_schema(responses=BookingSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def affected(self, request: Request, pk: str) -> Response:
        """Staff: bookings that still hold time within the outage."""
        if not request.user.is_staff:
            raise NotAllowed("Only the facility's staff see everybody's bookings.")
        return Response(BookingSerializer(outages.affected(self.get_object()), many=True).data)
