"""The form of a run: what is measured where, and the method's own parameters; and that of processing again."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms

from acquisition import methods
from acquisition.methods import Method
from acquisition.methods.parameters import describe
from acquisition.methods.registry import CALIBRATION, FAMILIES
from acquisition.reconstruction import ReconstructionParameters
from webapp.accounts.models import User
from webapp.facility import access as facility_access
from webapp.home import parameter_fields
from webapp.runs.services.series import RUNS_MAX, TEMPERATURE
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


class InstrumentForm(ParametersForm):
    """Parameters for one of the instruments that a user may see."""

    instrument = forms.ModelChoiceField(queryset=None, to_field_name="slug", empty_label=None)

    def __init__(self, *args: Any, parameters: type[Any], user: User, **kwargs: Any) -> None:
        super().__init__(*args, parameters=parameters, **kwargs)
        self.fields["instrument"].queryset = facility_access.instruments(user)


class RunForm(InstrumentForm):
    """A run of one method, or a series of them."""

    varied = forms.ChoiceField(
        label="What differs", required=False, help_text="One parameter, or the temperature of the sample."
    )
    values = forms.CharField(
        label="Its values",
        required=False,
        max_length=4000,
        help_text="In the unit of the parameter, with spaces between: 77 120 200 295. A run is made for each.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    repeats = forms.IntegerField(
        label="Repetitions", required=False, min_value=1, max_value=RUNS_MAX, help_text="Runs of each value."
    )
    one_by_one = forms.BooleanField(
        label="Resume each by hand",
        required=False,
        help_text="Every run after the first is held until you resume it, as when a temperature is set.",
    )
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
        super().__init__(*args, parameters=method.parameters, user=user, **kwargs)
        self.method, self.user = method, user
        self.fields["sample"].queryset = samples_access.samples(user).filter(archived=False).order_by("name")
        known = [(info.name, info.label) for info in self._infos]
        self.fields["varied"].choices = [("", "Nothing"), (TEMPERATURE, "Temperature of the sample"), *known]
        self.fields["idempotency_key"].initial = lambda: f"page-{uuid.uuid4()}"

    @property
    def series_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("varied", "values", "repeats", "one_by_one")]

    @property
    def series_is_open(self) -> bool:
        """Whether the fields of a series are worth showing: they are filled in, or wrong."""
        return any(field.errors or field.value() for field in self.series_fields)

    @property
    def is_series(self) -> bool:
        """Whether more than one run is wanted; only after is_valid()."""
        chosen = self.cleaned_data
        return bool(chosen["varied"] or chosen["values"] or (chosen["repeats"] or 1) > 1)

    @property
    def series_values(self) -> dict[str, Any]:
        """What makes it a series, as services take it; only after is_valid()."""
        chosen = self.cleaned_data
        return {
            "varied": chosen["varied"],
            "values": chosen["values"],
            "repeats": chosen["repeats"] or 1,
            "one_by_one": chosen["one_by_one"],
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        words = (cleaned.get("values") or "").replace(";", " ").split()
        field = self.fields.get(cleaned.get("varied") or "")
        if cleaned.get("varied") == TEMPERATURE:
            field = self.fields["temperature_k"]
        if words and field is None:
            self.add_error("varied", "Say which parameter the values are of.")
            return cleaned
        found = []
        for number, word in enumerate(words, start=1):
            try:
                found.append(field.clean(word))
            except forms.ValidationError as error:
                self.add_error("values", f"Value {number}, “{word[:20]}”: {' '.join(error.messages)}")
        cleaned["values"] = found
        return cleaned

    @property
    def families(self) -> list[tuple[str, list[Method]]]:
        """What methods are for, and the methods, the survey first of all: it is what people come for."""
        known = sorted(methods.methods().values(), key=lambda method: (method.name != "survey", method.title))
        offered = FAMILIES if self.user.is_staff else [family for family in FAMILIES if family != CALIBRATION]
        groups = [(family, [method for method in known if method.family == family]) for family in offered]
        return [(family, members) for family, members in groups if members]


class ReprocessForm(ParametersForm):
    """Parameters of another processing of the same captures."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, parameters=ReconstructionParameters, **kwargs)
