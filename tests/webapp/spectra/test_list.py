"""The list of all spectra: in stretches, one version of each run, of one's own groups."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from webapp.accounts.models import User
from webapp.spectra import views
from webapp.spectra.models import Spectrum


def shown(client: Client, address: str) -> list[int]:
    page = client.get(address)
    assert page.status_code == 200
    return [one.pk for one in page.context["shown"].spectra]


def test_every_spectrum_comes_once_newest_first(
    client: Client, user: User, make_spectrum: Callable[..., Spectrum]
) -> None:
    client.force_login(user)
    made = [make_spectrum(points=4).pk for _ in range(2 * views.PER_PAGE + 3)]
    address, seen = reverse("spectra:list"), []
    while address:
        page = client.get(address)
        seen += [one.pk for one in page.context["shown"].spectra]
        older = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        address = reverse("spectra:list") + older[1] if older else ""
    assert seen == made[::-1]


def test_words_versions_and_groups(
    client: Client, user: User, stranger: User, make_spectrum: Callable[..., Spectrum]
) -> None:
    first = make_spectrum(points=4)
    second = make_spectrum(points=4, run=first.run)
    address = reverse("spectra:list")
    client.force_login(user)
    assert shown(client, address) == [second.pk]
    assert shown(client, f"{address}?q=kclo3") == [second.pk]
    for nothing in ("?q=nitrite", f"?before={first.pk}"):
        assert shown(client, address + nothing) == []
    for no_place in ("?before=x", "?before=-1", "?before=" + "9" * 40, "?before=²"):
        assert shown(client, address + no_place) == [second.pk]
    client.force_login(stranger)
    assert shown(client, address) == []
