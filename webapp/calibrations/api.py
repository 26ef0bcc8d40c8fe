"""Calibrations in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from webapp.calibrations import access, services
from webapp.calibrations.models import Calibration
from webapp.calibrations.serializers import CalibrationQuery, CalibrationSerializer, WithdrawSerializer
from webapp.calibrations.services.in_force import in_force
from webapp.config.fields import body, query
from webapp.facility.models import Instrument


@extend_schema(tags=["calibrations"])
class CalibrationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """What was measured of the instruments' errors, newest first. Runs of the family "Calibrate the instrument" make
    them."""

    serializer_class = CalibrationSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Calibration]:
        return access.calibrations(self.request.user)

    def filter_queryset(self, queryset: QuerySet[Calibration]) -> QuerySet[Calibration]:
        if self.action != "list":
            return queryset
        wanted = query(CalibrationQuery, self.request)
        if wanted.pop("in_force"):
            instruments = Instrument.objects.values_list("pk", flat=True)
            if "instrument" in wanted:
                instruments = instruments.filter(slug=wanted["instrument"])
            queryset = queryset.filter(pk__in=[one.pk for key in instruments for one in in_force(key)])
        names = {"instrument": "instrument__slug", "quantity": "quantity", "run": "run_id"}
        return queryset.filter(**{names[name]: value for name, value in wanted.items()})

    @extend_schema(parameters=[CalibrationQuery])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=None, responses=CalibrationSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Staff: this value counts from now on, if no newer measurement does."""
        return Response(self.get_serializer(services.accept(request.user, self.get_object())).data)

    @extend_schema(request=WithdrawSerializer, responses=CalibrationSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Staff: this value does not count; the one before it is in force again."""
        wanted = body(WithdrawSerializer, request)
        return Response(self.get_serializer(services.withdraw(request.user, self.get_object(), **wanted)).data)
