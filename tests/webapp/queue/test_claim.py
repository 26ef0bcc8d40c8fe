"""Claiming: order, what blocks it, and that two workers never get the same run."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from webapp.facility.models import Instrument
from webapp.runs.models import Run, RunEvent
from webapp.runs.queue import waiting
from webapp.runs.queue.claim import claim_next
from webapp.runs.queue.fairness import Candidate
from webapp.runs.queue.ownership import Claim


def test_claims_in_order_of_position_then_submission(make_run: Callable[..., Run], instrument: Instrument) -> None:
    make_run(position=2)
    second = make_run(position=1)
    first = make_run(position=0)
    claim = claim_next("probe", "w")
    assert claim is not None and claim.run_id == first.pk
    Run.objects.filter(pk=first.pk).update(state=Run.State.DONE)
    Instrument.objects.update(status=Instrument.Status.READY)
    later = claim_next("probe", "w")
    assert later is not None and later.run_id == second.pk
    assert later.fence == claim.fence + 1


def test_equal_positions_go_by_submission(make_run: Callable[..., Run]) -> None:
    first = make_run(position=1)
    make_run(position=1)
    make_run(position=2)
    claim = claim_next("probe", "w")
    assert claim is not None and claim.run_id == first.pk


def test_claim_sets_lease_state_fence_and_event(make_run: Callable[..., Run], instrument: Instrument) -> None:
    run = make_run()
    claim = claim_next("probe", "host:1")
    run.refresh_from_db()
    instrument.refresh_from_db()
    assert claim == Claim(run.pk, instrument.pk, 1, "host:1")
    assert (run.state, run.fence, run.worker) == ("claimed", 1, "host:1")
    assert run.lease_expires_at > run.claimed_at
    assert (instrument.status, instrument.fence) == ("busy", 1)
    assert RunEvent.objects.get(run=run, kind="state").payload == {"state": "claimed"}


@pytest.mark.parametrize(
    "blocked", [{"held": True}, {"status": "needs_check"}, {"status": "offline"}, {"status": "busy"}]
)
def test_an_instrument_that_is_not_ready_starts_nothing(
    make_run: Callable[..., Run], instrument: Instrument, blocked: dict[str, object]
) -> None:
    make_run()
    Instrument.objects.update(**blocked)
    assert claim_next("probe", "w") is None


@pytest.mark.parametrize("meanwhile", [{"held": True}, {"cancel_requested": True}, {"state": "cancelled"}])
def test_what_somebody_does_to_it_while_it_is_chosen_counts(
    make_run: Callable[..., Run], instrument: Instrument, monkeypatch: pytest.MonkeyPatch, meanwhile: dict[str, object]
) -> None:
    make_run()
    look = waiting.candidates

    def slowly(instrument_id: int) -> list[Candidate]:
        found = look(instrument_id)
        Run.objects.update(**meanwhile)
        return found

    monkeypatch.setattr("webapp.runs.queue.claim.waiting.candidates", slowly)
    assert claim_next("probe", "w") is None
    instrument.refresh_from_db()
    assert (instrument.status, instrument.fence) == ("ready", 0)
    assert not RunEvent.objects.exists()


def test_a_cancelled_run_is_passed_over(make_run: Callable[..., Run]) -> None:
    make_run(cancel_requested=True)
    wanted = make_run()
    claim = claim_next("probe", "w")
    assert claim is not None and claim.run_id == wanted.pk


def test_empty_queue_gives_nothing_and_moves_no_fence(instrument: Instrument) -> None:
    assert claim_next("probe", "w") is None
    instrument.refresh_from_db()
    assert (instrument.fence, instrument.status) == (0, "ready")


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_claim_one_run(make_run: Callable[..., Run], instrument: Instrument) -> None:
    for _ in range(3):
        make_run()
    claims: list[Claim | None] = []
    start = threading.Barrier(6)

    def work(name: str) -> None:
        start.wait()
        try:
            claims.append(claim_next("probe", name))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claims) == 6
    assert len([claim for claim in claims if claim is not None]) == 1
    assert Run.objects.filter(state=Run.State.CLAIMED).count() == 1
