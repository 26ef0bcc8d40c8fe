"""Samples in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.access import active_groups
from webapp.accounts.models import Group
from webapp.config.fields import Number, StrictSerializer, body, query
from webapp.samples import access, services
from webapp.samples.models import Sample


class SampleSerializer(serializers.ModelSerializer[Sample]):
    group = serializers.SlugRelatedField[Group](slug_field="slug", read_only=True)
    nuclides = serializers.ListField(child=serializers.CharField(), read_only=True, help_text="From the formula.")
    created_by = serializers.CharField(source="created_by.username", read_only=True)

    class Meta:
        model = Sample
        fields = [
            "id", "name", "formula", "nuclides", "mass_g", "temperature_k", "notes", "group", "created_by",
            "created_at", "updated_at", "archived",
        ]  # fmt: skip


class SampleCreateSerializer(StrictSerializer):
    name = serializers.CharField()
    group = serializers.SlugField(required=False, help_text="May be left out by members of one group only.")
    formula = serializers.CharField(required=False, allow_blank=True)
    mass_g = Number(required=False, allow_null=True)
    temperature_k = Number(required=False, allow_null=True)
    notes = serializers.CharField(required=False, allow_blank=True)


class SampleUpdateSerializer(StrictSerializer):
    name = serializers.CharField(required=False)
    formula = serializers.CharField(required=False, allow_blank=True)
    mass_g = Number(required=False, allow_null=True)
    temperature_k = Number(required=False, allow_null=True)
    notes = serializers.CharField(required=False, allow_blank=True)
    archived = serializers.BooleanField(required=False)


class SampleQuery(serializers.Serializer[Any]):
    group = serializers.SlugField(required=False)
    name = serializers.CharField(required=False, max_length=160, help_text="Part of the name, in any case.")
    archived = serializers.BooleanField(required=False, default=False, help_text="Archived ones too.")


@extend_schema(tags=["samples"])
class SampleViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Samples of your groups."""

    serializer_class = SampleSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Sample]:
        return access.samples(self.request.user)

    @extend_schema(parameters=[SampleQuery])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    def filter_queryset(self, queryset: QuerySet[Sample]) -> QuerySet[Sample]:
        if self.action != "list":
            return queryset
        wanted = query(SampleQuery, self.request)
        if "group" in wanted:
            queryset = queryset.filter(group__slug=wanted["group"])
        if "name" in wanted:
            queryset = queryset.filter(name__icontains=wanted["name"])
        return queryset if wanted["archived"] else queryset.filter(archived=False)

    @extend_schema(request=SampleCreateSerializer, responses={201: SampleSerializer})
    def create(self, request: Request) -> Response:
        """A new sample. Its nuclides are read from the formula."""
        wanted = body(SampleCreateSerializer, request)
        sample = services.create(request.user, group=_group(request, wanted.pop("group", None)), **wanted)
        return Response(SampleSerializer(sample).data, status=201)

    @extend_schema(request=SampleUpdateSerializer, responses=SampleSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change some of a sample's fields."""
        sample = services.update(request.user, self.get_object(), **body(SampleUpdateSerializer, request))
        return Response(SampleSerializer(sample).data)


def _group(request: Request, slug: str | None) -> Group:
    own = active_groups(request.user)
    if slug is not None:
        group = own.filter(slug=slug).first()
        if group is None:
            raise InvalidParameters([FieldError("group", "You are not a member of a group of this name.")])
        return group
    found = list(own[:2])
    if len(found) != 1:
        raise InvalidParameters([FieldError("group", "Say which group the sample belongs to.")])
    return found[0]
