"""The form in which users make a feed."""

from __future__ import annotations

from typing import Any

from django import forms

from webapp.accounts import access as accounts_access
from webapp.accounts.models import Group, User
from webapp.facility import access as facility_access
from webapp.facility.models import Instrument
from webapp.feeds.models import CalendarFeed

Scope = CalendarFeed.Scope


class FeedForm(forms.Form):
    """One choice among one's own bookings, each group and each instrument."""

    of = forms.ChoiceField(label="What shall it show?")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._groups = {str(row.pk): row for row in accounts_access.groups(user)}
        self._instruments = {str(row.pk): row for row in facility_access.instruments(user)}
        self.fields["of"].choices = [
            (Scope.OWN.value, "My bookings"),
            ("Bookings of a group", [(f"{Scope.GROUP}:{pk}", row.name) for pk, row in self._groups.items()]),
            ("An instrument", [(f"{Scope.INSTRUMENT}:{pk}", row.name) for pk, row in self._instruments.items()]),
        ]

    def chosen(self) -> tuple[str, Group | None, Instrument | None]:
        """Scope, group and instrument, once the form is valid."""
        scope, _colon, pk = self.cleaned_data["of"].partition(":")
        group = self._groups.get(pk) if scope == Scope.GROUP else None
        return scope, group, self._instruments.get(pk) if scope == Scope.INSTRUMENT else None
