"""Bookings at a known time (see tests/webapp/facility), and feeds as another program reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import vobject
from django.test import Client

from tests.webapp.facility.conftest import book, clock, rule
from webapp.accounts.models import User
from webapp.feeds import services

__all__ = ["book", "clock", "rule"]


@pytest.fixture(autouse=True)
def _same_clock(clock: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.feeds.views.timezone.now", clock)


def make(user: User, scope: str = "own", **fields: Any) -> str:
    """A new feed of the user; its address."""
    return f"/calendars/{services.create(user, scope, **fields).secret}.ics"


def events(address: str) -> dict[str, Any]:
    """What vobject, which shares nothing with the writer, reads there: components by UID."""
    answer = Client().get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    parsed = vobject.readOne(answer.content.decode())
    assert parsed.version.value == "2.0"
    return {event.uid.value: event for event in parsed.contents.get("vevent", [])}
