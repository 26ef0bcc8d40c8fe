"""Booking rules for staff."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from webapp.accounts.admin import StaffAdmin
from webapp.facility.models import BookingRules


@admin.register(BookingRules)
class BookingRulesAdmin(StaffAdmin):
    list_display = ["__str__", "duration_max_minutes", "weekly_hours_user_max", "needs_qualification", "needs_approval"]
    list_filter = ["instrument", "group"]
    list_select_related = ["instrument", "group"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)
