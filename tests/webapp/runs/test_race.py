"""Races of real threads with connections of their own: only one of many wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from tests.webapp.api.test_runs import with_capture
from tests.webapp.conftest import SURVEY
from webapp.accounts.models import User
from webapp.errors import Conflict
from webapp.facility.models import Instrument
from webapp.runs import services
from webapp.runs.models import Run
from webapp.samples.models import Sample

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 8


def at_once(action: Callable[[], Any]) -> list[Any]:
    """The results of the action done by all threads at the same moment; an expected refusal is its exception."""
    barrier = threading.Barrier(THREADS)

    def one(_number: int) -> Any:
        try:
            barrier.wait(timeout=10)
            return action()
        except Conflict as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


def test_one_key_makes_one_run(user: User, instrument: Instrument, sample: Sample) -> None:
    def submit() -> tuple[int, bool]:
        submission = services.submit_once(
            user, instrument=instrument, sample=sample, method="survey", parameters=SURVEY, idempotency_key="k"
        )
        return submission.run.pk, submission.created

    results = at_once(submit)
    assert len({run for run, _created in results}) == 1
    assert sorted(created for _run, created in results) == [False] * (THREADS - 1) + [True]
    assert Run.objects.count() == 1
    assert Run.objects.get().events.count() == 1


def test_versions_are_numbered_without_gaps(user: User, make_run: Callable[..., Run]) -> None:
    run = with_capture(make_run(state=Run.State.DONE))
    versions = at_once(lambda: services.reprocess(user, run, {}).version)
    assert sorted(versions) == list(range(1, THREADS + 1))


def test_clicking_often_requeues_once(user: User, make_run: Callable[..., Run]) -> None:
    run = make_run(state=Run.State.INTERRUPTED)
    results = at_once(lambda: services.requeue(user, run))
    assert sum(isinstance(result, Run) for result in results) == 1
    assert run.repeats.count() == 1


def test_cancel_against_claim(user: User, make_run: Callable[..., Run]) -> None:
    """Either the worker has the run and a flag to poll, or the run is cancelled and nobody has it."""
    from webapp.runs.queue.claim import claim_next

    for _ in range(5):
        run = make_run()
        barrier = threading.Barrier(2)

        def claim(barrier: threading.Barrier = barrier) -> Any:
            barrier.wait(timeout=10)
            try:
                return claim_next("alpha", "test")
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            claimed = pool.submit(claim)
            barrier.wait(timeout=10)
            services.request_cancel(user, run)
            owner = claimed.result(timeout=30)
        run.refresh_from_db()
        assert run.cancel_requested
        assert run.state == (Run.State.CLAIMED if owner else Run.State.CANCELLED)
        Run.objects.filter(pk=run.pk).update(state=Run.State.CANCELLED)
        Instrument.objects.update(status=Instrument.Status.READY)
