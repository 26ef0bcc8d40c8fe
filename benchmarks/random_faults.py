"""Random operations on the driver with random faults of its radio: captures that were false, transmitters left on.

RANDOM_FAULTS sequences (200) from the seed RANDOM_FAULTS_SEED (1), from the number RANDOM_FAULTS_FIRST (0) on. One that
failed, named seed:number, is repeated with RANDOM_FAULTS=1, that seed and that number as the first. If
RANDOM_FAULTS_MENU is 1, every fault that the simulator knows is tried besides, during one shot on each kind of radio,
counted down from 1, 3, 10 and 30.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time

from benchmarks.result import Result
from tests.sdr.ordeal import RADIOS, Ordeal, own_locks

MENU_COUNTS = (1, 3, 10, 30)


def run() -> Result:
    sequences = int(os.environ.get("RANDOM_FAULTS", "200"))
    seed = int(os.environ.get("RANDOM_FAULTS_SEED", "1"))
    first = int(os.environ.get("RANDOM_FAULTS_FIRST", "0"))
    start_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="random-faults-") as folder, own_locks(folder):
        ordeal = Ordeal(seed, tell=lambda line: print(line, file=sys.stderr, flush=True))
        report = ordeal.run(sequences, first)
        if os.environ.get("RANDOM_FAULTS_MENU", "") == "1":
            for radio in RADIOS:
                ordeal.menu(radio, MENU_COUNTS)
    bad = len(report.problems)
    extra: dict[str, float | int | str] = {
        "false_data": len(report.false_data),
        "untyped_errors": len(report.untyped),
        "tx_left_on": len(report.left_on),
        "captures_compared": report.captures,
        "partial_captures_compared": report.partials,
        "tx_off_by_guard_max_s": round(report.tx_off_s, 2),
        "radios_found_again": report.recovered,
        "elapsed_s": round(time.monotonic() - start_s, 1),
        "seed": seed,
    }
    extra |= {f"faults: {name}": number for name, number in sorted(report.faults.items())}
    extra |= {f"errors: {name}": number for name, number in sorted(report.errors.items())}
    return Result("random_faults", bad, "problems", "sequences", bad / sequences, extra)
