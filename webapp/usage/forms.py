"""Forms of the accounts, for staff."""

from __future__ import annotations

from django import forms

from webapp.usage.models import UsageCorrection


class CorrectionForm(forms.ModelForm):
    """A correction; webapp.usage.services judges it."""

    class Meta:
        model = UsageCorrection
        fields = ["group", "instrument", "user", "day", "kind", "value", "reason"]
        widgets = {"day": forms.DateInput(attrs={"type": "date"})}

    def _post_clean(self) -> None:
        """The service's business."""


class ReversalForm(forms.Form):
    reason = forms.CharField(max_length=300, label="Why it is taken back")
