"""From the kill -9 of the driving process to a transmitter that is off: the slowest of many, at random moments.

GUARD_KILLS kills (100) from the seed GUARD_KILLS_SEED (1): while the radio is opened and armed, in the middle of shots
and between them, and right when the transmitter goes on. Each driver is a process of its own that plays shots on a
simulated radio in real time; what is measured is the moment at which the radio's own log says that no RF can leave it
any more (a kill that found it off counts as 0), and the moment at which the guard had read that back.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable

import numpy as np

from benchmarks._radio import simulated_instrument, survey_shot
from benchmarks.result import Result
from sdr import open_transceiver
from sdr.errors import RadioBusy
from sdr.guard_client import read_status
from sdr.lock import RadioLock
from sdr.simulated import SimulatedProcess
from sdr.transceiver import InstrumentSettings

ASKED_S = 1.0
GIVEN_UP_S = 15.0


def run() -> Result:
    kills = int(os.environ.get("GUARD_KILLS", "100"))
    seed = int(os.environ.get("GUARD_KILLS_SEED", "1"))
    random = np.random.default_rng(seed)
    off_s: list[float] = []
    read_back_s: list[float] = []
    found = Counter[str]()
    with simulated_instrument(clock="real") as (radio, settings):
        for number in range(kills):
            moment = str(random.choice(["opening", "arming", "playing", "between"]))
            struck = _kill_once(radio, settings, moment, float(random.uniform(0.0, 1.0)))
            found["on" if struck[0] > 0 else "off"] += 1
            off_s.append(struck[0])
            read_back_s.append(struck[1])
            print(f"{number + 1}: {moment}, {1e3 * struck[0]:.0f} ms", file=sys.stderr, flush=True)
    while_on = [one for one in off_s if one > 0] or [0.0]
    return Result(
        "guard_turnoff",
        round(max(off_s), 3),
        "s",
        f"asked: at most {ASKED_S:g} s",
        round(max(off_s) / ASKED_S, 3),
        {
            "kills": kills,
            "kills_while_transmitting": found["on"],
            "median_s": round(float(np.median(while_on)), 3),
            "p95_s": round(float(np.percentile(while_on, 95)), 3),
            "read_back_max_s": round(max(read_back_s), 3),
            "left_on": sum(one >= GIVEN_UP_S for one in off_s),
            "seed": seed,
        },
    )


def _kill_once(
    radio: SimulatedProcess, settings: InstrumentSettings, moment: str, fraction: float
) -> tuple[float, float]:
    """Seconds from a kill to the transmitter off, by the radio's log, and to the guard's word that it is."""
    before, guards = len(radio.log()), len(read_status(settings.uri))
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ready)
        try:
            _drive(settings, told)
        finally:
            os._exit(1)
    os.close(told)
    if moment != "opening":
        os.read(ready, 1)
    if moment in ("playing", "between"):
        _until(lambda: _is_on(radio, before), 5.0)
    # Opening takes some tenths of a second, as do configuring and arming for the first shot; each shot takes 0.2 s.
    time.sleep({"opening": 0.8 * fraction, "arming": 0.6 * fraction, "playing": 1.0 * fraction, "between": 0.0}[moment])
    if moment == "between":
        _until(lambda: not _is_on(radio, before), 5.0)
    was_on = _is_on(radio, before)
    os.kill(child, signal.SIGKILL)
    killed_unix_s = time.time()
    os.waitpid(child, 0)
    os.close(ready)
    begun = any(line["event"] == "guard_started" for line in read_status(settings.uri)[guards:])
    read_back = None
    if begun:
        _until(lambda: _last_guard_event(settings, guards) in ("tx_off", "failed"), GIVEN_UP_S)
        read_back = next((e for e in reversed(read_status(settings.uri)) if e["event"] == "tx_off"), None)
    _until(lambda: not _is_on(radio, before), GIVEN_UP_S)
    if _is_on(radio, before):
        return GIVEN_UP_S, GIVEN_UP_S
    ended = [e["unix_s"] for e in radio.log()[before:] if e["event"] == "tx_off"]
    last_s = max(ended[-1] - killed_unix_s, 0.0) if ended else 0.0
    confirmed_s = max(read_back["time_unix_s"] - killed_unix_s, 0.0) if read_back is not None else 0.0
    _until(lambda: _is_free(settings), GIVEN_UP_S)
    return (last_s if was_on or last_s > 0 else 0.0), confirmed_s


def _drive(settings: InstrumentSettings, told: int) -> None:
    shot = survey_shot(capture_samples=60_000, averages=16, repetition_time_s=12e-3)
    with open_transceiver(settings) as transceiver:
        os.write(told, b"!")
        while True:
            transceiver.play(shot)


def _is_on(radio: SimulatedProcess, since: int) -> bool:
    states = [entry["event"] for entry in radio.log()[since:] if entry["event"] in ("tx_on", "tx_off")]
    return bool(states) and states[-1] == "tx_on"


def _last_guard_event(settings: InstrumentSettings, since: int) -> str:
    events = [line["event"] for line in read_status(settings.uri)[since:]]
    return str(events[-1]) if events else ""


def _is_free(settings: InstrumentSettings) -> bool:
    """Whether nobody, no guard either, holds the radio any more."""
    try:
        RadioLock(settings.uri).release()
    except RadioBusy:
        return False
    return True


def _until(condition: Callable[[], bool], within_s: float) -> None:
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s and not condition():
        time.sleep(2e-3)
