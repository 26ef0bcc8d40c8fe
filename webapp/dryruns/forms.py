"""The guess that goes with a dry run, as people type it beside the form of a run."""

from __future__ import annotations

from typing import Any

from django import forms

from acquisition.methods.parameters import describe
from acquisition.planning.guess import LINES_MAX, GuessedLine
from webapp.home.parameter_fields import ParameterField

_INFOS = {info.name: info for info in describe(GuessedLine)}


class GuessForm(forms.Form):
    """Lines at some frequencies that share everything else. Without a frequency the sample's confirmed lines count."""

    guess_frequencies = forms.CharField(
        label="Lines thought to lie at",
        required=False,
        max_length=400,
        help_text="One or more frequencies with spaces between. Empty: the lines confirmed in the sample.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "decimal"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["guess_frequencies"].unit = "MHz"  # type: ignore[attr-defined]
        for name in ("amplitude_over_noise", "t1_s", "t2_star_s"):
            self.fields[f"guess_{name}"] = field = ParameterField(_INFOS[name])
            field.initial = _INFOS[name].default
            field.required = False
        self.fields["guess_amplitude_over_noise"].label = "Amplitude over noise, strongest line"

    @property
    def is_open(self) -> bool:
        """Whether the fields are worth showing: something is filled in, or wrong."""
        return self.is_bound and (bool(self.errors) or bool(self.data.get("guess_frequencies")))

    def clean_guess_frequencies(self) -> list[float]:
        words = self.cleaned_data["guess_frequencies"].replace(";", " ").split()
        if len(words) > LINES_MAX:
            raise forms.ValidationError(f"At most {LINES_MAX} lines.")
        field = ParameterField(_INFOS["frequency_hz"])
        found = []
        for word in words:
            try:
                found.append(float(field.clean(word) or 0.0))
            except forms.ValidationError as error:
                raise forms.ValidationError(f"“{word[:20]}”: {' '.join(error.messages)}") from None
        return found

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The guessed lines in SI, as services take them; only after is_valid()."""
        shared = {
            name: value
            for name in ("amplitude_over_noise", "t1_s", "t2_star_s")
            if (value := self.cleaned_data[f"guess_{name}"]) is not None
        }
        return [{"frequency_hz": frequency, **shared} for frequency in self.cleaned_data["guess_frequencies"]]

    @property
    def strongest(self) -> float | None:
        """Amplitude of the strongest line where the sample's own lines are taken; only after is_valid()."""
        value = self.cleaned_data["guess_amplitude_over_noise"]
        return None if value is None else float(value)

    def place(self, field: str) -> str | None:
        """The field of this form that the service's `field` is about, None for what is not a part of the guess."""
        name = field.rpartition(".")[2]
        if field.startswith("lines") or field == "strongest":
            name = {"frequency_hz": "frequencies", "lines": "frequencies", "strongest": "amplitude_over_noise"}.get(
                name, name
            )
            return f"guess_{name}" if f"guess_{name}" in self.fields else "guess_frequencies"
        return None
