"""Claiming the next of 1,000 queued runs of ten groups between bookings, against a bare indexed SELECT of a queued run.

On SQLite; on PostgreSQL: `python -m tools.postgres make bench NAME=claim_next`.
"""

from __future__ import annotations

import os
import tempfile
import time

import numpy as np

from benchmarks import _queue
from benchmarks.result import Result

QUEUED = 1000
ROUNDS = 100


def run() -> Result:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"RASGADO_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "webapp.config.settings"}
        os.environ["DATABASE_URL"] = os.environ.get("RASGADO_TEST_DATABASE_URL", "")
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        call_command("migrate", verbosity=0)
        _queue.fill("bench", QUEUED)
        ours_ms = [1e3 * _claim_and_put_back() for _ in range(ROUNDS)]
        bare_ms = [1e3 * _bare_select() for _ in range(ROUNDS)]
        database = connection.vendor
    p95_ms = float(np.percentile(ours_ms, 95))
    extra: dict[str, float | int | str] = {
        "queued": QUEUED, "median_ms": float(np.median(ours_ms)), "database": database
    }  # fmt: skip
    return Result("claim_next", p95_ms, "ms", "bare indexed SELECT", p95_ms / float(np.percentile(bare_ms, 95)), extra)


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
