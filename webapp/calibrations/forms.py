"""Forms of the facility's staff."""

from __future__ import annotations

from django import forms

from acquisition.calibration.quantities import QUANTITIES


class WithdrawForm(forms.Form):
    """Why a value does not count any more."""

    reason = forms.CharField(label="Reason", required=False, max_length=300)


class ValidityForm(forms.Form):
    """For how long a quantity counts."""

    quantity = forms.ChoiceField(choices=[(name, kind.title) for name, kind in QUANTITIES.items()])
    days = forms.FloatField(label="Days", required=False)
