"""Bookings in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from webapp.config.fields import body, query
from webapp.facility import access
from webapp.facility.api.fields import parties, times
from webapp.facility.api.serializers import (
    BookingCancelSerializer,
    BookingCreateSerializer,
    BookingEventSerializer,
    BookingQuery,
    BookingSerializer,
    BookingUpdateSerializer,
    ReasonSerializer,
)
from webapp.facility.bookings import checkin, decisions, series, service
from webapp.facility.models import Booking

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Any text of yours. The same key with the same contents makes nothing new (200 instead of 201).",
)


@extend_schema(tags=["bookings"])
class BookingViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Bookings of your groups."""

    serializer_class = BookingSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Booking]:
        return access.bookings(self.request.user)

    def filter_queryset(self, queryset: QuerySet[Booking]) -> QuerySet[Booking]:
        if self.action != "list":
            return queryset
        wanted = query(BookingQuery, self.request)
        moments = times(wanted, "ends_after", "starts_before")
        if wanted.pop("mine"):
            queryset = queryset.filter(user=self.request.user)
        names = {"instrument": "instrument__slug", "group": "group__slug", "state": "state", "series": "series_id"}
        names |= {"ends_after": "ends_at__gt", "starts_before": "starts_at__lt"}
        return queryset.filter(**{names[name]: value for name, value in (wanted | moments).items()})

    @extend_schema(parameters=[BookingQuery])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Bookings in order of their start, in every state."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=BookingCreateSerializer,
        responses={
            201: BookingSerializer,
            200: OpenApiResponse(BookingSerializer, "This key had made the booking already."),
        },
    )
    def create(self, request: Request) -> Response:
        """Book an instrument. `errors` of a refusal names every rule that speaks against it."""
        wanted = body(BookingCreateSerializer, request)
        booked = service.book(
            request.user,
            **parties(request, wanted),
            **times(wanted, "starts_at", "ends_at"),
            **wanted,
            idempotency_key=request.headers.get("Idempotency-Key"),
        )
        return self._answer(booked.booking, 201 if booked.created else 200)

    @extend_schema(request=BookingUpdateSerializer, responses=BookingSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Move, resize or rename a booking; of a series also those after it, or all to come."""
        booking = self.get_object()
        wanted = body(BookingUpdateSerializer, request)
        moments = times(wanted, "starts_at", "ends_at")
        series.edit(request.user, booking, wanted.pop("scope"), **moments, **wanted)
        return self._answer(booking)

    @extend_schema(request=BookingCancelSerializer, responses=BookingSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Give up a booking that has not begun; of a series also those after it, or all to come."""
        booking = self.get_object()
        series.cancel(request.user, booking, **body(BookingCancelSerializer, request))
        return self._answer(booking)

    @extend_schema(request=None, responses=BookingSerializer)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: str) -> Response:
        """End a running booking now, so that others can have the rest."""
        return self._answer(service.finish(request.user, self.get_object()))

    @extend_schema(request=None, responses=BookingSerializer)
    @action(detail=True, methods=["post"], url_path="check-in")
    def check_in(self, request: Request, pk: str) -> Response:
        """Say that the booked time is being used. A run of the group that starts in it does so too."""
        return self._answer(checkin.check_in(request.user, self.get_object()))

    @extend_schema(request=None, responses=BookingSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Staff: confirm a booking that awaits approval."""
        return self._answer(decisions.approve(request.user, self.get_object()))

    @extend_schema(request=ReasonSerializer, responses=BookingSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """Staff: refuse a booking that awaits approval."""
        booking = self.get_object()
        return self._answer(decisions.decline(request.user, booking, body(ReasonSerializer, request)["reason"]))

    @extend_schema(responses=BookingEventSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def events(self, request: Request, pk: str) -> Response:
        """What happened to the booking, in order."""
        found = self.get_object().events.select_related("actor")
        return Response(BookingEventSerializer(found, many=True).data)

    def _answer(self, booking: Booking, status: int = 200) -> Response:
        shown = access.bookings(self.request.user).get(pk=booking.pk)
        location = reverse("api:booking-detail", args=[booking.pk])
        headers = {"Location": location} if status == 201 else {}
        return Response(BookingSerializer(shown).data, status=status, headers=headers)
