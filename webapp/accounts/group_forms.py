"""Forms of groups."""

from __future__ import annotations

from django import forms

from webapp.accounts.models import Membership


def _username(label: str) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )


class GroupForm(forms.Form):
    """Staff: a new group with its first leader."""

    name = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    leader = _username("User name of its leader")


class RenameForm(forms.Form):
    """Another name for a group; its address stays."""

    name = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class MemberForm(forms.Form):
    """Somebody to take into a group."""

    user = _username("User name")
    role = forms.ChoiceField(choices=Membership.Role.choices, initial=Membership.Role.MEMBER)
