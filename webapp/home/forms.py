"""What the forms of all apps share."""

from __future__ import annotations

from django import forms

from acquisition.errors import FieldError, InvalidParameters
from webapp.errors import ServiceError


def show_errors(form: forms.BaseForm, error: InvalidParameters | ServiceError) -> None:
    """Put what a service found wrong beside the fields concerned; what belongs to no field goes on top of the form."""
    faults = error.errors if isinstance(error, InvalidParameters) else (FieldError(error.field or "", error.message),)
    for fault in faults:
        field, _, element = fault.field.partition("[")  # one of several values in a field: "values[3]"
        message = f"Value {int(element[:-1]) + 1}: {fault.message}" if element else fault.message
        form.add_error(field if field in form.fields else None, message)
