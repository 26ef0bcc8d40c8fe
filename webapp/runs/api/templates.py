"""Templates of runs in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from webapp.accounts.access import active_groups
from webapp.config.fields import ObjectField, StrictSerializer, body
from webapp.errors import NotFound
from webapp.runs import access
from webapp.runs.api.serializers import MethodParametersField
from webapp.runs.models import RunTemplate
from webapp.runs.services import templates


class TemplateWriteSerializer(StrictSerializer):
    name = serializers.CharField(max_length=120)
    method = serializers.CharField(max_length=40)
    parameters = MethodParametersField()
    notes = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)
    shared = serializers.BooleanField(required=False, default=False, help_text="Show it to every group.")


class TemplateCreateSerializer(TemplateWriteSerializer):
    group = serializers.SlugField(help_text="Slug of the group that keeps it.")


class RunTemplateSerializer(serializers.ModelSerializer[RunTemplate]):
    group = serializers.CharField(source="group.slug", read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True)
    parameters = ObjectField(read_only=True)

    class Meta:
        model = RunTemplate
        fields = [
            "id", "name", "notes", "method", "parameters", "group", "shared", "created_by", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


@extend_schema(tags=["runs"])
class RunTemplateViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Templates of your groups, and those that other groups share."""

    serializer_class = RunTemplateSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[RunTemplate]:
        return access.templates(self.request.user)

    @extend_schema(request=TemplateCreateSerializer, responses={201: RunTemplateSerializer})
    def create(self, request: Request) -> Response:
        """Keep a method with its parameters."""
        wanted = body(TemplateCreateSerializer, request)
        group = active_groups(request.user).filter(slug=wanted.pop("group")).first()
        if group is None:
            raise NotFound("You are in no group of this name that can keep templates.", "group")
        made = templates.save(request.user, group, **wanted)
        location = reverse("api:run-template-detail", args=[made.pk])
        return Response(RunTemplateSerializer(made).data, status=201, headers={"Location": location})

    @extend_schema(request=TemplateWriteSerializer, responses=RunTemplateSerializer)
    def update(self, request: Request, pk: str) -> Response:
        """Change a template; runs that were made from it stay as they are."""
        wanted = body(TemplateWriteSerializer, request)
        return Response(RunTemplateSerializer(templates.change(request.user, self.get_object(), **wanted)).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove a template."""
        templates.delete(request.user, self.get_object())
        return Response(status=204)
