"""Methods, plans and runs in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from acquisition import methods
from webapp.calibrations import services as calibrated
from webapp.calibrations.serializers import UsedCalibrationSerializer
from webapp.config.fields import body, query
from webapp.errors import NotFound
from webapp.runs import access, partial, services
from webapp.runs.api.lookups import IDEMPOTENCY_KEY, instrument_named
from webapp.runs.api.queueing import QueueActions, shown
from webapp.runs.api.serializers import (
    CaptureSerializer,
    EventQuery,
    MethodSerializer,
    PlanRequestSerializer,
    PlanSerializer,
    RunEventsSerializer,
    RunQuery,
    RunSerializer,
    RunSubmitSerializer,
    plan_body,
)
from webapp.runs.models import Run
from webapp.samples.access import samples
from webapp.spectra import services as spectra_services
from webapp.spectra.binary import BINS_RESPONSE, bins_response
from webapp.spectra.serializers import BinsQuery, ReprocessSerializer, SpectrumSerializer

EVENTS_AT_ONCE = 500


@extend_schema(tags=["methods"])
class MethodsView(APIView):
    @extend_schema(responses=MethodSerializer(many=True), operation_id="methods_list")
    def get(self, request: Request) -> Response:
        """Measuring methods with their typed parameters."""
        return Response(MethodSerializer(list(methods.methods().values()), many=True).data)


@extend_schema(tags=["methods"])
class PlansView(APIView):
    @extend_schema(request=PlanRequestSerializer, responses=PlanSerializer, operation_id="plans_create")
    def post(self, request: Request) -> Response:
        """What a run with these parameters would do, without queueing it."""
        wanted = body(PlanRequestSerializer, request)
        instrument = instrument_named(request, wanted["instrument"])
        plan = services.preview(instrument, wanted["method"], wanted["parameters"])
        return Response(plan_body(plan, services.design_like(instrument, wanted["method"], wanted["parameters"])))


@extend_schema(tags=["runs"])
class RunViewSet(QueueActions, mixins.ListModelMixin, mixins.RetrieveModelMixin):
    """Runs of your groups."""

    serializer_class = RunSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Run]:
        return access.runs(self.request.user)

    def filter_queryset(self, queryset: QuerySet[Run]) -> QuerySet[Run]:
        if self.action != "list":
            return queryset
        wanted = query(RunQuery, self.request)
        if wanted.pop("mine"):
            queryset = queryset.filter(submitted_by=self.request.user)
        names = {"state": "state", "instrument": "instrument__slug", "sample": "sample_id"}
        return queryset.filter(**{names[name]: value for name, value in wanted.items()})

    @extend_schema(parameters=[RunQuery])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Runs, newest first."""
        page: Any = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(shown(page, many=True))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One run."""
        return Response(shown(self.get_object()))

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=RunSubmitSerializer,
        responses={201: RunSerializer, 200: OpenApiResponse(RunSerializer, "This key had made the run already.")},
    )
    def create(self, request: Request) -> Response:
        """Queue a run, after validating and planning it. Instruments that are held or offline take it all the same."""
        wanted = body(RunSubmitSerializer, request)
        sample = samples(request.user).filter(pk=wanted.pop("sample")).first()
        if sample is None:
            raise NotFound("There is no such sample in your groups.", "sample")
        submission = services.submit_once(
            request.user,
            instrument=instrument_named(request, wanted.pop("instrument")),
            sample=sample,
            idempotency_key=request.headers.get("Idempotency-Key"),
            **wanted,
        )
        return self.answer(submission.run, 201 if submission.created else 200)

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel a run. One that is being measured is `cancelled` only when its transmitter is confirmed off."""
        return self.answer(services.request_cancel(request.user, self.get_object()))

    @extend_schema(request=None, responses={201: RunSerializer})
    @action(detail=True, methods=["post"])
    def requeue(self, request: Request, pk: str) -> Response:
        """Queue a run that has ended once more, as a new run."""
        return self.answer(services.requeue(request.user, self.get_object()), 201)

    @extend_schema(request=ReprocessSerializer, responses={202: SpectrumSerializer})
    @action(detail=True, methods=["post"])
    def reprocess(self, request: Request, pk: str) -> Response:
        """Make another version of the spectrum from the stored captures, with other parameters."""
        wanted = body(ReprocessSerializer, request)
        spectrum = services.reprocess(request.user, self.get_object(), wanted["parameters"])
        return Response(SpectrumSerializer(spectrum).data, status=202)

    @extend_schema(parameters=[EventQuery], responses=RunEventsSerializer)
    @action(detail=True, methods=["get"], pagination_class=None)
    def events(self, request: Request, pk: str) -> Response:
        """What happened to the run after an event, in order; for those who poll instead of reading /stream."""
        after = query(EventQuery, request)["after"]
        run = self.get_object()
        events = list(run.events.filter(pk__gt=after)[:EVENTS_AT_ONCE])
        last = events[-1].pk if events else after
        return Response(RunEventsSerializer({"results": events, "last": last, "state": run.state}).data)

    @extend_schema(responses=CaptureSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def captures(self, request: Request, pk: str) -> Response:
        """The stored captures of the run."""
        return Response(CaptureSerializer(self.get_object().captures.all(), many=True).data)

    @extend_schema(responses=UsedCalibrationSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def calibrations(self, request: Request, pk: str) -> Response:
        """The calibrations that were in force when the run started."""
        return Response(UsedCalibrationSerializer(calibrated.frozen(self.get_object()), many=True).data)

    @extend_schema(responses=SpectrumSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def spectra(self, request: Request, pk: str) -> Response:
        """All versions of the run's spectrum, newest first."""
        versions = self.get_object().spectra.select_related("sample", "group").order_by("-version")
        return Response(SpectrumSerializer(versions, many=True).data)

    @extend_schema(parameters=[BinsQuery], responses=BINS_RESPONSE)
    @action(detail=True, methods=["get"])
    def partial(self, request: Request, pk: str) -> HttpResponse:
        """The quick spectrum of a run that is being measured, reduced, as float32; 204 while there is none."""
        wanted = query(BinsQuery, request)
        run = self.get_object()
        spectrum = partial.load(run.pk)
        if spectrum is None:
            return HttpResponse(status=204)
        return bins_response(request, spectra_services.reduce(spectrum, **wanted))
