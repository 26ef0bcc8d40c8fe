"""Accounts and their corrections in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.api import named_user
from webapp.accounts.models import Group
from webapp.config.fields import StrictSerializer, body, query
from webapp.facility.api.fields import UtcField, named_instrument
from webapp.usage import access, asked, services
from webapp.usage.models import ClosedMonth, UsageCorrection
from webapp.usage.report import Line, Machine, Report, report


@extend_schema_field(OpenApiTypes.STR)
class MonthField(serializers.Field[Any, Any, Any, Any]):
    """A month as "2027-03"."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> str:
        return str(value)


class UsageQuery(serializers.Serializer[Any]):
    month = serializers.CharField(
        required=False, max_length=20, help_text="YYYY-MM in the facility's time zone; this month if not given."
    )
    until = serializers.CharField(
        required=False, max_length=20, help_text="Last month, at most 24 months in all; `month` if not given."
    )
    group = serializers.CharField(required=False, max_length=50)
    instrument = serializers.CharField(required=False, max_length=50)
    user = serializers.CharField(required=False, max_length=150, help_text="Username.")


class UsageLineSerializer(serializers.Serializer[Line]):
    """Hours of a user on an instrument in a month, corrections included."""

    month = MonthField()
    instrument = serializers.CharField(source="instrument.slug")
    group = serializers.CharField(source="group.slug")
    user = serializers.CharField(
        source="user.username", allow_null=True, default=None, help_text="null: corrections of nobody's in particular."
    )
    booked_h = serializers.FloatField(help_text="Held by bookings, no-shows until their release included.")
    used_h = serializers.FloatField(help_text="The instrument was occupied by runs.")
    within_h = serializers.FloatField(help_text="The part of used_h within own bookings.")
    transmitting_h = serializers.FloatField(help_text="Excitation of the stored captures.")
    no_show_h = serializers.FloatField(help_text="The part of booked_h that nobody came for.")
    corrected_booked_h = serializers.FloatField(help_text="The part of booked_h that staff added (or took off).")
    corrected_used_h = serializers.FloatField()
    corrected_transmitting_h = serializers.FloatField()


class GroupUsageSerializer(UsageLineSerializer):
    """Hours of a group on an instrument in a month, and what they cost."""

    user = None
    corrected_amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    amount = serializers.DecimalField(
        max_digits=14, decimal_places=2, allow_null=True, help_text="null: the facility has no rates."
    )


class MachineUsageSerializer(serializers.Serializer[Machine]):
    """What became of an instrument's time in a month."""

    month = MonthField()
    instrument = serializers.CharField(source="instrument.slug")
    open_h = serializers.FloatField(help_text="It existed and was not out of use.")
    idle_h = serializers.FloatField(help_text="Open, and no run had it.")
    outage_h = serializers.FloatField()
    booked_h = serializers.FloatField()
    used_h = serializers.FloatField()
    transmitting_h = serializers.FloatField()
    no_show_h = serializers.FloatField()


class CorrectionSerializer(serializers.ModelSerializer[UsageCorrection]):
    group = serializers.CharField(source="group.slug", read_only=True)
    instrument = serializers.CharField(source="instrument.slug", read_only=True)
    user = serializers.CharField(source="user.username", allow_null=True, default=None, read_only=True)
    made_by = serializers.CharField(source="made_by.username", read_only=True)
    made_at = UtcField()
    kind = serializers.ChoiceField(choices=UsageCorrection.Kind.choices, read_only=True)
    reverses = serializers.IntegerField(source="reverses_id", allow_null=True, read_only=True)
    reversed_by = serializers.SerializerMethodField(help_text="The row that took it back.")

    class Meta:
        model = UsageCorrection
        fields = [
            "id", "group", "instrument", "user", "day", "kind", "value", "reason", "made_by", "made_at", "reverses",
            "reversed_by",
        ]  # fmt: skip

    def get_reversed_by(self, row: UsageCorrection) -> int | None:
        other = getattr(row, "reversal", None)
        return None if other is None else int(other.pk)


