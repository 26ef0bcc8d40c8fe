"""Who is asking."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from webapp.accounts.access import groups
from webapp.accounts.models import Group


class GroupSerializer(serializers.ModelSerializer[Group]):
    class Meta:
        model = Group
        fields = ["slug", "name"]


class MeSerializer(serializers.Serializer[Any]):
    username = serializers.CharField()
    is_staff = serializers.BooleanField()
    groups = GroupSerializer(many=True, help_text="Groups that you can give samples to.")


class MeView(APIView):
    @extend_schema(responses=MeSerializer, operation_id="me", tags=["me"])
    def get(self, request: Request) -> Response:
        """The user that the token or session belongs to."""
        user = request.user
        facts = {"username": user.get_username(), "is_staff": user.is_staff, "groups": groups(user)}
        return Response(MeSerializer(facts).data)
