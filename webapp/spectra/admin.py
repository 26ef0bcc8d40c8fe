"""Spectra for staff to look at; results are never edited."""

from django.contrib import admin
from django.http import HttpRequest

from webapp.spectra.models import Spectrum


@admin.register(Spectrum)
class SpectrumAdmin(admin.ModelAdmin):
    list_display = ["id", "run", "version", "sample", "group", "state", "created_at", "finished_at"]
    list_filter = ["state", "group"]
    list_select_related = ["run", "sample", "group"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Spectrum | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Spectrum | None = None) -> bool:
        return False
