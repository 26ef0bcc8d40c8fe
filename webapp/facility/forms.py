"""Forms of the facility's staff."""

from __future__ import annotations

from django import forms


class HoldForm(forms.Form):
    """Stop new runs from starting, and say why."""

    reason = forms.CharField(
        label="Reason",
        max_length=300,
        widget=forms.TextInput(attrs={"placeholder": "e.g. probe is being tuned", "autocomplete": "off"}),
        help_text="Everybody sees it. A run that has started is not stopped by this.",
    )
