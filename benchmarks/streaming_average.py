"""How fast receptions are averaged (int16 in, phase cycle applied, extremes kept) against a plain numpy add of them."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from benchmarks.result import Result
from sdr.pluto.accumulate import PhaseCycleAverage

SAMPLES = 50_000
FRAMES = 400
REPEATS = 5


def run() -> Result:
    generator = np.random.default_rng(1)
    frames = generator.integers(-2048, 2048, (8, 2 * SAMPLES)).astype(np.int16)

    def ours() -> None:
        average = PhaseCycleAverage(SAMPLES, (1, -1))
        for start in range(0, FRAMES, 16):
            for phase in range(2):
                frame_sum = average.frame_sum(phase)
                for index in range(8):
                    frame_sum.add(frames[(start + index) % 8])
            average.commit()
        average.mean()

    def plain() -> None:
        total = np.zeros(2 * SAMPLES, dtype=np.int32)
        for index in range(FRAMES):
            np.add(total, frames[index % 8], out=total)

    ours_s, plain_s = _best(ours), _best(plain)
    rate = FRAMES * SAMPLES / ours_s / 1e6
    plain_rate = FRAMES * SAMPLES / plain_s / 1e6
    return Result("streaming_average", rate, "MS/s", "plain numpy add into int32", rate / plain_rate)


def _best(work: Callable[[], None]) -> float:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)
