"""Calibrations for staff: to look at; what is decided about them is decided on their page."""

from django.contrib import admin

from webapp.calibrations.models import Calibration


@admin.register(Calibration)
class CalibrationAdmin(admin.ModelAdmin):
    list_display = ["instrument", "quantity", "value", "sigma", "measured_at", "valid_until", "state"]
    list_filter = ["instrument", "quantity"]

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: Calibration | None = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: Calibration | None = None) -> bool:
        return False
