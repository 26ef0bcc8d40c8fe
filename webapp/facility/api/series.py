"""Recurring bookings in the API. Their occurrences are bookings and are changed there."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from acquisition.errors import FieldError, InvalidParameters
from webapp.config.fields import body
from webapp.facility import access
from webapp.facility.api.bookings import IDEMPOTENCY_KEY
from webapp.facility.api.fields import parties
from webapp.facility.api.serializers import SeriesBookedSerializer, SeriesCreateSerializer, SeriesSerializer
from webapp.facility.bookings import localtime, series
from webapp.facility.bookings.recurrence import Recurrence
from webapp.facility.models import BookingSeries


@extend_schema(tags=["bookings"])
class SeriesViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Recurring bookings of your groups."""

    serializer_class = SeriesSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[BookingSeries]:
        return access.series(self.request.user)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=SeriesCreateSerializer,
        responses={
            201: SeriesBookedSerializer,
            200: OpenApiResponse(SeriesBookedSerializer, "This key had made the series already."),
        },
    )
    def create(self, request: Request) -> Response:
        """Book an instrument again and again at the same time of the clock, the bounds of a single booking included."""
        wanted = body(SeriesCreateSerializer, request)
        zone = localtime.zone(wanted["time_zone"])
        local = {name: _wall_clock(wanted.pop(name), zone, name) for name in ("starts_at", "ends_at")}
        rule = wanted.pop("recurrence")
        booked = series.book(
            request.user,
            **parties(request, wanted),
            **wanted,
            starts_local=local["starts_at"],
            ends_local=local["ends_at"],
            recurrence_=Recurrence(**rule | {"weekdays": tuple(rule["weekdays"])}),
            idempotency_key=request.headers.get("Idempotency-Key"),
        )
        shown = {
            "series": booked.series,
            "bookings": access.bookings(request.user).filter(series=booked.series),
            "skipped": [{"starts_local": s.starts_local.isoformat(), "reasons": s.reasons} for s in booked.skipped],
        }
        return Response(SeriesBookedSerializer(shown).data, status=201 if booked.created else 200)


def _wall_clock(text: str, zone: datetime.tzinfo, field: str) -> datetime.datetime:
    moment = localtime.read(text, field)
    if moment.tzinfo is not None:
        message = "Of a series, give the time of the clock, without offset: 2027-03-01T09:00."
        raise InvalidParameters([FieldError(field, message)])
    return moment
