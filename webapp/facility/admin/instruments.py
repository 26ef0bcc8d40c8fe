"""Instruments for staff: settings are edited here, state belongs to the queue."""

from django.contrib import admin

from webapp.facility.models import Instrument


@admin.register(Instrument)
class InstrumentAdmin(admin.ModelAdmin):
    list_display = ["name", "slug", "status", "held", "uri", "last_seen_at"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["status", "status_message", "fence", "identity", "last_seen_at", "created_at"]
