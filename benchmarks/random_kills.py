"""Random faults upon a running facility: how many it survives without losing a run, measuring one twice, or staying on.

RANDOM_KILLS faults (300) from the seed RANDOM_KILLS_SEED (1), on SQLite, or on PostgreSQL if RANDOM_KILLS_ON is
"postgres"; only kinds whose names hold RANDOM_KILLS_KIND, such as "frozen", if that is given. What is done, and what
must be true after it: docs/explanation/nothing-lost.md.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from contextlib import ExitStack

from benchmarks.result import Result
from tests.tasks.ordeal import Ordeal
from tools.postgres import PostgresCluster
from tools.stack import Stack

LEASE_S = 2.0
SWEEP_S = 0.25


def run() -> Result:
    faults = int(os.environ.get("RANDOM_KILLS", "300"))
    seed = int(os.environ.get("RANDOM_KILLS_SEED", "1"))
    on = os.environ.get("RANDOM_KILLS_ON", "sqlite")
    kind = os.environ.get("RANDOM_KILLS_KIND", "")
    with ExitStack() as running:
        url = running.enter_context(PostgresCluster()).create_database() if on == "postgres" else ""
        stack = running.enter_context(Stack(database_url=url, clock="real", lease_s=LEASE_S, sweep_s=SWEEP_S))
        start_s = time.monotonic()
        report = Ordeal(stack, seed, kind, tell=lambda line: print(line, file=sys.stderr, flush=True)).run(faults)
        elapsed_s = time.monotonic() - start_s
    print(report.told(), file=sys.stderr)
    extra: dict[str, float | int | str] = {
        "lost": len(report.lost),
        "twice": len(report.twice),
        "tx_left_on": len(report.tx_left_on),
        "other_problems": len(report.problems),
        "runs": report.runs,
        "retries_of_clients": report.retries,
        "recovery_p50_s": round(report.recovery_s(0.5), 2),
        "recovery_p95_s": round(report.recovery_s(0.95), 2),
        "tx_off_max_s": round(max((one.tx_off_s for one in report.struck), default=0.0), 2),
        "elapsed_s": round(elapsed_s, 1),
        "database": on,
        "seed": seed,
    }
    extra |= {f"runs {state}": number for state, number in sorted(report.states.items())}
    extra |= {f"failed: {code}": number for code, number in sorted(report.failures.items())}
    extra |= {f"faults: {name}": number for name, number in sorted(Counter(one.fault for one in report.struck).items())}
    return Result("random_kills", report.survived, "faults survived", "faults", report.survived / faults, extra)
