"""The form in which users choose what they are told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms

from webapp.accounts.models import User
from webapp.notifications import preferences
from webapp.notifications.kinds import Channel, Kind

LEADS = (
    (10, "10 minutes"), (30, "30 minutes"), (60, "1 hour"), (120, "2 hours"), (720, "12 hours"), (1440, "1 day"),
    (2880, "2 days"), (10080, "7 days"),
)  # fmt: skip


class PreferencesForm(forms.Form):
    """A channel for every kind that concerns the user, and how long before a booking its reminder comes."""

    lead_minutes = forms.TypedChoiceField(label="Reminder before a booking begins", coerce=int)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        lead = preferences.lead_minutes(user)
        # One that was set through another door stays possible.
        choices = LEADS if lead in dict(LEADS) else (*LEADS, (lead, f"{lead} minutes"))
        self.fields["lead_minutes"].choices = choices
        self.fields["lead_minutes"].initial = lead
        for kind, channel in preferences.of_user(user).items():
            self.fields[kind.value] = forms.ChoiceField(label=kind.label, choices=Channel.choices, initial=channel)

    def sections(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """Headings with the fields below them."""
        for section in preferences.sections(self._user):
            yield section.heading, [self[kind.value] for kind in section.kinds]

    def chosen(self) -> dict[Kind, Channel]:
        """What was chosen, once the form is valid."""
        return {kind: Channel(self.cleaned_data[kind.value]) for kind in preferences.of_user(self._user)}
