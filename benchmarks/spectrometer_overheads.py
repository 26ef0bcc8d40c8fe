"""The times that the planner needs: what shots take beyond their averages on a radio in real time, by its own clock.

Shots of few and of many bursts (a burst ends where the phase of the excitation changes), at one frequency and at
another each time, from start to start; the differences are what a shot, a burst and a change of the frequency take.
The medians, rounded up, go into the defaults of `acquisition.limits.InstrumentLimits`, and the ratio compares today's
with those. The least of each is what they are on a machine that has nothing else to do. After a change of frequency the
radio needs a reference pulse; it costs nothing where frames leave two milliseconds for it, and a turn of its own where
they do not (`dense`): that is what interleaved stepping pays at every visit, and what the defaults have.
"""

from __future__ import annotations

from dataclasses import replace

from acquisition.limits import InstrumentLimits
from benchmarks._radio import simulated_instrument, survey_shot
from benchmarks.result import Result
from benchmarks.shot_overhead import overhead, tuned
from sdr import open_transceiver

SHOTS = 20
FEW, MANY = 1, 4


def run() -> Result:
    many_bursts = survey_shot(capture_samples=50_000, averages=8, repetition_time_s=20e-3)
    many_bursts = replace(many_bursts, phase_cycle=(1, 1j, -1, -1j))
    few_bursts = replace(many_bursts, phase_cycle=(1,))
    # As stepping has them: frames that leave no time for the reference pulse, which each tuning then needs by itself.
    dense = replace(few_bursts, waveform=few_bursts.waveform[:100], capture_samples=7500, repetition_time_s=1e-3)
    with simulated_instrument("real") as (radio, settings), open_transceiver(settings) as transceiver:
        few = overhead(radio, transceiver, [few_bursts] * SHOTS)
        many = overhead(radio, transceiver, [many_bursts] * SHOTS)
        retuned = overhead(radio, transceiver, tuned(few_bursts))
        dense_same = overhead(radio, transceiver, [dense] * SHOTS)
        dense_retuned = overhead(radio, transceiver, tuned(dense))
    default = InstrumentLimits()
    stored_ms = 1e3 * (default.between_shots_s + default.arm_s + default.retune_s)
    visit_ms = few.radio_ms + dense_retuned.radio_ms - dense_same.radio_ms
    return Result(
        "spectrometer_overheads",
        visit_ms,
        "ms for one burst at another frequency, with frames as dense as in stepping",
        "the planner's defaults",
        visit_ms / stored_ms,
        {
            **_split(few.radio_ms, many.radio_ms, retuned.radio_ms, ""),
            "dense_retune_ms": round(dense_retuned.radio_ms - dense_same.radio_ms, 2),
            **_split(few.least_ms, many.least_ms, retuned.least_ms, "least_"),
            "least_dense_retune_ms": round(dense_retuned.least_ms - dense_same.least_ms, 2),
            "libiio_calls": round(dense_retuned.calls, 1),
        },
    )


def _split(few_ms: float, many_ms: float, retuned_ms: float, name: str) -> dict[str, float]:
    arm_ms = (many_ms - few_ms) / (MANY - FEW)
    return {
        f"{name}between_shots_ms": round(few_ms - FEW * arm_ms, 2),
        f"{name}arm_ms": round(arm_ms, 2),
        f"{name}retune_ms": round(retuned_ms - few_ms, 2),
    }
