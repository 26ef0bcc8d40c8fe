"""Form fields made from described parameters: people type in the display unit, services get SI.

Ranges are not checked here: `acquisition.methods.parameters.parse` and the planner do that, once for page and API.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, Overflow
from typing import Any

from django import forms

from acquisition.methods.parameters import LARGEST, ParameterInfo, format_quantity


class ParameterField(forms.CharField):
    """A number typed in the parameter's display unit; cleans to a float or int in the parameter's own unit, or None."""

    def __init__(self, info: ParameterInfo) -> None:
        self.info = info
        self.unit = info.display_unit
        super().__init__(
            label=info.label,
            required=info.required,
            help_text=_help(info),
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "spellcheck": "false"}),
            error_messages={"required": f"{info.label} is required."},
        )

    def prepare_value(self, value: Any) -> Any:
        """A value in SI becomes the number people type; what they typed stays as it is."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        number = Decimal(repr(value)) / Decimal(repr(self.info.display_scale))
        return f"{number.normalize():f}"

    def clean(self, value: Any) -> float | int | None:
        text = str(super().clean(value)).replace("\u2212", "-").replace("\u202f", "").replace(" ", "")
        if not text:
            return None
        try:
            # Decimal arithmetic, so that 28.1 MHz is 28100000 Hz exactly.
            scaled = Decimal(text) * Decimal(repr(self.info.display_scale))
        except InvalidOperation:
            hint = " Use a point, not a comma." if "," in text else ""
            raise forms.ValidationError(f"{self.info.label} must be a number.{hint}") from None
        except Overflow:
            largest = format_quantity(LARGEST, self.info)
            raise forms.ValidationError(f"{self.info.label} must be at most {largest}.") from None
        if not math.isfinite(scaled):
            raise forms.ValidationError(f"{self.info.label} must be a finite number.")
        if self.info.type is int and scaled == scaled.to_integral_value() and abs(scaled) < Decimal(10) ** 18:
            return int(scaled)
        return float(scaled)


def fields(infos: Iterable[ParameterInfo]) -> dict[str, forms.Field]:
    """A form field for every parameter, with its default as initial value."""
    made: dict[str, forms.Field] = {}
    for info in infos:
        field: forms.Field
        if info.type is bool:
            field = forms.BooleanField(label=info.label, required=False, help_text=info.help)
        elif info.choices:
            field = forms.ChoiceField(
                label=info.label, choices=[(c, c) for c in info.choices], required=info.required, help_text=info.help
            )
        elif info.type is str:
            field = forms.CharField(label=info.label, required=info.required, help_text=info.help)
        else:
            field = ParameterField(info)
        if info.default is not dataclasses.MISSING:
            field.initial = info.default
        made[info.name] = field
    return made


def values(infos: Iterable[ParameterInfo], cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a cleaned form, as services take them; what was left empty keeps its default."""
    return {info.name: cleaned[info.name] for info in infos if cleaned.get(info.name) not in (None, "")}


def from_query(infos: Iterable[ParameterInfo], given: Mapping[str, str]) -> dict[str, Any]:
    """Parameters named in an address, in SI; what is no number is shown in the form as it was written, to be found."""
    found: dict[str, Any] = {}
    for info in infos:
        if info.name not in given:
            continue
        text = given[info.name]
        if info.type is bool:
            found[info.name] = text.lower() in ("1", "true", "yes", "on")
            continue
        try:
            number = float(text) if info.type in (int, float) else math.nan
        except ValueError:
            number = math.nan
        found[info.name] = number if math.isfinite(number) else text
    return found


@dataclass(frozen=True)
class NamedValue:
    """A parameter as people read it."""

    label: str
    text: str
    advanced: bool


def named(infos: Iterable[ParameterInfo], given: Mapping[str, Any]) -> list[NamedValue]:
    """Parameters as label and quantity, for showing; one that is not described keeps its name."""
    known = {info.name: info for info in infos}
    return [
        NamedValue(
            known[name].label if name in known else name,
            _shown(known.get(name), value),
            known[name].advanced if name in known else True,
        )
        for name, value in given.items()
    ]


def _shown(info: ParameterInfo | None, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if info is None or not isinstance(value, int | float):
        return str(value)
    return format_quantity(value, info)


def _help(info: ParameterInfo) -> str:
    """The parameter's help with its limits, as far as people can read them at a glance.

    Limits that need a power of ten, and lower limits of quantities ("above 0", in effect), would only be clutter.
    """
    low = "" if info.minimum is None else format_quantity(info.minimum, info)
    high = "" if info.maximum is None else format_quantity(info.maximum, info)
    low, high = ("" if "e" in text.split(" ")[0] else text for text in (low, high))
    if low and high:
        span = f"{low} to {high}."
    elif low or high:
        span = f"At most {high}." if high else f"At least {low}." if info.type is int else ""
    else:
        span = ""
    return " ".join(part for part in (info.help, span) if part)
