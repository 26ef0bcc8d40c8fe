"""Designs in the API: the ways to search a range, compared."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from acquisition.methods.parameters import describe
from acquisition.planning import Comparison, Goal
from webapp.config.fields import ObjectField, StrictSerializer, body
from webapp.runs import services
from webapp.runs.api.lookups import instrument_named

_GOAL = {
    "type": "object",
    "properties": {
        info.name: {"type": "number", "description": f"{info.help} ({info.unit})"} for info in describe(Goal)
    },
    "required": [info.name for info in describe(Goal) if info.required],
    "additionalProperties": False,
}


@extend_schema_field(_GOAL)
class GoalField(ObjectField):
    """The range, the weakest line that must be found in it, and how surely."""


class DesignRequestSerializer(StrictSerializer):
    instrument = serializers.SlugField(help_text="Slug of the instrument.")
    goal = GoalField()


class ProposalSerializer(serializers.Serializer[Any]):
    """The fastest settings of one method."""

    name = serializers.CharField(help_text="survey, sequential or interleaved.")
    method = serializers.CharField(help_text="What to submit; sequential and interleaved are orders of `stepped`.")
    parameters = ObjectField(help_text="Parameters of the method, ready to be submitted.")
    duration_s = serializers.FloatField(help_text="Shots and overheads; confirmations are not counted.")
    over_bound = serializers.FloatField(help_text="Times the bound.")
    windows = serializers.IntegerField()
    averages = serializers.IntegerField(help_text="Of each window.")
    flip_deg = serializers.FloatField()
    repetition_time_s = serializers.FloatField()


class ComparisonSerializer(serializers.Serializer[Any]):
    """The ways to a goal, the fastest first; that one is recommended."""

    recommended = serializers.CharField()
    bound_s = serializers.FloatField(
        help_text="Every line at its Ernst angle all the time, and a receiver that is never blind."
    )
    proposals = ProposalSerializer(many=True)


def comparison_body(comparison: Comparison) -> dict[str, Any]:
    """A comparison as the API shows it."""
    return {
        "recommended": comparison.recommended.name,
        "bound_s": comparison.bound_s,
        "proposals": [
            {
                "name": one.name,
                "method": one.method,
                "parameters": dict(one.parameters),
                "duration_s": one.duration_s,
                "over_bound": comparison.from_bound(one),
                "windows": one.windows,
                "averages": one.averages,
                "flip_deg": one.flip_deg,
                "repetition_time_s": one.repetition_time_s,
            }
            for one in comparison.proposals
        ],
    }


@extend_schema(tags=["methods"])
class DesignsView(APIView):
    @extend_schema(request=DesignRequestSerializer, responses=ComparisonSerializer, operation_id="designs_create")
    def post(self, request: Request) -> Response:
        """How long survey, sequential and interleaved stepping take to a goal, and with which settings."""
        wanted = body(DesignRequestSerializer, request)
        comparison = services.design(instrument_named(request, wanted["instrument"]), wanted["goal"])
        return Response(comparison_body(comparison))
