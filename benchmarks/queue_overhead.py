"""From submitting a run through the API to the first setting that reaches the radio, against a bare Celery round trip.

The radio's own log ends the measurement. The bare round trip uses the same Redis and a worker with nothing to do.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

from benchmarks.result import Result
from tests.tasks.facility import Facility
from tools.processes import SupervisedProcess, wait_until
from tools.stack import ROOT, Stack

ROUNDS = 12


def run() -> Result:
    with Stack(clock="fast", lease_s=30, sweep_s=10) as stack:
        facility = Facility(stack)
        ours_ms = 1e3 * statistics.median(_submit_to_radio_s(facility) for _ in range(ROUNDS))
        bare_ms = 1e3 * _bare_round_trip_s(stack)
    return Result("queue_overhead", ours_ms, "ms", "bare Celery round trip", ours_ms / bare_ms, {"bare_ms": bare_ms})


def _submit_to_radio_s(facility: Facility) -> float:
    log = facility.stack.radio_log
    before = log.stat().st_size if log.exists() else 0
    start_s = time.perf_counter()
    run_id = facility.submit()
    wait_until(lambda: _written(log, before), 20, "the radio to be configured", interval_s=0.001)
    elapsed_s = time.perf_counter() - start_s
    facility.wait(run_id, "done")
    facility.wait_quiet(5)
    return elapsed_s


def _written(log: Path, offset: int) -> bool:
    with log.open("rb") as stream:
        stream.seek(offset)
        return b'"write"' in stream.read()


def _bare_round_trip_s(stack: Stack) -> float:
    os.environ["REDIS_URL"] = stack.redis_url
    from benchmarks._echo import echo

    worker = SupervisedProcess(
        "echo",
        [str(Path(sys.executable).parent / "celery"), "-A", "benchmarks._echo", "worker", "--pool", "solo",
         "--loglevel", "INFO", "-n", "echo@%h"],
        log=stack.data_dir / "logs" / "echo.log", environment=stack.environment, cwd=ROOT,
        ready=lambda member: " ready." in member.output(),
    )  # fmt: skip
    worker.start()
    try:
        times_s = []
        for value in range(50):
            start_s = time.perf_counter()
            if echo.delay(value).get(timeout=10) != value:
                raise RuntimeError("The echo answered something else.")
            times_s.append(time.perf_counter() - start_s)
    finally:
        worker.stop()
    return statistics.median(times_s)
