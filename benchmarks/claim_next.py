"""Claiming the next run with 1,000 queued, against a bare indexed SELECT of the same row."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable

from benchmarks.result import Result

QUEUED = 1000
ROUNDS = 100


def run() -> Result:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"RASGADO_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "webapp.config.settings"}
        os.environ.pop("DATABASE_URL", None)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        _fill()
        ours_ms = _median_ms(_claim_and_put_back)
        bare_ms = _median_ms(_bare_select)
    return Result("claim_next", ours_ms, "ms", "bare indexed SELECT", ours_ms / bare_ms, {"queued": QUEUED})


def _fill() -> None:
    from webapp.accounts.models import Group, User
    from webapp.facility.models import Instrument
    from webapp.runs.models import Run
    from webapp.samples.models import Sample

    user = User.objects.create(username="bench")
    group = Group.objects.create(name="bench", slug="bench")
    sample = Sample.objects.create(name="bench", group=group, created_by=user)
    instrument = Instrument.objects.create(slug="bench", name="bench", uri="ip:127.0.0.1:1")
    Run.objects.bulk_create(
        Run(
            instrument=instrument, sample=sample, group=group, submitted_by=user, method="survey", parameters={},
            state=Run.State.QUEUED,
        )
        for _ in range(QUEUED)
    )  # fmt: skip


def _claim_and_put_back() -> float:
    """Seconds of the claim alone; then the row is queued again, unmeasured, so that every round sees the same queue."""
    from webapp.facility.models import Instrument
    from webapp.runs.models import Run
    from webapp.runs.queue.claim import claim_next

    start_s = time.perf_counter()
    claim = claim_next("bench", "bench")
    elapsed_s = time.perf_counter() - start_s
    if claim is None:
        raise RuntimeError("Nothing was claimed.")
    Run.objects.filter(pk=claim.run_id).update(state=Run.State.QUEUED)
    Instrument.objects.update(status=Instrument.Status.READY)
    return elapsed_s


def _bare_select() -> float:
    from webapp.facility.models import Instrument
    from webapp.runs.models import Run

    instrument_id = Instrument.objects.values_list("pk", flat=True).get(slug="bench")
    start_s = time.perf_counter()
    queued = Run.objects.filter(instrument_id=instrument_id, state="queued").order_by("position", "id")
    if queued.values_list("pk", flat=True).first() is None:
        raise RuntimeError("The queue is empty.")
    return time.perf_counter() - start_s


def _median_ms(measure: Callable[[], float]) -> float:
    return 1e3 * statistics.median(measure() for _ in range(ROUNDS))
