"""Indexed spectra and the literature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from webapp.accounts.models import User
from webapp.library.services import compounds, index
from webapp.spectra.models import Spectrum


@pytest.fixture
def literature(db: None) -> None:
    """The literature library, also after a test that emptied every table."""
    compounds.load_literature()


@pytest.fixture
def make_indexed(make_spectrum: Callable[..., Spectrum]) -> Callable[..., Spectrum]:
    """Makes a finished spectrum with these confirmed lines and indexes it, as processing does."""

    def make(*lines_hz: float, **fields: Any) -> Spectrum:
        spectrum = make_spectrum(lines_hz, points=8, **fields)
        index.index(spectrum.pk)
        return spectrum

    return make


@pytest.fixture
def visitor(client: Client, user: User) -> Client:
    client.force_login(user)
    return client
