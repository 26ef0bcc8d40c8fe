"""Forms of the facility's staff."""

from __future__ import annotations

import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from acquisition.limits import InstrumentLimits

_BAND = re.compile(r"^\s*([0-9.]+)\s*(?:-|–|to|\s)\s*([0-9.]+)\s*(?:MHz)?\s*$")


class ScaledField(forms.CharField):
    """A number typed in `unit`, cleaned to SI by decimal arithmetic: 28.1 MHz is 28100000 Hz exactly."""

    def __init__(self, *, unit: str, scale: float, **kwargs: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}), **kwargs)
        self.unit, self._scale = unit, Decimal(repr(scale))

    def prepare_value(self, value: Any) -> Any:
        return f"{(Decimal(repr(value)) / self._scale).normalize():f}" if isinstance(value, int | float) else value

    def clean(self, value: Any) -> float:
        try:
            number = float(Decimal(str(super().clean(value)).replace(" ", "")) * self._scale)
        except (InvalidOperation, OverflowError):
            raise forms.ValidationError(f"{self.label} must be a number, with a point for decimals.") from None
        if not math.isfinite(number):
            raise forms.ValidationError(f"{self.label} must be a finite number.")
        return number


class BandsField(forms.CharField):
    """Bands in MHz, one a line; cleaned to pairs in Hz."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "placeholder": "26.965 – 27.405"})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return "\n".join(f"{low / 1e6:.10g} – {high / 1e6:.10g}" for low, high in value)
        return value

    def clean(self, value: Any) -> list[list[float]]:
        found = []
        for number, line in enumerate(str(super().clean(value) or "").splitlines(), start=1):
            if not line.strip():
                continue
            pair = _BAND.match(line.replace(",", "."))
            try:
                low, high = (round(float(text) * 1e6, 3) for text in pair.groups()) if pair else (1.0, 0.0)
            except ValueError:
                low, high = 1.0, 0.0
            if low >= high:
                raise forms.ValidationError(f"Line {number}: give the lowest and the highest frequency in MHz.")
            found.append([low, high])
        return found


class LimitsForm(forms.Form):
    """What an instrument may send; quantities in the units that people use, cleaned to SI."""

    frequency_min_hz = ScaledField(label="Lowest frequency", unit="MHz", scale=1e6)
    frequency_max_hz = ScaledField(label="Highest frequency", unit="MHz", scale=1e6)
    forbidden_bands_hz = BandsField(
        label="Forbidden bands", required=False, help_text="In MHz, one band a line. No pulse may reach into them."
    )
    forbidden_share_max = ScaledField(
        label="Energy in a forbidden band", unit="%", scale=0.01,
        help_text="At most so much of a pulse; it must be 20 dB below its strongest there as well.",
    )  # fmt: skip
    peak_amplitude = ScaledField(
        label="Peak amplitude", unit="%", scale=0.01, help_text="Of full scale; power goes with its square."
    )
    full_scale_power_w = ScaledField(
        label="Power at full scale", unit="W", scale=1.0, help_text="As measured behind the amplifier; 0 if unknown."
    )
    average_power_max = ScaledField(
        label="Average power",
        unit="%",
        scale=0.01,
        help_text="Of full scale, over every window, all runs.",
    )
    average_power_window_s = ScaledField(label="Window of the average", unit="s", scale=1.0)
    duty_max = ScaledField(label="Duty cycle", unit="%", scale=0.01)
    pulse_length_max_s = ScaledField(label="Longest pulse", unit="ms", scale=1e-3)
    repetition_time_min_s = ScaledField(label="Shortest repetition time", unit="ms", scale=1e-3)
    run_duration_max_s = ScaledField(label="Longest run", unit="h", scale=3600.0)
    note = forms.CharField(
        label="Why", required=False, max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    confirmed = forms.BooleanField(
        label="More may be sent than before, and that is meant", required=False,
        help_text="Only needed where a limit becomes looser.",
    )  # fmt: skip

    @property
    def values(self) -> dict[str, Any]:
        """The limits in SI; only after is_valid()."""
        return {name: self.cleaned_data[name] for name in self.limit_names}

    @property
    def limit_names(self) -> list[str]:
        return [name for name in self.fields if name not in ("note", "confirmed")]

    @staticmethod
    def initial_of(limits: InstrumentLimits) -> dict[str, Any]:
        """The fields filled in with what counts now."""
        return vars(limits)


class ReleaseForm(forms.Form):
    """Let a stopped instrument be used again."""

    note = forms.CharField(
        label="What was found, and why it may transmit again",
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
