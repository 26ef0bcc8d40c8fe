"""Keeping a lease while a run is measured: long computations keep it, silence and another owner end it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tasks.watch import StopReason, Watch
from webapp.accounts.models import Group, User
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.runs.queue.claim import claim_next
from webapp.runs.queue.expiry import expire_leases
from webapp.runs.queue.ownership import Claim, LeaseLost
from webapp.samples.models import Sample

LEASE_S = 0.6

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def claim(settings: Any) -> Claim:
    settings.RASGADO_LEASE_S = LEASE_S
    settings.RASGADO_SWEEP_S = 0.0
    user = User.objects.create(username="ada")
    group = Group.objects.create(name="Salts", slug="salts")
    Run.objects.create(
        instrument=Instrument.objects.create(slug="probe", name="Probe", uri="ip:127.0.0.1:1"),
        sample=Sample.objects.create(name="KClO3", group=group, created_by=user),
        group=group, submitted_by=user, method="survey", parameters={}, state=Run.State.QUEUED,
    )  # fmt: skip
    claimed = claim_next("probe", "w")
    assert claimed is not None
    return claimed


def outlast_the_lease() -> None:
    threading.Event().wait(1.5 * LEASE_S)


def test_work_longer_than_the_lease_keeps_it(claim: Claim) -> None:
    watch = Watch(claim)
    with watch.busy_elsewhere():
        outlast_the_lease()
        assert expire_leases() == 0
    assert not watch.should_stop()


def test_silence_longer_than_the_lease_counts_as_lost_without_asking(claim: Claim) -> None:
    watch = Watch(claim)
    outlast_the_lease()
    assert watch.should_stop()
    assert watch.reason is StopReason.LEASE_LOST


def test_a_run_taken_away_during_work_is_noticed(claim: Claim) -> None:
    watch = Watch(claim)
    with pytest.raises(LeaseLost), watch.busy_elsewhere():
        Run.objects.update(fence=claim.fence + 1)


def test_cancellation_is_seen(claim: Claim) -> None:
    watch = Watch(claim)
    Run.objects.update(cancel_requested=True)
    threading.Event().wait(0.35)  # it looks at most every 0.3 s
    assert watch.should_stop()
    assert watch.reason is StopReason.CANCEL
