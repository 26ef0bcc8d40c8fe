"""Series of runs in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from webapp.config.fields import body
from webapp.errors import NotFound
from webapp.runs import access, services
from webapp.runs.api.lookups import IDEMPOTENCY_KEY, instrument_named
from webapp.runs.api.serializers import RunSubmitSerializer
from webapp.runs.models import RunSeries
from webapp.runs.services.series import RUNS_MAX
from webapp.samples.access import samples


class SeriesSubmitSerializer(RunSubmitSerializer):
    varied = serializers.CharField(
        required=False, allow_blank=True, max_length=60,
        help_text="The parameter that differs, or temperature_k; left out, the run is only repeated.",
    )  # fmt: skip
    values = serializers.ListField(
        child=serializers.JSONField(), required=False, max_length=RUNS_MAX, help_text="Its values, a run for each."
    )
    repeats = serializers.IntegerField(required=False, min_value=1, max_value=RUNS_MAX, help_text="Runs of each value.")
    one_by_one = serializers.BooleanField(
        required=False, help_text="Hold every run after the first until it is resumed, as when a temperature is set."
    )


class RunSeriesSerializer(serializers.ModelSerializer[RunSeries]):
    instrument = serializers.CharField(source="instrument.slug", read_only=True)
    group = serializers.CharField(source="group.slug", read_only=True)
    submitted_by = serializers.CharField(source="submitted_by.username", read_only=True)
    values = serializers.ListField(child=serializers.JSONField(), read_only=True)
    runs = serializers.SerializerMethodField(help_text="Numbers of its runs, in order.")

    class Meta:
        model = RunSeries
        fields = ["id", "title", "instrument", "group", "submitted_by", "varied", "values", "runs", "created_at"]
        read_only_fields = fields

    @extend_schema(responses=serializers.ListField(child=serializers.IntegerField()))
    def get_runs(self, series: RunSeries) -> list[int]:
        return [run.pk for run in sorted(series.runs.all(), key=lambda run: run.series_index or 0)]


@extend_schema(tags=["runs"])
class RunSeriesViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Series of runs of your groups."""

    serializer_class = RunSeriesSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[RunSeries]:
        return access.series(self.request.user).prefetch_related("runs")

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=SeriesSubmitSerializer,
        responses={
            201: RunSeriesSerializer,
            200: OpenApiResponse(RunSeriesSerializer, "This key had made it already."),
        },
    )
    def create(self, request: Request) -> Response:
        """Queue a run for each value, all of them or none."""
        wanted = body(SeriesSubmitSerializer, request)
        sample = samples(request.user).filter(pk=wanted.pop("sample")).first()
        if sample is None:
            raise NotFound("There is no such sample in your groups.", "sample")
        submission = services.submit_series(
            request.user,
            instrument=instrument_named(request, wanted.pop("instrument")),
            sample=sample,
            idempotency_key=request.headers.get("Idempotency-Key"),
            **wanted,
        )
        location = reverse("api:run-series-detail", args=[submission.series.pk])
        shown = RunSeriesSerializer(self.get_queryset().get(pk=submission.series.pk)).data
        headers = {"Location": location} if submission.created else {}
        return Response(shown, status=201 if submission.created else 200, headers=headers)

    @extend_schema(request=None, responses=RunSeriesSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel every run of the series that has not ended."""
        series = self.get_object()
        services.cancel_series(request.user, series)
        return Response(RunSeriesSerializer(self.get_queryset().get(pk=series.pk)).data)
