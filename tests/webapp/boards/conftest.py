"""Bookings at a known time (see tests/webapp/facility), which the pages see too."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.webapp.facility.conftest import Clock, book, clock, rule
from webapp.accounts.models import User

__all__ = ["book", "clock", "rule"]


@pytest.fixture(autouse=True)
def _same_clock(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", clock)


def page(user: User | None, address: str) -> str:
    """The page as the user sees it."""
    client = Client()
    if user is not None:
        client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()
