"""Accounts of March 2027 in UTC, looked at on 20 April."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from webapp.accounts.models import Group, Membership, User
from webapp.facility.models import Booking, Instrument
from webapp.runs.models import CaptureRecord, Run

NOW = datetime.datetime(2027, 4, 20, tzinfo=datetime.UTC)


def at(day: int, hour: float, month: int = 3) -> datetime.datetime:
    """A moment of 2027 in UTC."""
    return datetime.datetime(2027, month, day, tzinfo=datetime.UTC) + datetime.timedelta(hours=hour)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def leader(group: Group) -> User:
    user = User.objects.create_user("lena")
    Membership.objects.create(user=user, group=group, role=Membership.Role.LEADER)
    return user


@pytest.fixture
def old_instrument(instrument: Instrument) -> Instrument:
    """Alpha, which is as old as the hills."""
    Instrument.objects.update(created_at=at(1, 0, month=1))
    return instrument


@pytest.fixture
def booked(old_instrument: Instrument, user: User, group: Group) -> Callable[..., Booking]:
    """Makes a booking row, past the rules of booking."""

    def make(start: datetime.datetime, end: datetime.datetime, **fields: Any) -> Booking:
        facts = {"instrument": old_instrument, "group": group, "user": user, "created_by": user}
        facts |= {"starts_at": start, "ends_at": end} | fields
        return Booking.objects.create(**facts)

    return make


@pytest.fixture
def used(old_instrument: Instrument, make_run: Callable[..., Run]) -> Callable[..., Run]:
    """Makes a run that had the instrument, with one capture that transmitted for `transmit_s`."""

    def make(
        start: datetime.datetime, end: datetime.datetime | None, transmit_s: float | None = 0.0, **fields: Any
    ) -> Run:
        facts = {"claimed_at": start, "acquiring_at": start, "acquired_at": end, "state": Run.State.DONE} | fields
        run = make_run(**facts)
        CaptureRecord.objects.create(
            run=run, index=0, name=f"run-{run.pk}", sha256="0" * 64, size_bytes=1, method="survey", averages=2,
            centre_frequency_hz=28e6, sample_rate_hz=1e6, alignment="exact", transmit_s=transmit_s,
        )  # fmt: skip
        return run

    return make
