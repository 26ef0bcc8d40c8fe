"""Samples for staff."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from acquisition.errors import InvalidParameters
from webapp.samples import services
from webapp.samples.models import Sample


class SampleForm(forms.ModelForm):
    class Meta:
        model = Sample
        fields = ["name", "formula", "mass_g", "temperature_k", "notes", "group", "archived"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name, value in values.items():
            setattr(self.instance, name, value)
        try:
            services.check(self.instance)
        except InvalidParameters as error:
            raise ValidationError({fault.field: fault.message for fault in error.errors}) from None
        return values


@admin.register(Sample)
class SampleAdmin(admin.ModelAdmin):
    form = SampleForm
    list_display = ["name", "formula", "group", "created_by", "updated_at", "archived"]
    list_filter = ["group", "archived"]
    list_select_related = ["group", "created_by"]
    search_fields = ["name", "formula"]

    def save_model(self, request: Any, obj: Sample, form: forms.ModelForm, change: bool) -> None:
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)
