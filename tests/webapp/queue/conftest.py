"""Rows for the queue's tests: an instrument, a user of a group with a sample, and runs in the queue."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from webapp.accounts.models import Group, Membership, User
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.samples.models import Sample


@pytest.fixture(autouse=True)
def hints_sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[object], str]]:
    """Hints go nowhere in these tests (rows decide, not messages), but which were sent is kept."""
    sent: list[tuple[str, list[object], str]] = []
    monkeypatch.setattr("webapp.runs.queue.hints._send", lambda task, args, queue: sent.append((task, args, queue)))
    return sent


@pytest.fixture
def instrument(db: None) -> Instrument:
    return Instrument.objects.create(slug="probe", name="Probe", uri="ip:127.0.0.1:1")


@pytest.fixture
def make_run(instrument: Instrument) -> Callable[..., Run]:
    user = User.objects.create(username="ada")
    group = Group.objects.create(name="Salts", slug="salts")
    Membership.objects.create(group=group, user=user)
    sample = Sample.objects.create(name="KClO3", group=group, created_by=user)

    def make(state: str = Run.State.QUEUED, **fields: object) -> Run:
        return Run.objects.create(
            instrument=instrument,
            sample=sample,
            group=group,
            submitted_by=user,
            method="survey",
            parameters={},
            state=state,
            **fields,
        )

    return make
