"""Forms of the accounts, for staff."""

from __future__ import annotations

from django import forms

from webapp.usage.models import GroupTariff, Rate, UsageCorrection
from webapp.usage.services.closing import NOTE_MAX


class LedgerForm(forms.ModelForm):
    """Fields of a row that is written once; webapp.usage.services judges it."""

    def _post_clean(self) -> None:
        """The service's business."""


class CorrectionForm(LedgerForm):
    class Meta:
        model = UsageCorrection
        fields = ["group", "instrument", "user", "day", "kind", "value", "reason"]
        widgets = {"day": forms.DateInput(attrs={"type": "date"})}


class RateForm(LedgerForm):
    class Meta:
        model = Rate
        fields = [
            "instrument", "tariff", "valid_from", "rule", "booked_hour", "used_hour", "transmitting_hour", "currency",
        ]  # fmt: skip
        labels = {"tariff": "Class of groups", "valid_from": "From"}
        widgets = {"valid_from": forms.DateInput(attrs={"type": "date"})}


class TariffForm(LedgerForm):
    class Meta:
        model = GroupTariff
        fields = ["group", "tariff", "valid_from"]
        labels = {"tariff": "Class", "valid_from": "From"}
        widgets = {"valid_from": forms.DateInput(attrs={"type": "date"})}


class ClosingForm(forms.Form):
    note = forms.CharField(max_length=NOTE_MAX, required=False, label="Note", help_text="Such as the bills' numbers.")


class ReversalForm(forms.Form):
    reason = forms.CharField(max_length=300, label="Why it is taken back")
