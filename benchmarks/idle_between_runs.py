"""How long the instrument idles between two queued runs: from the end of one acquisition to the start of the next."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from benchmarks.result import Result
from tests.tasks.facility import Facility
from tools.stack import Stack

RUNS = 20


def run() -> Result:
    with Stack(clock="fast", lease_s=30, sweep_s=10) as stack:
        facility = Facility(stack)
        run_ids = [facility.submit() for _ in range(RUNS)]
        runs = [facility.wait(run_id, "done", timeout_s=300) for run_id in run_ids]
    ended = [datetime.fromisoformat(run["acquired_at"]) for run in runs]
    started = [datetime.fromisoformat(run["acquiring_at"]) for run in runs]
    idle_ms = [1e3 * (start - end).total_seconds() for end, start in zip(ended[:-1], started[1:], strict=True)]
    p95_ms = float(np.percentile(idle_ms, 95))
    return Result("idle_between_runs", p95_ms, "ms", "-", 0.0, {"median_ms": float(np.median(idle_ms))})
