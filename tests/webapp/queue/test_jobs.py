"""Processing jobs: one worker at a time makes a spectrum, and a dead one's job is handed out again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.runs.queue import jobs
from webapp.runs.queue.sweep import sweep
from webapp.spectra.models import Spectrum


@pytest.fixture
def spectrum(make_run: Callable[..., Run]) -> Spectrum:
    run = make_run(state=Run.State.PROCESSING)
    return Spectrum.objects.create(run=run, sample=run.sample, group=run.group, version=1)


def _let_lease_end() -> None:
    Spectrum.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def test_a_second_hint_finds_nothing_to_do(spectrum: Spectrum) -> None:
    assert jobs.claim_job(spectrum.pk) is not None
    assert jobs.claim_job(spectrum.pk) is None


def test_closing_ends_the_waiting_run(spectrum: Spectrum) -> None:
    job = jobs.claim_job(spectrum.pk)
    assert job is not None
    jobs.close_job(job)
    spectrum.refresh_from_db()
    assert (spectrum.state, spectrum.run.state) == ("done", "done")
    assert spectrum.run.finished_at is not None
    assert jobs.claim_job(spectrum.pk) is None


def test_reprocessing_leaves_the_state_of_an_ended_run(spectrum: Spectrum) -> None:
    Run.objects.update(state=Run.State.INTERRUPTED)
    job = jobs.claim_job(spectrum.pk)
    assert job is not None
    jobs.close_job(job)
    spectrum.refresh_from_db()
    assert (spectrum.state, spectrum.run.state) == ("done", "interrupted")


def test_a_late_worker_cannot_write_after_its_job_was_given_away(spectrum: Spectrum) -> None:
    late = jobs.claim_job(spectrum.pk)
    assert late is not None
    _let_lease_end()
    new = jobs.claim_job(spectrum.pk)
    assert new is not None and new.fence == late.fence + 1
    with pytest.raises(jobs.JobLost):
        jobs.require_job(late)
    with pytest.raises(jobs.JobLost):
        jobs.close_job(late)
    jobs.fail_job(late, "late")
    spectrum.refresh_from_db()
    assert (spectrum.state, spectrum.error_message) == ("processing", "")
    jobs.close_job(new)


def test_a_job_that_kills_its_workers_is_given_up(spectrum: Spectrum) -> None:
    for _ in range(jobs.ATTEMPTS_MAX):
        assert jobs.claim_job(spectrum.pk) is not None
        _let_lease_end()
    assert jobs.claim_job(spectrum.pk) is None
    spectrum.refresh_from_db()
    assert (spectrum.state, spectrum.run.state) == ("failed", "failed")
    assert "3 times" in spectrum.error_message


def test_the_sweep_repeats_hints_for_all_that_waits(
    make_run: Callable[..., Run],
    spectrum: Spectrum,
    hints_sent: list[object],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    make_run()
    with django_capture_on_commit_callbacks(execute=True):
        counts = sweep()
    assert counts == {"interrupted": 0, "instruments": 1, "spectra": 1}
    assert hints_sent == [
        ("tasks.instrument.look", ["probe"], "instrument.probe"),
        ("tasks.processing.process", [spectrum.pk], "processing"),
    ]


@pytest.mark.parametrize("status", ["needs_check", "offline"])
def test_the_sweep_has_an_instrument_checked_though_no_run_waits(
    instrument: Instrument, status: str, hints_sent: list[object],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:  # fmt: skip
    """So that it comes back by itself when its radio does."""
    Instrument.objects.update(status=status)
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep()["instruments"] == 1
    assert hints_sent == [("tasks.instrument.look", ["probe"], "instrument.probe")]


def test_the_sweep_is_silent_when_nothing_waits(instrument: object, hints_sent: list[object]) -> None:
    assert sweep() == {"interrupted": 0, "instruments": 0, "spectra": 0}
    assert hints_sent == []


def test_a_run_that_measured_nothing_waits_for_no_spectrum(make_run: Callable[..., Run]) -> None:
    run = make_run(state=Run.State.PROCESSING)
    jobs.queue_first_version(run.pk)
    run.refresh_from_db()
    assert (run.state, run.error_code) == ("failed", "nothing_measured")
    assert run.finished_at is not None and not run.spectra.exists()
