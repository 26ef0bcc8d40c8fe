"""An instrument whose settings make no sense breaks no page; runs on it are refused with the reason."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from webapp.accounts.models import User
from webapp.facility.models import Instrument


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"converter": {"side": "sideways", "lo_hz": 4e8}}, "converter.side"),
        ({"limits": {"frequency_min_hz": 3e8, "frequency_max_hz": 1e6}}, "frequency"),
        ({"limits": {"no_such_limit": 1}}, "no_such_limit"),
    ],
)
def test_impossible_settings_are_shown_where_they_would_be_used(
    user: User, instrument: Instrument, changes: dict[str, object], named: str
) -> None:
    Instrument.objects.filter(pk=instrument.pk).update(**changes)
    client = Client()
    client.force_login(user)
    page = client.get(reverse("facility:detail", args=[instrument.slug]))
    assert page.status_code == 200
    assert "settings are impossible" in page.content.decode()
    assert named in page.content.decode()
    assert client.get(reverse("facility:list")).status_code == 200
    assert client.get(reverse("runs:create")).status_code == 200
