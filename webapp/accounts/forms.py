"""Forms of the user's own settings."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms

from webapp.accounts.models import User


class SettingsForm(forms.ModelForm):
    """Name, address and time zone."""

    time_zone = forms.ChoiceField(
        label="Time zone", help_text="Times on the pages are shown in this zone; the API always uses UTC."
    )

    class Meta:
        model = User
        fields = ("first_name", "last_name", "email", "time_zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone or zone == "UTC")
        self.fields["time_zone"].choices = [(zone, zone.replace("_", " ")) for zone in zones]


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(
        label="What is it for?",
        max_length=80,
        widget=forms.TextInput(attrs={"placeholder": "e.g. laptop", "autocomplete": "off"}),
    )
    lifetime_days = forms.TypedChoiceField(
        label="Valid for",
        choices=((30, "30 days"), (90, "90 days"), (365, "1 year"), (1095, "3 years")),
        initial=90,
        coerce=int,
    )
