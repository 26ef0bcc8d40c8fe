"""The form of a run: what is measured where, and the method's own parameters; and that of processing again."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms

from acquisition import methods
from acquisition.methods import Method
from acquisition.methods.parameters import describe
from acquisition.methods.registry import FAMILIES
from acquisition.reconstruction import ReconstructionParameters
from webapp.accounts.models import User
from webapp.facility import access as facility_access
from webapp.home import parameter_fields
from webapp.samples import access as samples_access
from webapp.samples.forms import QuantityField


class ParametersForm(forms.Form):
    """Fields made from a dataclass of described parameters, the essential ones apart from the advanced."""

    def __init__(self, *args: Any, parameters: type[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._infos = describe(parameters)
        self.fields.update(parameter_fields.fields(self._infos))

    @property
    def parameter_values(self) -> dict[str, Any]:
        """The cleaned parameters in SI; only after is_valid()."""
        return parameter_fields.values(self._infos, self.cleaned_data)

    @property
    def essential(self) -> list[forms.BoundField]:
        return [self[info.name] for info in self._infos if not info.advanced]

    @property
    def advanced(self) -> list[forms.BoundField]:
        return [self[info.name] for info in self._infos if info.advanced]

    @property
    def advanced_has_errors(self) -> bool:
        return any(field.errors for field in self.advanced)


class RunForm(ParametersForm):
    """A run of one method."""

    instrument = forms.ModelChoiceField(queryset=None, to_field_name="slug", empty_label=None)
    sample = forms.ModelChoiceField(queryset=None, empty_label="Choose a sample")
    title = forms.CharField(
        required=False,
        max_length=160,
        help_text="So that you find it again.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    temperature_k = QuantityField(label="Temperature", unit="K", required=False, help_text="Empty: that of the sample.")
    # Sent twice, by a double click or a reload, the form still makes one run.
    idempotency_key = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, method: Method, **kwargs: Any) -> None:
        super().__init__(*args, parameters=method.parameters, **kwargs)
        self.method = method
        self.fields["instrument"].queryset = facility_access.instruments(user)
        self.fields["sample"].queryset = samples_access.samples(user).filter(archived=False).order_by("name")
        self.fields["idempotency_key"].initial = lambda: f"page-{uuid.uuid4()}"

    @property
    def families(self) -> list[tuple[str, list[Method]]]:
        """What methods are for, and the methods, the survey first of all: it is what people come for."""
        known = sorted(methods.methods().values(), key=lambda method: (method.name != "survey", method.title))
        groups = [(family, [method for method in known if method.family == family]) for family in FAMILIES]
        return [(family, members) for family, members in groups if members]


class ReprocessForm(ParametersForm):
    """Parameters of another processing of the same captures."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, parameters=ReconstructionParameters, **kwargs)
