"""From the click on the emergency stop to a transmitter that is off, by the radio's own log; the slowest of some.

STOPS stops (12) of a whole facility on SQLite whose radio keeps real time, in the middle of a run at random moments; in
every other one the instrument's worker has been frozen (SIGSTOP) before the click. After each: the run is interrupted
with what was measured, nothing starts until the release, and the next run is measured.
"""

from __future__ import annotations

import os
import signal
import sys
import time

import numpy as np

from benchmarks.result import Result
from tests.tasks.facility import SHORT, Facility
from tools.stack import Stack

ASKED_S = 1.0
LONG = SHORT | {"averages": 400, "averages_max": 400, "repetition_time_s": 0.05}


def run() -> Result:
    stops = int(os.environ.get("STOPS", "12"))
    random = np.random.default_rng(int(os.environ.get("STOPS_SEED", "1")))
    alive_s: list[float] = []
    frozen_s: list[float] = []
    read_back_s: list[float] = []
    with Stack(clock="real", lease_s=8.0, sweep_s=0.5) as stack:
        facility = Facility(stack)
        facility.become_staff()
        for number in range(stops):
            frozen = number % 2 == 1
            off_s, confirmed_s = _stop_once(facility, frozen, float(random.uniform(0.0, 1.5)))
            (frozen_s if frozen else alive_s).append(off_s)
            read_back_s.append(confirmed_s)
            print(f"{number + 1}: {'frozen' if frozen else 'alive'}, {1e3 * off_s:.0f} ms", file=sys.stderr, flush=True)
    slowest_s = max([*frozen_s, *alive_s])
    return Result(
        "emergency_stop",
        round(slowest_s, 3),
        "s",
        f"asked: at most {ASKED_S:g} s",
        round(slowest_s / ASKED_S, 3),
        {
            "stops": stops,
            "alive_max_s": round(max(alive_s), 3),
            "frozen_max_s": round(max(frozen_s, default=0.0), 3),
            "p95_s": round(float(np.percentile([*frozen_s, *alive_s], 95)), 3),
            "read_back_max_s": round(max(read_back_s), 3),
        },
    )


def _stop_once(facility: Facility, frozen: bool, after_s: float) -> tuple[float, float]:
    """Seconds from the click to the transmitter off by the radio's log, and to the page that says so."""
    run_id = facility.submit(LONG)
    facility.wait_transmitting(run_id)
    time.sleep(after_s)
    facility.wait_until(facility.transmitting, 10, "the radio to transmit")
    if frozen:
        facility.stack.signal("instrument", signal.SIGSTOP)
    clicked_s, clicked_unix_s = time.monotonic(), time.time()
    made = facility.http.post("emergency-stops", json={"instrument": "demo", "reason": "a benchmark"})
    [stop] = made.json()
    facility.wait_until(lambda: facility.stop(stop["id"])["is_off"], 10, "the transmitter to be read back as off")
    confirmed_s = time.monotonic() - clicked_s
    assert not facility.transmitting()
    off_unix_s = [event for event in facility.radio_events() if event["event"] == "tx_off"][-1]["unix_s"]
    if frozen:
        facility.stack.signal("instrument", signal.SIGCONT)
    ended = facility.wait(run_id, "interrupted", timeout_s=20)
    assert ended["error_code"] == "emergency_stop", ended
    following = facility.submit(SHORT)
    assert facility.http.post(f"emergency-stops/{stop['id']}/release", json={"note": "a benchmark"}).status_code == 200
    facility.wait(following, "done")
    return max(off_unix_s - clicked_unix_s, 0.0), confirmed_s
