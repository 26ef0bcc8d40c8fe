"""Qualifications in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from webapp.accounts.api import named_user
from webapp.config.fields import body, query
from webapp.facility import access
from webapp.facility.api.fields import MomentField, UtcField, ZonedSerializer, named_instrument, times
from webapp.facility.bookings import locking, qualifications
from webapp.facility.models import Qualification


class QualificationSerializer(serializers.ModelSerializer[Qualification]):
    instrument = serializers.CharField(source="instrument.slug", read_only=True)
    user = serializers.CharField(source="user.username", read_only=True)
    granted_by = serializers.CharField(source="granted_by.username", read_only=True)
    granted_at = UtcField()
    expires_at = UtcField(allow_null=True, help_text="null: does not expire.")
    revoked_at = UtcField(allow_null=True)

    class Meta:
        model = Qualification
        fields = ["id", "instrument", "user", "granted_by", "granted_at", "expires_at", "revoked_at", "note"]


class QualificationGrantSerializer(ZonedSerializer):
    instrument = serializers.CharField(max_length=50)
    user = serializers.CharField(max_length=150)
    expires_at = MomentField(required=False, allow_null=True, default=None)
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)


class QualificationQuery(serializers.Serializer[Any]):
    instrument = serializers.SlugField(required=False)
    user = serializers.CharField(required=False, max_length=150)
    ended = serializers.BooleanField(required=False, default=False, help_text="Expired and revoked ones too.")


@extend_schema(tags=["qualifications"])
class QualificationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Your training on instruments; staff: everybody's."""

    serializer_class = QualificationSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Qualification]:
        return access.qualifications(self.request.user)

    def filter_queryset(self, queryset: QuerySet[Qualification]) -> QuerySet[Qualification]:
        if self.action != "list":
            return queryset
        wanted = query(QualificationQuery, self.request)
        names = {"instrument": "instrument__slug", "user": "user__username"}
        queryset = queryset.filter(**{names[name]: value for name, value in wanted.items() if name in names})
        if wanted["ended"]:
            return queryset
        counts = Q(expires_at__isnull=True) | Q(expires_at__gt=locking.clock())
        return queryset.filter(counts, revoked_at__isnull=True)

    @extend_schema(parameters=[QualificationQuery])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Qualifications that count, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=QualificationGrantSerializer, responses={201: QualificationSerializer})
    def create(self, request: Request) -> Response:
        """Staff: somebody may use an instrument. Replaces what was granted before."""
        wanted = body(QualificationGrantSerializer, request)
        instrument = named_instrument(request, wanted.pop("instrument"))
        user = named_user(wanted.pop("user"), "user")
        moments = times(wanted, "expires_at")
        made = qualifications.grant(request.user, instrument=instrument, user=user, **moments, **wanted)
        return Response(QualificationSerializer(made).data, status=201)

    @extend_schema(request=None, responses=QualificationSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        """Staff: it counts no more."""
        return Response(QualificationSerializer(qualifications.revoke(request.user, self.get_object())).data)
