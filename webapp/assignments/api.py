"""Explanations and assignments in the API."""

from __future__ import annotations

import dataclasses
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from acquisition.assignment import Explanation
from webapp.assignments import access, services
from webapp.assignments.serializers import AssignmentSerializer, DecisionSerializer, ExplanationSerializer
from webapp.assignments.services import Evidence
from webapp.config.fields import body
from webapp.errors import NotFound
from webapp.samples.access import samples
from webapp.samples.models import Sample


@extend_schema(tags=["assignments"])
class ExplanationsView(APIView):
    @extend_schema(responses=ExplanationSerializer(many=True), operation_id="samples_explanations")
    def get(self, request: Request, pk: int) -> Response:
        """Which nuclides and sites explain the confirmed lines of a sample, most probable first."""
        sample = _sample(request, pk)
        evidence = services.of_sample(sample)
        held, rejected = services.holding(sample), services.rejected_keys(sample)
        shown = []
        for one in services.explanations(evidence):
            accepted = held is not None and held.key == one.key
            decision = "accepted" if accepted else "rejected" if one.key in rejected else None
            shown.append(_body(one, evidence) | {"decision": decision})
        return Response(ExplanationSerializer(shown, many=True).data)


@extend_schema(tags=["assignments"])
class AssignmentsView(APIView):
    @extend_schema(responses=AssignmentSerializer(many=True), operation_id="samples_assignments_list")
    def get(self, request: Request, pk: int) -> Response:
        """Every decision about explanations of this sample, newest first, those taken back too."""
        found = access.assignments(request.user).filter(sample=_sample(request, pk))
        return Response(AssignmentSerializer(found, many=True).data)

    @extend_schema(
        request=DecisionSerializer, responses={201: AssignmentSerializer}, operation_id="samples_assignments_create"
    )
    def post(self, request: Request, pk: int) -> Response:
        """Accept or reject an explanation; 409 if it is not among the explanations any more."""
        sample = _sample(request, pk)
        wanted = body(DecisionSerializer, request)
        made = services.decide(request.user, sample, key=wanted.pop("explanation"), **wanted)
        return Response(AssignmentSerializer(made).data, status=201)


@extend_schema(tags=["assignments"])
class UndoView(APIView):
    @extend_schema(request=None, responses=AssignmentSerializer, operation_id="assignments_undo")
    def post(self, request: Request, pk: int) -> Response:
        """Take a decision back; the one before holds again."""
        found = access.assignments(request.user).filter(pk=pk).first()
        if found is None:
            raise NotFound("There is no such assignment in your groups.")
        return Response(AssignmentSerializer(services.undo(request.user, found)).data)


def _sample(request: Request, pk: int) -> Sample:
    found = samples(request.user).filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such sample in your groups.")
    return found


def _body(explanation: Explanation, evidence: Evidence) -> dict[str, Any]:
    """An explanation with ids of lines instead of places among the observations."""
    ids = [rows[0].pk for rows in evidence.lines]
    plain = dataclasses.asdict(explanation)
    for site in plain["sites"]:
        for match in site["matches"]:
            place = match["line"]
            match |= {"line": ids[place], "frequency_hz": evidence.observations[place].frequency_hz}
    return plain | {"score": explanation.score, "unexplained": [ids[place] for place in explanation.unexplained]}
