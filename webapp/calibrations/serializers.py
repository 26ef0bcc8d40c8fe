"""Calibrations as the API shows them."""

from __future__ import annotations

from django.utils import timezone
from rest_framework import serializers

from acquisition.calibration.quantities import QUANTITIES
from webapp.calibrations.models import Calibration, UsedCalibration
from webapp.config.fields import StrictSerializer


class CalibrationSerializer(serializers.ModelSerializer[Calibration]):
    """A measured quantity of an instrument, in SI units; one `display_unit` is `scale` of them."""

    instrument = serializers.CharField(source="instrument.slug", read_only=True)
    title = serializers.SerializerMethodField()
    state = serializers.CharField(read_only=True, help_text="waiting (for consent), accepted or withdrawn.")
    stale = serializers.SerializerMethodField(help_text="Its time is over; it is used until there is a newer one.")
    accepted_by = serializers.CharField(source="accepted_by.username", default=None, allow_null=True)
    withdrawn_by = serializers.CharField(source="withdrawn_by.username", default=None, allow_null=True)

    class Meta:
        model = Calibration
        fields = [
            "id", "instrument", "quantity", "title", "symbol", "value", "sigma", "unit", "display_unit", "scale",
            "note", "sample_rate_hz", "run", "measured_at", "valid_until", "stale", "state", "accepted_at",
            "accepted_by", "withdrawn_at", "withdrawn_by", "reason",
        ]  # fmt: skip
        read_only_fields = fields

    def get_title(self, one: Calibration) -> str:
        return QUANTITIES[one.quantity].title if one.quantity in QUANTITIES else one.quantity

    def get_stale(self, one: Calibration) -> bool:
        return one.stale(timezone.now())


class UsedCalibrationSerializer(serializers.ModelSerializer[UsedCalibration]):
    """A calibration as it was when a run started."""

    measured_at = serializers.DateTimeField(source="calibration.measured_at", read_only=True)

    class Meta:
        model = UsedCalibration
        fields = ["calibration", "quantity", "value", "sigma", "stale", "measured_at"]
        read_only_fields = fields


class CalibrationQuery(serializers.Serializer[object]):
    """What a list is limited to."""

    instrument = serializers.CharField(required=False, max_length=50)
    quantity = serializers.ChoiceField(required=False, choices=list(QUANTITIES))
    run = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    in_force = serializers.BooleanField(required=False, default=False, help_text="Only what counts now.")


class WithdrawSerializer(StrictSerializer):
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=300)
