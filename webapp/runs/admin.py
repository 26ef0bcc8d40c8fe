"""Runs for staff to look at. They are changed only by the services and by whoever holds their fence."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from webapp.errors import ServiceError
from webapp.runs import services
from webapp.runs.models import Run


@admin.register(Run)
class RunAdmin(admin.ModelAdmin):
    list_display = ["id", "title", "instrument", "sample", "group", "submitted_by", "state", "created_at"]
    list_filter = ["state", "instrument", "group"]
    list_select_related = ["instrument", "sample", "group", "submitted_by"]
    search_fields = ["title", "sample__name"]
    actions = ["cancel"]

    @admin.action(description="Cancel the selected runs", permissions=["view"])
    def cancel(self, request: Any, queryset: QuerySet[Run]) -> None:
        for run in queryset:
            try:
                services.request_cancel(request.user, run)
            except ServiceError as error:
                messages.warning(request, f"Run {run.pk}: {error.message}")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False
