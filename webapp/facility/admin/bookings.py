"""Bookings for staff."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from webapp.facility.admin.serviced import ServicedAdmin, ServiceForm
from webapp.facility.bookings import checkin, decisions, service
from webapp.facility.models import Booking, BookingEvent


class BookingForm(ServiceForm):
    class Meta:
        model = Booking
        fields = ["instrument", "group", "user", "title", "starts_at", "ends_at"]

    def perform(self) -> Booking:
        values = self.cleaned_data
        times = {name: values[name] for name in ("title", "starts_at", "ends_at")}
        if self.instance.pk is not None:
            return service.edit(self.actor, self.instance, **times)
        parties = {name: values[name] for name in ("instrument", "group", "user")}
        return service.book(self.actor, **parties, **times).booking


class EventInline(admin.TabularInline):
    model = BookingEvent
    fields = readonly_fields = ["at", "kind", "actor", "payload"]
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_staff

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_add_permission


@admin.register(Booking)
class BookingAdmin(ServicedAdmin):
    form = BookingForm
    list_display = ["__str__", "instrument", "group", "user", "starts_at", "ends_at", "state", "checked_in_at"]
    list_filter = ["state", "instrument", "group"]
    list_select_related = ["instrument", "group", "user"]
    search_fields = ["title", "user__username", "group__name"]
    date_hierarchy = "starts_at"
    autocomplete_fields = ["group", "user"]
    inlines = [EventInline]
    actions = ["approve", "decline", "check_in", "cancel", "finish"]

    def get_readonly_fields(self, request: HttpRequest, obj: Booking | None = None) -> Any:
        """What a booking is for does not change; cancel it and book anew."""
        if obj is None:
            return []
        return ["instrument", "group", "user", "state", "series", "checked_in_at", "no_show_at", "reason", "created_by"]

    def get_fields(self, request: HttpRequest, obj: Booking | None = None) -> Any:
        fields = list(BookingForm.Meta.fields)
        return fields if obj is None else list(dict.fromkeys([*fields, *self.get_readonly_fields(request, obj)]))

    @admin.action(description="Approve")
    def approve(self, request: HttpRequest, queryset: Any) -> None:
        self.each(request, queryset, decisions.approve)

    @admin.action(description="Decline")
    def decline(self, request: HttpRequest, queryset: Any) -> None:
        self.each(request, queryset, decisions.decline)

    @admin.action(description="Check in")
    def check_in(self, request: HttpRequest, queryset: Any) -> None:
        self.each(request, queryset, checkin.check_in)

    @admin.action(description="Cancel")
    def cancel(self, request: HttpRequest, queryset: Any) -> None:
        self.each(request, queryset, service.cancel)

    @admin.action(description="Finish now")
    def finish(self, request: HttpRequest, queryset: Any) -> None:
        self.each(request, queryset, service.finish)
