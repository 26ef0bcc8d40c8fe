"""The search form: everything in it stands in the address, so that a search can be kept and sent."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.db.models import QuerySet

from acquisition.errors import InvalidParameters
from webapp.accounts.access import active_groups, groups
from webapp.accounts.models import Group, User
from webapp.home.forms import show_errors
from webapp.library.services.wanted import PEAKS_MAX, Wanted, check
from webapp.samples.forms import QuantityField

_UNITS_HZ = {"": 1e6, "mhz": 1e6, "khz": 1e3, "hz": 1.0, "ghz": 1e9}
_PEAK = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(?:\s*([kmg]?hz))?", re.IGNORECASE)


class PeaksField(forms.CharField):
    """Frequencies in MHz, or with their unit; a tuple in Hz."""

    def to_python(self, value: Any) -> tuple[float, ...]:
        text = super().to_python(value)
        found: list[float] = []
        rest = text.strip()
        while rest:
            match = _PEAK.match(rest)
            end = match.end() if match else 0
            if match is None or (rest[end:] and not re.match(r"[\s,;]", rest[end:])):
                raise forms.ValidationError(
                    "%(word)s is no frequency: give them in MHz, or with their unit, such as 28.0846 3604 kHz.",
                    params={"word": repr(rest.split()[0][:30])},
                )
            found.append(float(match[1]) * _UNITS_HZ[(match[2] or "").lower()])
            rest = rest[end:].lstrip(" \t\r\n,;")
        if len(found) > PEAKS_MAX:
            raise forms.ValidationError(f"At most {PEAKS_MAX} peaks.")
        return tuple(found)


def _text(**attributes: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attributes})


class SearchForm(forms.Form):
    """Fields as people think of them, in MHz and kHz; `wanted` is the search in SI."""

    peaks = PeaksField(
        required=False,
        max_length=600,
        label="Lines",
        help_text="Up to 20, in MHz or with their unit: 4.642 3.604 1038 kHz.",
        widget=_text(inputmode="text"),
    )
    tolerance_khz = QuantityField(
        label="Tolerance", unit="kHz", required=False, help_text="Each line may be off by so much; 2 if empty."
    )
    text = forms.CharField(
        required=False, max_length=200, label="Words", help_text="In names, formulas, titles, notes."
    )
    nuclide = forms.CharField(required=False, max_length=20, help_text="Such as 35Cl.", widget=_text())
    elements = forms.CharField(
        required=False, max_length=100, help_text="All of them are in the formula: Cl K.", widget=_text()
    )
    temperature_k = QuantityField(label="Temperature", unit="K", required=False)
    temperature_tolerance_k = QuantityField(label="±", unit="K", required=False, help_text="10 if empty.")
    cq_min_mhz = QuantityField(label="C_Q from", unit="MHz", required=False)
    cq_max_mhz = QuantityField(label="C_Q to", unit="MHz", required=False)
    eta_min = QuantityField(label="η from", unit="", required=False)
    eta_max = QuantityField(label="η to", unit="", required=False)
    group = forms.ModelChoiceField(
        queryset=Group.objects.none(), required=False, to_field_name="slug", empty_label="every group of mine"
    )
    since = forms.DateField(required=False, label="Measured from", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="Measured to", widget=forms.DateInput(attrs={"type": "date"}))

    #: shown at once; the others are in a part that unfolds
    FIRST = ("peaks", "tolerance_khz", "nuclide", "elements", "text")

    #: names of the service's fields that differ from the form's, with one service unit in form units
    _NAMES = {
        "peaks_hz": "peaks",
        "tolerance_hz": "tolerance_khz",
        "cq_min_hz": "cq_min_mhz",
        "cq_max_hz": "cq_max_mhz",
    }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = groups(user)
        self.wanted: Wanted | None = None

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FIRST]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.FIRST]

    @property
    def more_is_used(self) -> bool:
        """Whether something in the part that unfolds is filled in or wrong."""
        return any(field.errors or self.data.get(field.html_name) for field in self.more_fields)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        scales = {"tolerance_khz": 1e3, "cq_min_mhz": 1e6, "cq_max_mhz": 1e6}
        plain = {name: values.get(name) for name in values if name not in {*scales, "peaks", "group"}}
        for own, form_name in self._NAMES.items():
            value = values.get(form_name)
            plain[own] = value * scales[form_name] if form_name in scales and value is not None else value
        plain["group"] = values["group"].slug if values.get("group") else ""
        try:
            self.wanted = check(plain)
        except InvalidParameters as error:
            renamed = [type(one)(self._form_name(one.field), one.message) for one in error.errors]
            show_errors(self, InvalidParameters(renamed))
        return values

    def _form_name(self, field: str) -> str:
        name, bracket, place = field.partition("[")
        return self._NAMES.get(name, name) + bracket + place


class UploadForm(forms.Form):
    """A group's own reference lines as a CSV table."""

    group = forms.ModelChoiceField(queryset=Group.objects.none(), help_text="Its members can search for them.")
    file = forms.FileField(
        label="Table", help_text="CSV with the columns compound and frequency_hz at least.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own: QuerySet[Group] = active_groups(user)
        self.fields["group"].queryset = own
        self.fields["group"].empty_label = None if len(own) == 1 else "Choose a group"
