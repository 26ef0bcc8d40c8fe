"""The times that the planner needs: what shots take beyond their averages on a radio in real time.

Shots of few and of many bursts (a burst ends where the phase of the excitation changes), at one frequency and at
another each time; the differences are what a shot, a burst and a change of the frequency take. The medians go into
the defaults of `acquisition.limits.InstrumentLimits`, and the ratio compares today's with those.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace

from acquisition.limits import InstrumentLimits
from acquisition.shot import Shot
from benchmarks._radio import simulated_instrument, survey_shot
from benchmarks.result import Result
from sdr import open_transceiver
from sdr.transceiver import Transceiver

ROUNDS = 10
FEW, MANY = 1, 4


def run() -> Result:
    shot = replace(survey_shot(capture_samples=50_000, averages=8, repetition_time_s=20e-3), phase_cycle=(1,))
    beyond_s: dict[str, list[float]] = {"few": [], "many": [], "retuned": []}
    with simulated_instrument("real") as (_, settings), open_transceiver(settings) as transceiver:
        transceiver.play(shot)
        cycled = replace(shot, phase_cycle=(1, 1j, -1, -1j))
        for turn in range(ROUNDS):
            moved = replace(shot, centre_frequency_hz=shot.centre_frequency_hz + (1 + turn % 2) * 1e5)
            beyond_s["retuned"].append(_beyond_s(transceiver, moved))
            beyond_s["few"].append(_beyond_s(transceiver, moved))
            beyond_s["many"].append(
                _beyond_s(transceiver, replace(cycled, centre_frequency_hz=moved.centre_frequency_hz))
            )
    few, many, retuned = (statistics.median(beyond_s[name]) for name in ("few", "many", "retuned"))
    arm_s = (many - few) / (MANY - FEW)
    between_shots_s = few - FEW * arm_s
    default = InstrumentLimits()
    stored_s = default.between_shots_s + MANY * default.arm_s + default.retune_s
    measured_s = many + retuned - few
    return Result(
        "spectrometer_overheads",
        1e3 * measured_s,
        "ms for a shot of four phases at another frequency",
        "the planner's defaults",
        measured_s / stored_s,
        {
            "between_shots_ms": round(1e3 * between_shots_s, 2),
            "arm_ms": round(1e3 * arm_s, 2),
            "retune_ms": round(1e3 * (retuned - few), 2),
            "spread_ms": round(1e3 * _spread_s(beyond_s["few"]), 2),
        },
    )


def _beyond_s(transceiver: Transceiver, shot: Shot) -> float:
    start_s = time.perf_counter()
    transceiver.play(shot)
    return time.perf_counter() - start_s - shot.duration_s


def _spread_s(values: Sequence[float]) -> float:
    quartiles = statistics.quantiles(values, n=4)
    return quartiles[2] - quartiles[0]
