"""Time between the shots of one experiment: what a shot takes beyond its averages, on a radio in real time."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

from benchmarks._radio import simulated_instrument, survey_shot
from benchmarks.result import Result
from sdr import open_transceiver

SHOTS = 8


def run() -> Result:
    shot = survey_shot(capture_samples=50_000, averages=8, repetition_time_s=50e-3)
    overheads_s, same_tuning_s = [], []
    with simulated_instrument("real") as (_, settings), open_transceiver(settings) as transceiver:
        transceiver.play(shot)
        for index in range(SHOTS):
            following = replace(shot, centre_frequency_hz=shot.centre_frequency_hz + (index + 1) // 2 * 0.5e6)
            start = time.perf_counter()
            transceiver.play(following)
            (overheads_s if index % 2 else same_tuning_s).append(time.perf_counter() - start - shot.duration_s)
    overhead_s = statistics.median(overheads_s)
    extra = {"without_tuning_ms": 1e3 * statistics.median(same_tuning_s)}
    return Result("shot_overhead", 1e3 * overhead_s, "ms", "the shots' own length", overhead_s / shot.duration_s, extra)
