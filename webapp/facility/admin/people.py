"""Who may use what, and who waits, for staff."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from webapp.facility.admin.serviced import ServicedAdmin, ServiceForm
from webapp.facility.bookings import qualifications, waitlist
from webapp.facility.models import Qualification, WaitlistEntry


class QualificationForm(ServiceForm):
    class Meta:
        model = Qualification
        fields = ["instrument", "user", "expires_at", "note"]

    def perform(self) -> Qualification:
        return qualifications.grant(self.actor, **self.cleaned_data)


@admin.register(Qualification)
class QualificationAdmin(ServicedAdmin):
    """Granting again replaces what was granted before; rows are never edited."""

    form = QualificationForm
    list_display = ["__str__", "expires_at", "revoked_at", "granted_by", "granted_at", "note"]
    list_filter = ["instrument"]
    list_select_related = ["instrument", "user", "granted_by"]
    search_fields = ["user__username"]
    autocomplete_fields = ["user"]
    actions = ["revoke"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Revoke", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        self.each(request, queryset, qualifications.revoke)


@admin.register(WaitlistEntry)
class WaitlistAdmin(ServicedAdmin):
    list_display = ["__str__", "instrument", "group", "user", "earliest_at", "latest_at", "duration_minutes", "state"]
    list_filter = ["state", "instrument"]
    list_select_related = ["instrument", "group", "user"]
    actions = ["withdraw"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Withdraw", permissions=["view"])
    def withdraw(self, request: HttpRequest, queryset: Any) -> None:
        self.each(request, queryset, waitlist.withdraw)
