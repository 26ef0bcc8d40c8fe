"""Instruments for staff: settings are edited here, state belongs to the queue."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest

from webapp.facility.models import Instrument


@admin.register(Instrument)
class InstrumentAdmin(admin.ModelAdmin):
    list_display = ["name", "slug", "status", "held", "uri", "last_seen_at"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["status", "status_message", "stopped", "fence", "identity", "last_seen_at", "created_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Instrument | None = None) -> Sequence[str]:
        """Limits are changed on their own page, which keeps who changed what; here they are only given once."""
        return [*self.readonly_fields, *(["limits"] if obj is not None else [])]
