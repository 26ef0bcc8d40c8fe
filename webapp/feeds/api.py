"""Calendar feeds in the API. Everybody sees their own only; the address of one is told once, when it is made."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from webapp.accounts import access as accounts_access
from webapp.config.fields import StrictSerializer, body
from webapp.errors import NotFound
from webapp.facility.api.fields import UtcField, named_instrument
from webapp.feeds import services
from webapp.feeds.models import CalendarFeed


class FeedSerializer(serializers.ModelSerializer[CalendarFeed]):
    group = serializers.CharField(source="group.slug", read_only=True, allow_null=True, default=None)
    instrument = serializers.CharField(source="instrument.slug", read_only=True, allow_null=True, default=None)
    prefix = serializers.CharField(read_only=True, help_text="How its secret begins, to tell one from another.")
    created_at = UtcField()
    last_used_at = UtcField(allow_null=True)

    class Meta:
        model = CalendarFeed
        fields = ["id", "scope", "group", "instrument", "prefix", "created_at", "last_used_at"]


class NewFeedSerializer(FeedSerializer):
    """With the address to give to a calendar program. It is not stored, and not told again."""

    address = serializers.SerializerMethodField()

    class Meta(FeedSerializer.Meta):
        fields = [*FeedSerializer.Meta.fields, "address"]

    def get_address(self, _feed: CalendarFeed) -> str:
        return str(self.context["address"])


class FeedCreateSerializer(StrictSerializer):
    scope = serializers.ChoiceField(choices=CalendarFeed.Scope.choices)
    group = serializers.CharField(required=False, max_length=50, help_text="One of your groups, for the scope group.")
    instrument = serializers.CharField(required=False, max_length=50, help_text="For the scope instrument.")


@extend_schema(tags=["calendar feeds"])
class FeedViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Your calendar feeds (iCalendar, RFC 5545), for programs that subscribe to an address."""

    serializer_class = FeedSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[CalendarFeed]:
        return CalendarFeed.objects.filter(user=self.request.user).select_related("group", "instrument")

    @extend_schema(request=FeedCreateSerializer, responses={201: NewFeedSerializer})
    def create(self, request: Request) -> Response:
        """Make a feed of your bookings, of those of a group of yours, or of an instrument."""
        wanted = body(FeedCreateSerializer, request)
        group, instrument = wanted.get("group"), wanted.get("instrument")
        made = services.create(
            request.user,
            wanted["scope"],
            group=None if group is None else accounts_access.groups(request.user).filter(slug=group).first(),
            instrument=None if instrument is None else named_instrument(request, instrument),
        )
        return self._tell(made, 201)

    @extend_schema(request=None, responses=NewFeedSerializer)
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        """Give it a new address; the old one ends."""
        made = services.rotate(request.user, self.get_object().pk)
        if made is None:
            raise NotFound("There is no such feed.")
        return self._tell(made, 200)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Revoke it: calendars that use its address get nothing any more."""
        services.revoke(request.user, self.get_object().pk)
        return Response(status=204)

    def _tell(self, made: services.NewFeed, status: int) -> Response:
        address = self.request.build_absolute_uri(reverse("feeds:feed", args=[made.secret]))
        location = reverse("api:calendar-feed-detail", args=[made.feed.pk])
        headers = {"Cache-Control": "no-store"} | ({"Location": location} if status == 201 else {})
        shown = NewFeedSerializer(made.feed, context={"address": address}).data
        return Response(shown, status=status, headers=headers)
