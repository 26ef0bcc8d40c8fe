"""What users are told, and how they want it, in the API. Everybody sees their own only."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from webapp.config.fields import StrictSerializer, body, query
from webapp.notifications import preferences, reading
from webapp.notifications.kinds import Channel, Kind
from webapp.notifications.models import LEAD_MAX_MINUTES, Notification


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    path = serializers.CharField(read_only=True, help_text="Of the page that shows more; may be empty.")

    class Meta:
        model = Notification
        fields = ["id", "kind", "title", "text", "path", "created_at", "read_at"]


class NotificationQuery(serializers.Serializer[Any]):
    unread = serializers.BooleanField(required=False, default=False, help_text="Only what you have not read.")


class ReadAllSerializer(StrictSerializer):
    newest = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="Leave later ones unread: you have not seen them."
    )


class ReadSerializer(serializers.Serializer[Any]):
    read = serializers.IntegerField(help_text="How many were not read before.")


class PreferenceSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Kind.choices)
    label = serializers.CharField(source="kind.label")
    channel = serializers.ChoiceField(choices=Channel.choices)


class PreferencesSerializer(serializers.Serializer[Any]):
    """Where each kind goes that you can be told about."""

    lead_minutes = serializers.IntegerField(help_text="How long before a booking its reminder comes.")
    kinds = PreferenceSerializer(many=True)


class PreferencesUpdateSerializer(StrictSerializer):
    lead_minutes = serializers.IntegerField(
        required=False, min_value=preferences.LEAD_MIN_MINUTES, max_value=LEAD_MAX_MINUTES
    )
    channels = serializers.DictField(
        child=serializers.ChoiceField(choices=Channel.choices),
        required=False,
        help_text='By kind, such as {"reminder": "both"}; kinds that are left out stay as they are.',
    )

    def validate_channels(self, chosen: dict[str, str]) -> dict[Kind, Channel]:
        unknown = [kind for kind in chosen if kind not in Kind.values]
        if unknown:
            known = ", ".join(Kind.values)
            raise serializers.ValidationError({kind: [f"Unknown kind; known are {known}."] for kind in unknown})
        return {Kind(kind): Channel(channel) for kind, channel in chosen.items()}


@extend_schema(tags=["notifications"])
class NotificationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """What you were told on the site."""

    serializer_class = NotificationSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Notification]:
        return reading.told(self.request.user)

    def filter_queryset(self, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        if self.action != "list" or not query(NotificationQuery, self.request)["unread"]:
            return queryset
        return reading.unread(self.request.user)

    @extend_schema(parameters=[NotificationQuery])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=None, responses=NotificationSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Say that you have read it. Once more changes nothing."""
        row = self.get_object()
        reading.mark_read(request.user, row.pk)
        return Response(NotificationSerializer(self.get_queryset().get(pk=row.pk)).data)

    @extend_schema(request=ReadAllSerializer, responses=ReadSerializer)
    @action(detail=False, methods=["post"], url_path="read-all")
    def read_all(self, request: Request) -> Response:
        """Say that you have read all, or all up to one."""
        return Response({"read": reading.mark_all_read(request.user, body(ReadAllSerializer, request).get("newest"))})


@extend_schema(tags=["notifications"])
class PreferencesView(APIView):
    @extend_schema(responses=PreferencesSerializer, operation_id="notification_preferences_retrieve")
    def get(self, request: Request) -> Response:
        """What you are told, and by which channel."""
        return self._answer(request)

    @extend_schema(
        request=PreferencesUpdateSerializer,
        responses=PreferencesSerializer,
        operation_id="notification_preferences_update",
    )
    def patch(self, request: Request) -> Response:
        """Choose channels, and when reminders come."""
        wanted = body(PreferencesUpdateSerializer, request)
        lead = wanted.get("lead_minutes")
        chosen = dict(wanted.get("channels", {}))
        if lead is not None and Kind.REMINDER not in chosen:  # it is kept with the channel of reminders
            chosen[Kind.REMINDER] = preferences.of_user(request.user)[Kind.REMINDER]
        preferences.choose(request.user, chosen, preferences.lead_minutes(request.user) if lead is None else lead)
        return self._answer(request)

    def _answer(self, request: Request) -> Response:
        kinds = [{"kind": kind, "channel": channel} for kind, channel in preferences.of_user(request.user).items()]
        shown = {"lead_minutes": preferences.lead_minutes(request.user), "kinds": kinds}
        return Response(PreferencesSerializer(shown).data)
