"""What can be done with a run in the queue, and with one that is being measured."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from webapp.config.fields import StrictSerializer, body
from webapp.runs import access, services
from webapp.runs.api.serializers import RunSerializer
from webapp.runs.models import Run
from webapp.runs.services.holding import REASON_LENGTH_MAX


class RunHoldSerializer(StrictSerializer):
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=REASON_LENGTH_MAX)


class MoveSerializer(StrictSerializer):
    to = serializers.ChoiceField(choices=[place.value for place in services.Place])


class PrioritySerializer(StrictSerializer):
    priority = serializers.ChoiceField(
        choices=Run.Priority.choices, help_text="1: before all others (staff only), -1: when nothing else waits."
    )


class QueueActions(viewsets.GenericViewSet[Any]):
    """Actions of the runs' view set: hold, pause, resume, move, prioritise."""

    def answer(self, run: Run, status: int = 200) -> Response:
        """The run as it is now."""
        found = access.runs(self.request.user).get(pk=run.pk)
        location = reverse("api:run-detail", args=[run.pk])
        return Response(shown(found), status=status, headers={"Location": location} if status == 201 else {})

    @extend_schema(request=RunHoldSerializer, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def hold(self, request: Request, pk: str) -> Response:
        """Keep a queued run from starting until it is resumed; its place is kept."""
        return self.answer(services.hold(request.user, self.get_object(), **body(RunHoldSerializer, request)))

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Let a run that is being measured wait after its present shot, its transmitter off."""
        return self.answer(services.pause(request.user, self.get_object()))

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Let a held or paused run go on."""
        return self.answer(services.resume(request.user, self.get_object()))

    @extend_schema(request=MoveSerializer, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """Move a queued run among those of its group that you may reorder."""
        return self.answer(services.move(request.user, self.get_object(), body(MoveSerializer, request)["to"]))

    @extend_schema(request=PrioritySerializer, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def priority(self, request: Request, pk: str) -> Response:
        """Give a queued run another priority."""
        run = self.get_object()
        return self.answer(services.prioritise(request.user, run, body(PrioritySerializer, request)["priority"]))


def shown(runs: Any, many: bool = False) -> Any:
    """Runs with their places in the queue."""
    estimates = services.queue_estimates(runs if many else [runs])
    return RunSerializer(runs, many=many, context={"estimates": estimates}).data