class ReportedCorrectionSerializer(CorrectionSerializer):
    after_closing = serializers.SerializerMethodField(help_text="Made after its month had been closed.")

    class Meta(CorrectionSerializer.Meta):
        fields = [*CorrectionSerializer.Meta.fields, "after_closing"]

    def get_after_closing(self, row: UsageCorrection) -> bool:
        return row.pk in self.context.get("after_closing", ())


class ClosedMonthSerializer(serializers.ModelSerializer[ClosedMonth]):
    month = serializers.CharField(source="__str__", read_only=True)
    closed_at = UtcField(source="made_at")

    class Meta:
        model = ClosedMonth
        fields = ["month", "closed_at"]


class UsageSerializer(serializers.Serializer[Report]):
    """Accounts of whole months in `time_zone`, counted up to `counted_to`."""

    month = MonthField(source="period.first")
    until = MonthField(source="period.last")
    time_zone = serializers.CharField()
    counted_to = UtcField()
    currency = serializers.CharField(help_text="ISO 4217; empty without rates.")
    captures_unknown = serializers.IntegerField(
        help_text="Captures that do not say for how long they transmitted, and so count nothing in transmitting_h."
    )
    users = UsageLineSerializer(many=True, source="lines")
    groups = GroupUsageSerializer(many=True, source="accounts", help_text="Of groups you lead; staff: all.")
    instruments = MachineUsageSerializer(many=True, source="machines", help_text="For staff.")
    corrections = ReportedCorrectionSerializer(many=True)
    closed = ClosedMonthSerializer(many=True, help_text="Months of these whose hours are kept as they were then.")


class CorrectionMakeSerializer(StrictSerializer):
    group = serializers.CharField(max_length=50)
    instrument = serializers.CharField(max_length=50)
    user = serializers.CharField(max_length=150, required=False, allow_null=True, default=None)
    day = serializers.DateField(help_text="In the facility's time zone.")
    kind = serializers.ChoiceField(choices=UsageCorrection.Kind.choices)
    value = serializers.DecimalField(max_digits=10, decimal_places=4, help_text="Hours or money; negative takes off.")
    reason = serializers.CharField(max_length=300)


class ReversalSerializer(StrictSerializer):
    reason = serializers.CharField(max_length=300)


@extend_schema(tags=["usage"])
class UsageView(APIView):
    @extend_schema(parameters=[UsageQuery], responses=UsageSerializer, operation_id="usage")
    def get(self, request: Request) -> Response:
        """Booked, used, transmitting and no-show hours: your own, those of groups you lead; staff: all."""
        wanted = query(UsageQuery, request)
        found = report(request.user, asked.period(wanted), asked.filters(request.user, wanted))
        return Response(UsageSerializer(found, context={"after_closing": found.corrected_after}).data)


@extend_schema(tags=["usage"])
class CorrectionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Corrections of the accounts; they are never changed or deleted."""

    serializer_class = CorrectionSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[UsageCorrection]:
        return access.corrections(self.request.user)

    @extend_schema(request=CorrectionMakeSerializer, responses={201: CorrectionSerializer})
    def create(self, request: Request) -> Response:
        """Staff: add hours or money to what the rows say."""
        wanted = body(CorrectionMakeSerializer, request)
        group = access.groups(request.user).filter(slug=wanted.pop("group")).first() or _unknown_group()
        instrument = named_instrument(request, wanted.pop("instrument"))
        name = wanted.pop("user")
        user = None if name is None else named_user(name, "user")
        made = services.correct(request.user, group=group, instrument=instrument, user=user, **wanted)
        return Response(CorrectionSerializer(made).data, status=201)

    @extend_schema(request=ReversalSerializer, responses={201: CorrectionSerializer})
    @action(detail=True, methods=["post"])
    def reverse(self, request: Request, pk: str) -> Response:
        """Staff: take a correction back, by a row with the opposite value."""
        wanted = body(ReversalSerializer, request)
        made = services.reverse(request.user, self.get_object(), wanted["reason"])
        return Response(CorrectionSerializer(made).data, status=201)


def _unknown_group() -> Group:
    raise InvalidParameters([FieldError("group", "There is no group of this name.")])
