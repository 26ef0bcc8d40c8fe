"""Spectra and lines in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from acquisition.methods.parameters import describe
from webapp.assignments.services import with_labels_of_all
from webapp.config.fields import query
from webapp.config.parameters import ParameterSerializer
from webapp.errors import NotFound
from webapp.spectra import access, services
from webapp.spectra.binary import BINS_RESPONSE, bins_response
from webapp.spectra.models import SpectralLine, Spectrum
from webapp.spectra.serializers import (
    BinsQuery,
    ComponentQuery,
    CurveSerializer,
    LineQuery,
    LineSerializer,
    QuantitySerializer,
    SpectrumQuery,
    SpectrumSerializer,
)
from webapp.spectra.services import exports
from webapp.spectra.services.curves import as_plain

JCAMP = "chemical/x-jcamp-dx"
CSV = "text/csv"


def attachment(text: str, content_type: str, name: str) -> HttpResponse:
    """A file to be saved, never shown in the page: its text is people's own."""
    response = HttpResponse(text.encode("utf-8"), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _file(content_type: str) -> dict[tuple[int, str], OpenApiResponse]:
    return {(200, content_type): OpenApiResponse(OpenApiTypes.STR, "A file.")}


@extend_schema(tags=["spectra"])
class ReconstructionView(APIView):
    @extend_schema(responses=ParameterSerializer(many=True), operation_id="reconstruction_parameters")
    def get(self, request: Request) -> Response:
        """The parameters that /runs/{id}/reprocess takes."""
        from acquisition.reconstruction import ReconstructionParameters  # loads scipy, which other requests do not need

        return Response(ParameterSerializer(describe(ReconstructionParameters), many=True).data)


@extend_schema(tags=["spectra"])
class SpectrumViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Spectra of your groups: versions of the processing of runs."""

    serializer_class = SpectrumSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Spectrum]:
        return access.spectra(self.request.user)

    def filter_queryset(self, queryset: QuerySet[Spectrum]) -> QuerySet[Spectrum]:
        if self.action != "list":
            return queryset
        wanted = query(SpectrumQuery, self.request)
        if wanted.pop("newest"):
            queryset = access.newest(queryset)
        return queryset.filter(**wanted)

    @extend_schema(parameters=[SpectrumQuery])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Spectra, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(parameters=[BinsQuery], responses=BINS_RESPONSE)
    @action(detail=True, methods=["get"])
    def bins(self, request: Request, pk: str) -> HttpResponse:
        """Part of the spectrum reduced to columns of the screen, as float32, with one column beyond each edge."""
        wanted = query(BinsQuery, request)
        spectrum = self.get_object()
        return bins_response(request, services.bins(spectrum, **wanted), spectrum.content_sha256)

    @extend_schema(responses=LineSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def lines(self, request: Request, pk: str) -> Response:
        """The lines of this version, by frequency."""
        rows = self.get_object().lines.select_related("spectrum__sample")
        return Response(LineSerializer(with_labels_of_all(rows), many=True).data)

    @extend_schema(responses=QuantitySerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def quantities(self, request: Request, pk: str) -> Response:
        """The numbers that were measured, such as T1, with their uncertainties; empty for surveys."""
        return Response(QuantitySerializer(self.get_object().quantities.all(), many=True).data)

    @extend_schema(responses=CurveSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def curves(self, request: Request, pk: str) -> Response:
        """The curves with their points and fits; empty for surveys."""
        return Response(CurveSerializer([as_plain(row) for row in self.get_object().curves.all()], many=True).data)

    @extend_schema(
        parameters=[OpenApiParameter("name", OpenApiTypes.STR, OpenApiParameter.PATH, description="The curve's name.")],
        responses=_file(CSV), operation_id="spectra_curve_csv",
    )  # fmt: skip
    @action(detail=True, methods=["get"], url_path=r"curves/(?P<name>[a-z0-9_]{1,60})\.csv", url_name="curve-csv")
    def curve_csv(self, request: Request, pk: str, name: str) -> HttpResponse:
        """One curve with its fit as CSV."""
        spectrum = self.get_object()
        row = spectrum.curves.filter(name=name).first()
        if row is None:
            raise NotFound("This spectrum has no such curve.", "name")
        return attachment(exports.curve_as_csv(row), CSV, exports.file_name(spectrum, f"{name}.csv"))

    @extend_schema(responses=_file(CSV), operation_id="spectra_lines_csv")
    @action(detail=True, methods=["get"], url_path=r"lines\.csv", url_name="lines-csv")
    def lines_csv(self, request: Request, pk: str) -> HttpResponse:
        """The lines with their uncertainties as CSV."""
        spectrum = self.get_object()
        return attachment(exports.lines_as_csv(spectrum), CSV, exports.file_name(spectrum, "lines.csv"))

    @extend_schema(parameters=[ComponentQuery], responses=_file(JCAMP), operation_id="spectra_export_jdx")
    @action(detail=True, methods=["get"], url_path=r"export\.jdx", url_name="export-jdx")
    def export_jdx(self, request: Request, pk: str) -> HttpResponse:
        """JCAMP-DX 5.01 of one component."""
        component = query(ComponentQuery, request)["component"]
        spectrum = self.get_object()
        return attachment(exports.as_jcamp(spectrum, component), JCAMP, exports.file_name(spectrum, "jdx"))

    @extend_schema(responses=_file(CSV), operation_id="spectra_export_csv")
    @action(detail=True, methods=["get"], url_path=r"export\.csv", url_name="export-csv")
    def export_csv(self, request: Request, pk: str) -> HttpResponse:
        """The complex spectrum as CSV."""
        spectrum = self.get_object()
        return attachment(exports.as_csv(spectrum), CSV, exports.file_name(spectrum, "csv"))


@extend_schema(tags=["lines"])
class LineViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """Lines of all your groups' spectra."""

    serializer_class = LineSerializer

    def get_queryset(self) -> QuerySet[SpectralLine]:
        return access.lines(self.request.user)

    def filter_queryset(self, queryset: QuerySet[SpectralLine]) -> QuerySet[SpectralLine]:
        wanted = query(LineQuery, self.request)
        if not wanted.pop("all_versions") and "spectrum" not in wanted:
            queryset = queryset.filter(spectrum__in=access.newest(Spectrum.objects.all()))
        names = {
            "from_hz": "frequency_hz__gte", "to_hz": "frequency_hz__lte", "status": "status",
            "sample": "spectrum__sample", "run": "spectrum__run", "spectrum": "spectrum",
        }  # fmt: skip
        return queryset.filter(**{names[name]: value for name, value in wanted.items()})

    def paginate_queryset(self, queryset: QuerySet[SpectralLine]) -> list[SpectralLine] | None:
        page = super().paginate_queryset(queryset)
        return None if page is None else with_labels_of_all(page)

    @extend_schema(parameters=[LineQuery])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Lines by frequency, of the newest version of each run's spectrum unless asked otherwise."""
        return super().list(request, *args, **kwargs)
