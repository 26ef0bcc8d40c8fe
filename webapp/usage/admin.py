"""Prices, tariffs and corrections for staff: added here, through the services, and never changed or deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from webapp.facility.admin.serviced import ServicedAdmin, ServiceForm
from webapp.usage import services
from webapp.usage.models import ClosedMonth, GroupTariff, Rate, UsageCorrection


class RateForm(ServiceForm):
    class Meta:
        model = Rate
        fields = [
            "instrument", "tariff", "valid_from", "rule", "booked_hour", "used_hour", "transmitting_hour", "currency",
        ]  # fmt: skip

    def perform(self) -> Rate:
        return services.set_rate(self.actor, **self.cleaned_data)


class TariffForm(ServiceForm):
    class Meta:
        model = GroupTariff
        fields = ["group", "tariff", "valid_from"]

    def perform(self) -> GroupTariff:
        return services.set_tariff(self.actor, **self.cleaned_data)


class CorrectionForm(ServiceForm):
    class Meta:
        model = UsageCorrection
        fields = ["group", "instrument", "user", "day", "kind", "value", "reason"]

    def perform(self) -> UsageCorrection:
        return services.correct(self.actor, **self.cleaned_data)


class LedgerAdmin(ServicedAdmin):
    """Rows are added and looked at."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ClosedMonth)
class ClosedMonthAdmin(LedgerAdmin):
    """Months are closed on the page of the accounts, which shows what is kept."""

    list_display = ["month", "note", "made_by", "made_at"]
    list_select_related = ["made_by"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Rate)
class RateAdmin(LedgerAdmin):
    form = RateForm
    list_display = [
        "__str__", "rule", "booked_hour", "used_hour", "transmitting_hour", "currency", "made_by", "made_at",
    ]  # fmt: skip
    list_filter = ["instrument", "tariff"]
    list_select_related = ["instrument", "made_by"]


@admin.register(GroupTariff)
class GroupTariffAdmin(LedgerAdmin):
    form = TariffForm
    list_display = ["group", "tariff", "valid_from", "made_by", "made_at"]
    list_filter = ["tariff"]
    list_select_related = ["group", "made_by"]


@admin.register(UsageCorrection)
class UsageCorrectionAdmin(LedgerAdmin):
    """A correction is taken back on the page of the accounts or through the API, with a reason."""

    form = CorrectionForm
    list_display = [
        "id", "day", "group", "instrument", "user", "kind", "value", "reason", "made_by", "made_at", "reverses",
    ]  # fmt: skip
    list_filter = ["kind", "instrument", "group"]
    list_select_related = ["group", "instrument", "user", "made_by", "reverses"]
    autocomplete_fields = ["user"]
