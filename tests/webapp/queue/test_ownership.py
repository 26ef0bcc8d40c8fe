"""Fences and leases: whoever has lost a run cannot write to it, whatever it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from webapp.facility.models import Instrument
from webapp.runs.models import CaptureRecord, Run
from webapp.runs.queue import ownership
from webapp.runs.queue.claim import claim_next
from webapp.runs.queue.expiry import expire_leases
from webapp.runs.queue.ownership import Claim, LeaseLost
from webapp.spectra.models import Spectrum


def _claim() -> Claim:
    claim = claim_next("probe", "w")
    assert claim is not None
    return claim


def _let_lease_end() -> None:
    Run.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def _add_capture(run: Run) -> None:
    CaptureRecord.objects.create(
        run=run, index=0, name="c", sha256="0" * 64, size_bytes=1, method="survey",
        centre_frequency_hz=28e6, sample_rate_hz=1e7, averages=2, alignment="tdd",
    )  # fmt: skip


def test_renewal_moves_the_lease_and_reports_cancellation(make_run: Callable[..., Run]) -> None:
    run = make_run()
    claim = _claim()
    _let_lease_end()
    assert not ownership.renew(claim).cancel
    run.refresh_from_db()
    assert run.lease_expires_at > timezone.now()
    Run.objects.update(cancel_requested=True)
    assert ownership.renew(claim) == ownership.Wishes(cancel=True, pause=False, stop=False)


def test_an_ended_lease_interrupts_the_run_and_asks_for_a_check(
    make_run: Callable[..., Run], instrument: Instrument, hints_sent: list[object],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:  # fmt: skip
    run = make_run()
    claim = _claim()
    ownership.start_acquiring(claim, {})
    _add_capture(run)
    _let_lease_end()
    with django_capture_on_commit_callbacks(execute=True):
        assert expire_leases() == 1
    run.refresh_from_db()
    instrument.refresh_from_db()
    assert (run.state, run.error_code) == ("interrupted", "worker_lost")
    assert instrument.status == "needs_check"
    assert instrument.fence == claim.fence + 1
    assert ("tasks.instrument.look", ["probe"], "instrument.probe") in hints_sent
    # what was measured is processed, and nothing runs again by itself
    assert Spectrum.objects.get(run=run).version == 1
    assert not Run.objects.filter(state="queued").exists()
    assert expire_leases() == 0


def test_a_live_lease_is_left_alone(make_run: Callable[..., Run]) -> None:
    run = make_run()
    _claim()
    assert expire_leases() == 0
    run.refresh_from_db()
    assert run.state == "claimed"


def test_a_lower_fence_owns_nothing_even_while_the_run_is_active(make_run: Callable[..., Run]) -> None:
    make_run()
    claim = _claim()
    with pytest.raises(LeaseLost):
        ownership.renew(replace(claim, fence=claim.fence - 1))
    assert not ownership.renew(claim).cancel


@pytest.mark.parametrize(
    "write",
    [
        lambda claim: ownership.renew(claim),
        lambda claim: ownership.start_acquiring(claim, {}),
        lambda claim: ownership.report(claim, {"step": "survey"}),
        lambda claim: ownership.finish(claim, Run.State.PROCESSING),
        lambda claim: ownership.finish(claim, Run.State.CANCELLED),
    ],
)
def test_every_write_of_a_former_owner_is_refused(
    make_run: Callable[..., Run], instrument: Instrument, write: Callable[[Claim], object]
) -> None:
    run = make_run()
    old = _claim()
    _let_lease_end()
    expire_leases()
    before = Run.objects.values().get(pk=run.pk)
    events_before = run.events.count()
    with pytest.raises(LeaseLost):
        write(old)
    assert Run.objects.values().get(pk=run.pk) == before
    assert run.events.count() == events_before
    instrument.refresh_from_db()
    assert instrument.status == "needs_check"


def test_a_former_owner_does_not_release_an_instrument_claimed_since(
    make_run: Callable[..., Run], instrument: Instrument
) -> None:
    make_run()
    old = _claim()
    _let_lease_end()
    expire_leases()
    Instrument.objects.update(status="ready")
    make_run()
    _claim()
    ownership.release_instrument(instrument.pk, old.fence, "ready", "")
    instrument.refresh_from_db()
    assert instrument.status == "busy"


def test_finish_releases_the_instrument_and_queues_processing(
    make_run: Callable[..., Run], instrument: Instrument
) -> None:
    run = make_run()
    claim = _claim()
    ownership.start_acquiring(claim, {"model": "x"})
    _add_capture(run)
    ownership.finish(claim, Run.State.PROCESSING)
    run.refresh_from_db()
    instrument.refresh_from_db()
    assert (run.state, run.lease_expires_at, run.finished_at) == ("processing", None, None)
    assert (instrument.status, instrument.identity) == ("ready", {"model": "x"})
    assert Spectrum.objects.get(run=run).state == "queued"
    assert [e.payload["state"] for e in run.events.filter(kind="state")] == ["claimed", "acquiring", "processing"]
