"""Time between the shots of one experiment: what a shot takes beyond its averages, on a radio in real time.

Sequences of equal shots, and of shots each at a frequency of its own; from start to start, so that time which one shot
saves at the other's cost does not count. `value` is of the latter by the radio's own clock, as its log has it: the
simulator has much to compute after a change of frequency, for which its clock stands still. `wall_…` count that, too.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import iio

from acquisition.shot import Shot
from benchmarks._radio import simulated_instrument, survey_shot
from benchmarks.result import Result
from sdr import open_transceiver
from sdr.simulated import SimulatedProcess
from sdr.transceiver import Transceiver

SHOTS = 20
FIRST = 2
# Functions of libiio that ask the radio for something; a reception is counted by itself.
CALLS = (
    *(f"_{kind}_{way}_attr" for kind in "dc" for way in ("read", "write")),
    *("_create_buffer", "_buffer_destroy", "_buffer_push_partial", "_set_timeout", "_d_set_buffers_count"),
)


@dataclass(frozen=True)
class Overhead:
    """Per shot, times in ms; `radio_ms`, the median, and `least_ms` are by the radio's own clock."""

    wall_ms: float
    radio_ms: float
    least_ms: float
    cpu_ms: float
    calls: float


def run() -> Result:
    shot = survey_shot(capture_samples=50_000, averages=8, repetition_time_s=50e-3)
    # Frames that follow one another as closely as they can leave no time in which something could be prepared.
    dense = replace(shot, repetition_time_s=5.1e-3)
    with simulated_instrument("real") as (radio, settings), open_transceiver(settings) as transceiver:
        same = overhead(radio, transceiver, [shot] * SHOTS)
        at_others = overhead(radio, transceiver, tuned(shot))
        same_dense = overhead(radio, transceiver, [dense] * SHOTS)
        at_others_dense = overhead(radio, transceiver, tuned(dense))
    extra = {
        "least_ms": at_others.least_ms,
        "without_tuning_ms": same.radio_ms,
        "least_without_tuning_ms": same.least_ms,
        "wall_ms": at_others.wall_ms,
        "wall_without_tuning_ms": same.wall_ms,
        "without_spare_time_ms": at_others_dense.radio_ms,
        "without_spare_time_without_tuning_ms": same_dense.radio_ms,
        "driver_cpu_ms": at_others.cpu_ms,
        "libiio_calls": at_others.calls,
        "libiio_calls_without_tuning": same.calls,
    }
    ratio = 1e-3 * at_others.radio_ms / shot.duration_s
    return Result("shot_overhead", at_others.radio_ms, "ms", "the shots' own length", ratio, extra)


def tuned(shot: Shot) -> list[Shot]:
    """Equal shots, each at a frequency of its own."""
    return [replace(shot, centre_frequency_hz=shot.centre_frequency_hz + index * 0.5e6) for index in range(SHOTS)]


def overhead(radio: SimulatedProcess, transceiver: Transceiver, shots: list[Shot]) -> Overhead:
    """What such shots take beyond their averages, played one after the other; the first few are not counted."""
    for shot in shots[:FIRST]:
        transceiver.play(shot)
    seen = len(radio.log())
    measured = shots[FIRST:]
    with _counted() as calls:
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        for shot in measured:
            transceiver.play(shot)
        cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    begun = [entry for entry in radio.log()[seen:] if entry["event"] == "acquisition"]
    # Starts of the bursts; the reference pulse by itself has shorter receptions.
    starts = [entry["t_s"] for entry in begun if entry["samples"] >= shots[0].capture_samples]
    bursts = len(starts) // len(measured)
    firsts = starts[::bursts]
    duration_s = measured[0].duration_s
    beyond_s = [later - earlier - duration_s for earlier, later in pairwise(firsts)]
    count = len(measured)
    return Overhead(
        wall_ms=1e3 * (wall_s / count - duration_s),
        radio_ms=1e3 * statistics.median(beyond_s),
        least_ms=1e3 * min(beyond_s),
        cpu_ms=1e3 * cpu_s / count,
        calls=sum(calls.values()) / count,
    )


@contextmanager
def _counted() -> Iterator[Counter[str]]:
    """Count the calls of libiio meanwhile."""
    calls: Counter[str] = Counter()
    plain = {name: getattr(iio, name) for name in CALLS}

    def counting(name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            calls[name] += 1
            return plain[name](*arguments)

        return call

    for name in CALLS:
        setattr(iio, name, counting(name))
    try:
        yield calls
    finally:
        for name, function in plain.items():
            setattr(iio, name, function)
