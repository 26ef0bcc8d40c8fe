"""The waitlist in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from webapp.config.fields import body, query
from webapp.facility import access
from webapp.facility.api.fields import MomentField, UtcField, ZonedSerializer, parties, times
from webapp.facility.api.serializers import BookingSerializer
from webapp.facility.bookings import waitlist
from webapp.facility.models import WaitlistEntry


class WaitlistSerializer(serializers.ModelSerializer[WaitlistEntry]):
    instrument = serializers.CharField(source="instrument.slug", read_only=True)
    group = serializers.CharField(source="group.slug", read_only=True)
    user = serializers.CharField(source="user.username", read_only=True)
    earliest_at = UtcField()
    latest_at = UtcField()
    created_at = UtcField()
    booking = BookingSerializer(read_only=True, allow_null=True, help_text="What is or was offered.")

    class Meta:
        model = WaitlistEntry
        fields = [
            "id", "instrument", "group", "user", "earliest_at", "latest_at", "duration_minutes", "title", "state",
            "booking", "created_at",
        ]  # fmt: skip


class WaitlistJoinSerializer(ZonedSerializer):
    instrument = serializers.CharField(max_length=50)
    group = serializers.CharField(required=False, max_length=50, help_text="May be left out by members of one group.")
    user = serializers.CharField(required=False, max_length=150)
    earliest_at = MomentField()
    latest_at = MomentField(help_text="The end of what is booked, not its start.")
    duration_minutes = serializers.IntegerField(min_value=1, max_value=366 * 24 * 60)
    title = serializers.CharField(required=False, allow_blank=True, max_length=160)


class WaitlistQuery(serializers.Serializer[Any]):
    instrument = serializers.SlugField(required=False)
    state = serializers.ChoiceField(choices=WaitlistEntry.State.choices, required=False)
    mine = serializers.BooleanField(required=False, default=False)


@extend_schema(tags=["waitlist"])
class WaitlistViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Who of your groups waits for time on an instrument."""

    serializer_class = WaitlistSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[WaitlistEntry]:
        return access.waitlist(self.request.user).select_related(
            "booking__instrument", "booking__group", "booking__user", "booking__created_by"
        )

    def filter_queryset(self, queryset: QuerySet[WaitlistEntry]) -> QuerySet[WaitlistEntry]:
        if self.action != "list":
            return queryset
        wanted = query(WaitlistQuery, self.request)
        if wanted.pop("mine"):
            queryset = queryset.filter(user=self.request.user)
        names = {"instrument": "instrument__slug", "state": "state"}
        return queryset.filter(**{names[name]: value for name, value in wanted.items()})

    @extend_schema(parameters=[WaitlistQuery])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """In the order they came."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=WaitlistJoinSerializer, responses={201: WaitlistSerializer})
    def create(self, request: Request) -> Response:
        """Wait for time on an instrument; what is free already is offered at once."""
        wanted = body(WaitlistJoinSerializer, request)
        entry = waitlist.join(
            request.user, **parties(request, wanted), **times(wanted, "earliest_at", "latest_at"), **wanted
        )
        return self._answer(entry.pk, 201)

    @extend_schema(request=None, responses={201: BookingSerializer})
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Take what is offered; it becomes a booking."""
        booking = waitlist.accept(request.user, self.get_object())
        return Response(BookingSerializer(access.bookings(request.user).get(pk=booking.pk)).data, status=201)

    @extend_schema(request=None, responses=WaitlistSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """Let the offered time go to the next in line, and stop waiting."""
        entry = self.get_object()
        waitlist.decline(request.user, entry)
        return self._answer(entry.pk)

    @extend_schema(request=None, responses=WaitlistSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Stop waiting."""
        entry = self.get_object()
        waitlist.withdraw(request.user, entry)
        return self._answer(entry.pk)

    def _answer(self, pk: int, status: int = 200) -> Response:
        return Response(WaitlistSerializer(self.get_queryset().get(pk=pk)).data, status=status)
