"""Outages for staff."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest

from webapp.facility.admin.serviced import ServicedAdmin, ServiceForm
from webapp.facility.bookings import outages
from webapp.facility.models import Outage


class OutageForm(ServiceForm):
    on_bookings = forms.ChoiceField(
        choices=(("keep", "Tell their users"), ("cancel", "Cancel them")), label="Bookings in this time"
    )

    class Meta:
        model = Outage
        fields = ["instrument", "kind", "starts_at", "ends_at", "reason"]

    def perform(self) -> Outage:
        values = self.cleaned_data
        if self.instance.pk is None:
            declared = outages.declare(self.actor, **values)
        else:
            changes = {name: values[name] for name in ("starts_at", "ends_at", "reason", "on_bookings")}
            until_further_notice = values["ends_at"] is None
            declared = outages.change(self.actor, self.instance, until_further_notice=until_further_notice, **changes)
        self.affected = declared.affected
        return declared.outage


@admin.register(Outage)
class OutageAdmin(ServicedAdmin):
    form = OutageForm
    list_display = ["__str__", "instrument", "kind", "starts_at", "ends_at", "withdrawn_at", "created_by"]
    list_filter = ["kind", "instrument"]
    list_select_related = ["instrument", "created_by"]
    actions = ["withdraw"]

    def get_readonly_fields(self, request: HttpRequest, obj: Outage | None = None) -> Any:
        return [] if obj is None else ["instrument", "kind"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        for booking in form.affected:
            what = f"{booking} of {booking.group} at {booking.starts_at:%Y-%m-%d %H:%M} UTC"
            messages.info(request, f"{what}: {booking.get_state_display().lower()}")

    @admin.action(description="Withdraw, or end now")
    def withdraw(self, request: HttpRequest, queryset: Any) -> None:
        self.each(request, queryset, outages.withdraw)
