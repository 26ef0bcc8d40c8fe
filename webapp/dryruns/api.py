"""Dry runs in the API."""

from __future__ import annotations

import dataclasses
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from acquisition.methods.parameters import describe
from acquisition.planning.guess import LINES_MAX, GuessedLine
from webapp.config.fields import Number, ObjectField, StrictSerializer, body
from webapp.dryruns import access, services
from webapp.dryruns.models import DryRun
from webapp.errors import NotFound
from webapp.runs.api.lookups import instrument_named
from webapp.runs.api.serializers import MethodParametersField
from webapp.samples.access import samples

_LINE = {
    "type": "object",
    "properties": {
        info.name: {"type": "number", "description": f"{info.help} ({info.unit})".replace(" ()", "")}
        | ({} if info.default is dataclasses.MISSING else {"default": info.default})
        for info in describe(GuessedLine)
    },
    "required": [info.name for info in describe(GuessedLine) if info.required],
    "additionalProperties": False,
}


@extend_schema_field(_LINE)
class GuessedLineField(ObjectField):
    """A line as one expects it."""


class DryRunCreateSerializer(StrictSerializer):
    instrument = serializers.SlugField(help_text="Slug of the instrument that is copied.")
    method = serializers.CharField()
    parameters = MethodParametersField()
    lines = serializers.ListField(
        child=GuessedLineField(), required=False, max_length=LINES_MAX,
        help_text="The guessed lines. Left out: those confirmed in the sample.",
    )  # fmt: skip
    sample = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=2**63 - 1, help_text="Number of the sample."
    )
    strongest = Number(
        required=False, allow_null=True, help_text="Amplitude over noise of the sample's strongest line."
    )
    title = serializers.CharField(required=False, allow_blank=True, max_length=160)


class DryRunSerializer(serializers.ModelSerializer[DryRun]):
    """A trial on a simulated copy of an instrument. Nothing in it was measured."""

    simulated = serializers.SerializerMethodField(help_text="Always true.")
    instrument = serializers.CharField(source="instrument.slug", read_only=True)
    submitted_by = serializers.CharField(source="submitted_by.username", read_only=True)
    parameters = MethodParametersField(read_only=True)
    plan = ObjectField(read_only=True, help_text="As that of a run: expected instrument time and so on.")
    progress = ObjectField(read_only=True, help_text="As that of a run.")
    guess = serializers.ListField(child=GuessedLineField(), read_only=True)
    copied = ObjectField(read_only=True, help_text="The instrument as it was copied.")
    result = ObjectField(
        read_only=True,
        help_text="Empty until done. `expected`: the guessed lines, each with the place of what was `found` of it in "
        "`lines` or null; `lines`: as those of a spectrum; `spectrum`: smallest and largest magnitude in equal "
        "stretches from x0_hz; `complete`: false when the time limit ended it; `instrument_s`, `shots`, `curves`, "
        "`quantities`.",
    )

    class Meta:
        model = DryRun
        fields = [
            "id", "simulated", "title", "instrument", "sample", "submitted_by", "method", "parameters", "plan",
            "guess", "guessed_from", "state", "cancel_requested", "progress", "copied", "result", "error_message",
            "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": "boolean"})
    def get_simulated(self, dry_run: DryRun) -> bool:
        return True


@extend_schema(tags=["dry runs"])
class DryRunViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Your dry runs."""

    serializer_class = DryRunSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[DryRun]:
        return access.dry_runs(self.request.user)

    @extend_schema(request=DryRunCreateSerializer, responses={201: DryRunSerializer})
    def create(self, request: Request) -> Response:
        """Try a planned run on a simulated copy of an instrument; takes none of its time and no place in its queue."""
        wanted = body(DryRunCreateSerializer, request)
        number = wanted.pop("sample", None)
        sample = samples(request.user).filter(pk=number).first() if number is not None else None
        if number is not None and sample is None:
            raise NotFound("There is no such sample in your groups.", "sample")
        made = services.start(
            request.user, instrument=instrument_named(request, wanted.pop("instrument")), sample=sample, **wanted
        )
        shown = DryRunSerializer(self.get_queryset().get(pk=made.pk)).data
        return Response(shown, status=201, headers={"Location": reverse("api:dry-run-detail", args=[made.pk])})

    @extend_schema(request=None, responses=DryRunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop a dry run."""
        cancelled = services.cancel(request.user, self.get_object())
        return Response(DryRunSerializer(self.get_queryset().get(pk=cancelled.pk)).data)
