"""Bookings at a known time: Monday, 1 March 2027, 08:00 UTC."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from webapp.accounts.models import Group, User
from webapp.facility.bookings import service
from webapp.facility.models import Booking, BookingRules, Instrument

NOW = datetime.datetime(2027, 3, 1, 8, tzinfo=datetime.UTC)


def at(hours: float, days: float = 0) -> datetime.datetime:
    """A moment so long after NOW."""
    return NOW + datetime.timedelta(days=days, hours=hours)


class Clock:
    """The time by which bookings are decided; tests set it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime.datetime:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("webapp.facility.bookings.locking.clock", made)
    monkeypatch.setattr("webapp.runs.queue.hints._send", lambda *_arguments: None)
    return made


@pytest.fixture
def book(user: User, group: Group, instrument: Instrument) -> Callable[..., Booking]:
    """Books `instrument` for ada from `start` to `end`, hours after NOW, through the service."""

    def make(start: float = 1, end: float = 2, **fields: Any) -> Booking:
        facts: dict[str, Any] = {"actor": user, "instrument": instrument, "group": group}
        facts |= {"starts_at": at(start), "ends_at": at(end)} | fields
        return service.book(facts.pop("actor"), **facts).booking

    return make


@pytest.fixture
def rule(instrument: Instrument) -> Callable[..., BookingRules]:
    """Sets rules of the instrument for all groups."""

    def make(**values: Any) -> BookingRules:
        row, _made = BookingRules.objects.update_or_create(
            instrument=values.pop("instrument", instrument), group=values.pop("group", None), defaults=values
        )
        return row

    return make
