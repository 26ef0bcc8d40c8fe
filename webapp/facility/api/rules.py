"""Booking rules in the API, for staff."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import permissions, serializers, viewsets

from webapp.accounts.models import Group
from webapp.facility.bookings.rules import RESTRICTIVE
from webapp.facility.models import BookingRules, Instrument


class BookingRulesSerializer(serializers.ModelSerializer[BookingRules]):
    """Empty values say nothing; of all rules that apply to a booking the most restrictive value counts."""

    instrument = serializers.SlugRelatedField[Instrument](
        slug_field="slug", queryset=Instrument.objects.all(), allow_null=True, default=None
    )
    group = serializers.SlugRelatedField[Group](
        slug_field="slug", queryset=Group.objects.all(), allow_null=True, default=None
    )

    class Meta:
        model = BookingRules
        fields = ["id", "instrument", "group", *RESTRICTIVE]
        validators: list[Any] = []  # the model's own, in validate()

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        unknown = [str(name) for name in self.initial_data if name not in self.fields]
        if unknown:
            message = f"Unknown field; known are {', '.join(self.fields)}."
            raise serializers.ValidationError({name: [message] for name in unknown})
        row = self.instance or BookingRules()
        for name, value in values.items():
            setattr(row, name, value)
        row.full_clean()
        return values


@extend_schema(tags=["booking rules"])
class BookingRulesViewSet(viewsets.ModelViewSet[BookingRules]):
    """Staff: values of the booking policies, for an instrument or all, and a group or all."""

    serializer_class = BookingRulesSerializer
    permission_classes = [permissions.IsAdminUser]
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[BookingRules]:
        return BookingRules.objects.select_related("instrument", "group")
