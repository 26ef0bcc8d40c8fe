"""Administration of rows that only services may write."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.admin import StaffAdmin
from webapp.accounts.models import User
from webapp.errors import ServiceError


class _TriedOut(Exception):
    """Ends the trial's transaction."""


class ServiceForm(forms.ModelForm):
    """A form whose values are tried out by the service and shown its faults, before anything is written for good."""

    actor: User  # set by ServicedAdmin.get_form

    def perform(self) -> Any:
        """Do what the form asks for through the service, and return the row."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        try:
            with transaction.atomic():
                self.perform()
                raise _TriedOut
        except _TriedOut:
            pass
        except (InvalidParameters, ServiceError) as error:
            for fault in faults(error):
                self.add_error(fault.field if fault.field in self.fields else None, fault.message)
        return values

    def _post_clean(self) -> None:
        """The service has judged the values; writing them into the instance is its business too."""

    def save(self, commit: bool = True) -> Any:
        """Done for good by ServicedAdmin.save_model."""
        return self.instance

    def save_m2m(self) -> None:
        """There is nothing of the kind."""


class ServicedAdmin(StaffAdmin):
    """Adds and changes go through the form's service; nothing is deleted; actions are services too."""

    actions_selection_counter = True

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        made = super().get_form(request, obj, change, **options)
        return type(made.__name__, (made,), {"actor": request.user})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        try:
            made = form.perform()
        except (InvalidParameters, ServiceError) as error:  # somebody was faster since the form was checked
            raise ValidationError([fault.message for fault in faults(error)]) from None
        obj.__dict__.update(made.__dict__)

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **options)
        except ValidationError as error:
            for message in error.messages:
                messages.error(request, message)
            request.method = "GET"
            return super().changeform_view(request, *args, **options)

    def each(self, request: HttpRequest, queryset: Any, step: Any, *arguments: Any) -> None:
        """An action: the service's step for every row; refusals are told one by one."""
        done = 0
        for row in queryset:
            try:
                step(request.user, row, *arguments)
                done += 1
            except (InvalidParameters, ServiceError) as error:
                messages.warning(request, f"{row}: {error}")
        if done:
            messages.success(request, f"Done for {done} of them.")


def faults(error: InvalidParameters | ServiceError) -> tuple[FieldError, ...]:
    """What is wrong, field by field."""
    return tuple(error.errors) if isinstance(error, InvalidParameters) else (FieldError(error.field, error.message),)
