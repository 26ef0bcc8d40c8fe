"""Reference library and search in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.access import active_groups
from webapp.config.fields import Number, QueryNumber, StrictSerializer, body, query
from webapp.library.models import Compound, ReferenceLine, SavedSearch
from webapp.library.services import compounds, literature, measured, saved
from webapp.library.services.wanted import FREQUENCY_MAX_HZ, PEAKS_MAX, TOLERANCE_MAX_HZ, check

LIMIT_MAX = 200


class ReferenceLineSerializer(serializers.ModelSerializer[ReferenceLine]):
    class Meta:
        model = ReferenceLine
        fields = [
            "nuclide", "site", "frequency_hz", "temperature_k", "dnu_dt_hz_per_k", "t1_s", "t2_s", "cq_hz", "eta",
            "consistent", "source", "citation",
        ]  # fmt: skip


class CompoundSerializer(serializers.ModelSerializer[Compound]):
    group = serializers.CharField(
        source="group.slug", read_only=True, allow_null=True, default=None, help_text="Null: of the literature."
    )
    lines = ReferenceLineSerializer(many=True, read_only=True)

    class Meta:
        model = Compound
        fields = ["id", "name", "formula", "group", "added_at", "lines"]
        read_only_fields = fields


class CompoundQuery(serializers.Serializer[Any]):
    name = serializers.CharField(required=False, max_length=300, help_text="Part of name or formula, in any case.")
    element = serializers.CharField(required=False, max_length=2, help_text="Its symbol.")
    nuclide = serializers.CharField(required=False, max_length=8, help_text="Such as 14N.")


class UploadSerializer(StrictSerializer):
    group = serializers.SlugField()
    text = serializers.CharField(
        max_length=compounds.UPLOAD_MAX_BYTES,
        help_text="A CSV table whose first line names the columns; compound and frequency_hz must be there.",
    )


class NearestQuery(serializers.Serializer[Any]):
    frequency_hz = QueryNumber(min_value=0, max_value=FREQUENCY_MAX_HZ)
    tolerance_hz = QueryNumber(required=False, default=500.0, min_value=0, max_value=TOLERANCE_MAX_HZ)
    limit = serializers.IntegerField(required=False, default=50, min_value=1, max_value=LIMIT_MAX)


class NearPeakSerializer(serializers.Serializer[Any]):
    spectrum = serializers.IntegerField(source="spectrum.pk")
    run = serializers.IntegerField(source="spectrum.run_id")
    sample = serializers.IntegerField(source="spectrum.sample_id")
    sample_name = serializers.CharField(source="spectrum.sample.name")
    frequency_hz = serializers.FloatField()
    difference_hz = serializers.FloatField(help_text="Its own minus the wanted frequency.")
    relative_height = serializers.FloatField(help_text="Of the highest confirmed line of its spectrum.")


class MatchSerializer(StrictSerializer):
    """What is left out is not asked for; everything given must hold."""

    peaks_hz = serializers.ListField(child=Number(), required=False, max_length=PEAKS_MAX)
    tolerance_hz = Number(required=False, help_text="By which each peak may be off. Default 2000.")
    searched_from_hz = Number(required=False, help_text="Range in which a line would have been seen, so that it can")
    searched_to_hz = Number(required=False, help_text="count as missing. Default: the range of the peaks.")
    nuclide = serializers.CharField(required=False, allow_blank=True)
    elements = serializers.CharField(required=False, allow_blank=True, help_text='Symbols such as "Cl K".')
    text = serializers.CharField(required=False, allow_blank=True)
    temperature_k = Number(required=False)
    temperature_tolerance_k = Number(required=False, help_text="Default 10.")
    cq_min_hz = Number(required=False)
    cq_max_hz = Number(required=False)
    eta_min = Number(required=False)
    eta_max = Number(required=False)
    group = serializers.CharField(required=False, allow_blank=True, help_text="Slug of a group.")
    since = serializers.DateField(required=False, help_text="First day on which spectra were finished.")
    until = serializers.DateField(required=False, help_text="Last day on which spectra were finished.")
    limit = serializers.IntegerField(required=False, default=50, min_value=1, max_value=LIMIT_MAX)


class MatchedSerializer(serializers.Serializer[Any]):
    peak_hz = serializers.FloatField()
    line_hz = serializers.FloatField()
    difference_hz = serializers.FloatField()


class LineComparisonSerializer(serializers.Serializer[Any]):
    score = serializers.FloatField(help_text="For ranking; larger is better.")
    matched = MatchedSerializer(many=True)
    missing_hz = serializers.ListField(child=serializers.FloatField())
    unexplained_hz = serializers.ListField(child=serializers.FloatField())


class FoundCompoundSerializer(serializers.Serializer[Any]):
    compound = serializers.IntegerField(source="compound.pk")
    name = serializers.CharField(source="compound.name")
    formula = serializers.CharField(source="compound.formula")
    comparison = LineComparisonSerializer(allow_null=True, help_text="Null where no peaks were asked for.")


class FoundSpectrumSerializer(serializers.Serializer[Any]):
    spectrum = serializers.IntegerField(source="spectrum.pk")
    run = serializers.IntegerField(source="spectrum.run_id")
    sample = serializers.IntegerField(source="spectrum.sample_id")
    sample_name = serializers.CharField(source="spectrum.sample.name")
    lines_hz = serializers.ListField(child=serializers.FloatField())
    comparison = LineComparisonSerializer(allow_null=True, help_text="Null where no peaks were asked for.")


class FoundSerializer(serializers.Serializer[Any]):
    """Best fit first."""

    compounds = FoundCompoundSerializer(many=True)
    spectra = FoundSpectrumSerializer(many=True)


class SavedSearchSerializer(serializers.ModelSerializer[SavedSearch]):
    class Meta:
        model = SavedSearch
        fields = ["id", "name", "query", "created_at"]
        read_only_fields = fields


class SaveSerializer(StrictSerializer):
    name = serializers.CharField(max_length=saved.NAME_MAX)
    query = serializers.CharField(max_length=saved.QUERY_MAX, help_text="The query string of the search page.")


@extend_schema(tags=["library"])
class CompoundViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Reference compounds: the literature, and what was uploaded for your groups."""

    serializer_class = CompoundSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Compound]:
        return compounds.visible(self.request.user).select_related("group").prefetch_related("lines")

    def filter_queryset(self, queryset: QuerySet[Compound]) -> QuerySet[Compound]:
        if self.action != "list":
            return queryset
        wanted = query(CompoundQuery, self.request)
        return literature.filtered(queryset, **wanted)

    @extend_schema(parameters=[CompoundQuery])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Compounds by name, with their lines."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=UploadSerializer, responses={201: CompoundSerializer(many=True)})
    def create(self, request: Request) -> Response:
        """Upload a group's own reference lines; a compound that it has already gets its lines anew."""
        wanted = body(UploadSerializer, request)
        group = active_groups(request.user).filter(slug=wanted["group"]).first()
        if group is None:
            raise InvalidParameters([FieldError("group", "You are not a member of a group of this name.")])
        made = compounds.upload(request.user, group, wanted["text"])
        return Response(CompoundSerializer(made, many=True).data, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an uploaded compound."""
        compounds.delete(request.user, self.get_object())
        return Response(status=204)


@extend_schema(tags=["library"])
class NearestView(APIView):
    @extend_schema(parameters=[NearestQuery], responses=NearPeakSerializer(many=True), operation_id="search_nearest")
    def get(self, request: Request) -> Response:
        """The confirmed lines of your groups nearest to a frequency, nearest first."""
        found = measured.nearest(request.user, **query(NearestQuery, request))
        return Response(NearPeakSerializer(found, many=True).data)


@extend_schema(tags=["library"])
class MatchView(APIView):
    @extend_schema(request=MatchSerializer, responses=FoundSerializer, operation_id="search_match")
    def post(self, request: Request) -> Response:
        """Reference compounds and spectra that fit several lines at once, with what is matched and what is missing."""
        values = body(MatchSerializer, request)
        limit = values.pop("limit")
        wanted = check(values)
        found = {
            "compounds": literature.find(request.user, wanted, limit),
            "spectra": measured.find(request.user, wanted, limit),
        }
        return Response(FoundSerializer(found).data)


@extend_schema(tags=["library"])
class SavedSearchViewSet(mixins.ListModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet[Any]):
    """Your saved searches."""

    serializer_class = SavedSearchSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[SavedSearch]:
        return SavedSearch.objects.filter(user=self.request.user)

    @extend_schema(request=SaveSerializer, responses={201: SavedSearchSerializer})
    def create(self, request: Request) -> Response:
        """Keep a search under a name; one of the same name is replaced."""
        return Response(
            SavedSearchSerializer(saved.save(request.user, **body(SaveSerializer, request))).data, status=201
        )
