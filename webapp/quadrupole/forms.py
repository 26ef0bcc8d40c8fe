"""The calculator's form: everything in it stands in the address, so that a result can be bookmarked."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from django import forms

from acquisition import nuclides
from acquisition.coupling import MeasuredFrequency
from acquisition.nuclides import Nuclide, UnknownNuclide
from webapp.samples.forms import QuantityField

SPINS = ("1", "3/2", "5/2", "3", "7/2", "9/2", "6", "7")
LINES_MAX = 4
_LARGEST_MHZ = 1e5
_LINE = re.compile(r"(\d+(?:\.\d+)?)(?:\((\d+)\))?")


class CalculatorForm(forms.Form):
    """A nuclide or a spin, with either C_Q and eta, or the frequencies of lines."""

    nuclide = forms.CharField(
        required=False,
        max_length=8,
        help_text="Such as 35Cl. Gives V_zz and the isotope partners too.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    spin = forms.ChoiceField(
        required=False, choices=[("", "that of the nuclide"), *((spin, spin) for spin in SPINS)], label="or spin"
    )
    coupling_mhz = QuantityField(label="C_Q", unit="MHz", required=False, min_value=0.0, max_value=_LARGEST_MHZ)
    eta = QuantityField(label="η", unit="", required=False, min_value=0.0, max_value=1.0, help_text="0 to 1.")
    lines_mhz = forms.CharField(
        label="or lines",
        required=False,
        max_length=120,
        help_text="One to four in MHz, with the uncertainty of the last digits if known: 4.642(1) 3.604(1).",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
    )
    sigma_khz = QuantityField(
        label="Uncertainty of the lines",
        unit="kHz",
        required=False,
        min_value=1e-6,
        max_value=1e4,
        help_text="Of lines without one of their own; 1 kHz if empty.",
    )

    def clean_nuclide(self) -> Nuclide | None:
        text = self.cleaned_data["nuclide"].strip()
        if not text:
            return None
        try:
            return nuclides.nuclide(text)
        except UnknownNuclide as error:
            raise forms.ValidationError(str(error)) from None

    def clean_lines_mhz(self) -> list[tuple[float, float | None]]:
        """Frequencies in Hz with their own uncertainty, if they have one."""
        found = []
        for word in re.split(r"[\s,;]+", self.cleaned_data["lines_mhz"].strip()):
            if not word:
                continue
            match = _LINE.fullmatch(word)
            if match is None or not 0 < float(match[1]) <= _LARGEST_MHZ:
                raise forms.ValidationError(f"{word!r} is not a frequency between 0 and {_LARGEST_MHZ:g} MHz.")
            decimals = len(match[1].partition(".")[2])
            own = int(match[2]) * 10.0**-decimals * 1e6 if match[2] else None
            found.append((float(match[1]) * 1e6, own or None))
        if len(found) > LINES_MAX:
            raise forms.ValidationError(f"At most {LINES_MAX} lines of one site.")
        return found

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        if not values.get("nuclide") and not values.get("spin"):
            self.add_error("nuclide", "Give a nuclide or a spin.")
        if values.get("coupling_mhz") is not None and values.get("lines_mhz"):
            self.add_error("lines_mhz", "Give C_Q or lines, not both.")
        return values

    @property
    def spin_value(self) -> Fraction:
        """Only after is_valid()."""
        nuclide: Nuclide | None = self.cleaned_data["nuclide"]
        return nuclide.spin if nuclide is not None else Fraction(self.cleaned_data["spin"])

    @property
    def measured(self) -> list[MeasuredFrequency]:
        """The lines with their uncertainties; only after is_valid()."""
        usual_hz = (self.cleaned_data["sigma_khz"] or 1.0) * 1e3
        return [MeasuredFrequency(hz, own or usual_hz) for hz, own in self.cleaned_data["lines_mhz"]]
