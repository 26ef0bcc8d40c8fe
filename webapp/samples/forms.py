"""The form of a sample."""

from __future__ import annotations

from typing import Any

from django import forms

from webapp.accounts.access import active_groups
from webapp.accounts.models import User
from webapp.samples.models import Sample


class QuantityField(forms.FloatField):
    """A number with its unit shown beside it."""

    def __init__(self, *, unit: str, **kwargs: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}), **kwargs)
        self.unit = unit

    def prepare_value(self, value: Any) -> Any:
        """295.0 is shown as 295; what was typed stays as it is."""
        return f"{value:.10g}" if isinstance(value, float) else value


class SampleForm(forms.ModelForm):
    """Everything that people tell about a sample; its nuclides are found from the formula."""

    mass_g = QuantityField(label="Mass", unit="g", required=False)
    temperature_k = QuantityField(
        label="Temperature",
        unit="K",
        required=False,
        help_text="At which it is measured, unless a run says otherwise.",
    )

    class Meta:
        model = Sample
        fields = ("name", "formula", "group", "mass_g", "temperature_k", "notes")
        help_texts = {
            "formula": "Such as KClO3, CuSO4·5H2O or (NH4)2SO4. The nuclides that can show a line are found from it.",
            "group": "Its members and the facility's staff can see the sample.",
        }
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "off"}),
            "formula": forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            "notes": forms.Textarea(attrs={"rows": 5}),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            del self.fields["group"]  # a sample stays with its group
            return
        own = active_groups(user)
        self.fields["group"].queryset = own
        self.fields["group"].empty_label = None if len(own) == 1 else "Choose a group"
