"""Runs as the API shows and takes them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from acquisition.experiment import Plan
from acquisition.methods import Method
from acquisition.methods.parameters import describe
from acquisition.planning import Comparison
from webapp.config.fields import Number, ObjectField, StrictSerializer
from webapp.config.parameters import METHOD_PARAMETERS, ParameterSerializer
from webapp.runs.api.designs import ComparisonSerializer, comparison_body
from webapp.runs.models import CaptureRecord, Run, RunEvent
from webapp.runs.services import Estimate
from webapp.runs.services.submission import plan_summary


@extend_schema_field(METHOD_PARAMETERS)
class MethodParametersField(ObjectField):
    """Parameters of the method; /methods describes them."""


class MethodSerializer(serializers.Serializer[Method]):
    name = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    when_to_use = serializers.CharField()
    family = serializers.CharField(help_text="What it is for.")
    parameters = serializers.SerializerMethodField()

    @extend_schema_field(ParameterSerializer(many=True))
    def get_parameters(self, method: Method) -> Any:
        return ParameterSerializer(describe(method.parameters), many=True).data


class PlanRequestSerializer(StrictSerializer):
    instrument = serializers.SlugField(help_text="Slug of the instrument.")
    method = serializers.CharField()
    parameters = MethodParametersField()


class RunSubmitSerializer(PlanRequestSerializer):
    sample = serializers.IntegerField(min_value=1, help_text="Number of the sample.")
    title = serializers.CharField(required=False, allow_blank=True, max_length=160)
    temperature_k = Number(required=False, allow_null=True, help_text="Default: that of the sample.")


class PlanSummarySerializer(serializers.Serializer[Any]):
    """What a run will do."""

    windows_hz = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2),
        help_text="Centre and width of each window.",
    )
    shots_survey = serializers.IntegerField()
    shots_confirm_max = serializers.IntegerField()
    averages_per_shot = serializers.IntegerField()
    duration_s = serializers.FloatField(help_text="Expected.")
    duration_max_s = serializers.FloatField(help_text="Bound.")
    notes = serializers.ListField(child=serializers.CharField())


class PlanSerializer(PlanSummarySerializer):
    comparison = ComparisonSerializer(
        allow_null=True,
        help_text="The ways to search this range for a line as /designs assumes it; null where nothing is searched.",
    )
    excitation_frequency_hz = serializers.ListField(child=serializers.FloatField())
    excitation_flip_deg = serializers.ListField(child=serializers.FloatField(allow_null=True))


def plan_body(plan: Plan, comparison: Comparison | None) -> dict[str, Any]:
    """The answer to a preview; values that are not finite become null."""
    flip = np.asarray(plan.excitation_flip_deg, dtype=np.float64).tolist()
    return {
        **plan_summary(plan),
        "comparison": comparison_body(comparison) if comparison else None,
        "excitation_frequency_hz": np.asarray(plan.excitation_frequency_hz, dtype=np.float64).tolist(),
        "excitation_flip_deg": [value if math.isfinite(value) else None for value in flip],
    }


class EstimateSerializer(serializers.Serializer[Estimate]):
    """When a waiting run will be measured."""

    ahead = serializers.IntegerField(help_text="Runs that are measured before this one.")
    starts_at = serializers.DateTimeField(allow_null=True, help_text="The likeliest start.")
    ends_at = serializers.DateTimeField(allow_null=True)
    starts_from = serializers.DateTimeField(allow_null=True, help_text="Nine in ten start between this …")
    starts_until = serializers.DateTimeField(allow_null=True, help_text="… and this.")
    ends_from = serializers.DateTimeField(allow_null=True)
    ends_until = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField(help_text="Why there is no time, when there is none.")


class RunSerializer(serializers.ModelSerializer[Run]):
    instrument = serializers.CharField(source="instrument.slug", read_only=True)
    sample_name = serializers.CharField(source="sample.name", read_only=True)
    group = serializers.CharField(source="group.slug", read_only=True)
    submitted_by = serializers.CharField(source="submitted_by.username", read_only=True)
    parameters = MethodParametersField(read_only=True)
    plan = ObjectField(read_only=True, help_text="As the answer of /plans, without the excitation profile.")
    progress = ObjectField(
        read_only=True,
        help_text="step, message, shots_done, shots_planned, duration_done_s, duration_planned_s; empty at first.",
    )
    spectrum = serializers.IntegerField(
        source="newest_spectrum_id", read_only=True, allow_null=True, default=None,
        help_text="Newest finished version of the spectrum.",
    )  # fmt: skip
    queue = serializers.SerializerMethodField(help_text="Only while the run waits.")

    class Meta:
        model = Run
        fields = [
            "id", "title", "instrument", "sample", "sample_name", "group", "submitted_by", "method", "parameters",
            "plan", "temperature_k", "state", "priority", "held", "hold_reason", "cancel_requested", "pause_requested",
            "paused_at", "series", "series_index", "error_code", "error_message", "repeat_of",
            "progress", "queue", "spectrum", "created_at", "queued_at", "claimed_at", "acquiring_at", "acquired_at",
            "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(EstimateSerializer(allow_null=True))
    def get_queue(self, run: Run) -> Any:
        estimate = self.context.get("estimates", {}).get(run.pk)
        return None if estimate is None else _ESTIMATE.to_representation(estimate)


_ESTIMATE = EstimateSerializer()
"""One for all: making a serializer takes longer than using it, and a list shows hundreds of estimates."""


class RunEventSerializer(serializers.ModelSerializer[RunEvent]):
    payload = ObjectField(read_only=True)

    class Meta:
        model = RunEvent
        fields = ["id", "kind", "at", "payload"]


class RunEventsSerializer(serializers.Serializer[Any]):
    results = RunEventSerializer(many=True)
    last = serializers.IntegerField(help_text="Ask for events after this one next time.")
    state = serializers.ChoiceField(choices=Run.State.choices, help_text="State of the run now.")


class CaptureSerializer(serializers.ModelSerializer[CaptureRecord]):
    class Meta:
        model = CaptureRecord
        fields = [
            "index", "name", "sha256", "size_bytes", "method", "purpose", "centre_frequency_hz", "sample_rate_hz",
            "averages", "alignment", "complete", "created_at",
        ]  # fmt: skip


class RunQuery(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=Run.State.choices, required=False)
    instrument = serializers.SlugField(required=False)
    sample = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    mine = serializers.BooleanField(required=False, default=False, help_text="Only runs that you submitted.")


class EventQuery(serializers.Serializer[Any]):
    after = serializers.IntegerField(required=False, default=0, min_value=0, max_value=2**63 - 1)
