"""Samples captured and averaged by the driver, against `adi.Pluto.rx()` receiving the frames of the same radio."""

from __future__ import annotations

import statistics
import time

import adi

from acquisition.shot import Shot
from benchmarks._radio import driver_rate, simulated_instrument, survey_shot, transmitting
from benchmarks.result import Result
from sdr import open_transceiver
from sdr.transceiver import InstrumentSettings

CAPTURE_SAMPLES = 100_000
AVERAGES = 200
REPEATS = 5


def run() -> Result:
    shot = survey_shot(
        capture_samples=CAPTURE_SAMPLES, averages=AVERAGES, repetition_time_s=(CAPTURE_SAMPLES + 500) / 10e6
    )
    ours, theirs = [], []
    with simulated_instrument() as (_, settings):
        for _ in range(REPEATS):
            with open_transceiver(settings) as transceiver:
                driver_rate(
                    transceiver, survey_shot(capture_samples=CAPTURE_SAMPLES, averages=2, repetition_time_s=11e-3)
                )
                ours.append(driver_rate(transceiver, shot))
            with transmitting(settings, shot):
                theirs.append(_rx_rate(settings, shot))
    ratio = statistics.median(our / their for our, their in zip(ours, theirs, strict=True))
    return Result("capture_vs_adi_rx", statistics.median(ours) / 1e6, "MS/s", "adi.Pluto.rx()", ratio)


def _rx_rate(settings: InstrumentSettings, shot: Shot) -> float:
    """Samples per second that pyadi-iio receives as complex numbers, not averaged."""
    pluto = adi.Pluto(uri=settings.uri)
    pluto.rx_buffer_size = shot.capture_samples
    pluto.rx()
    start = time.perf_counter()
    for _ in range(shot.averages):
        pluto.rx()
    elapsed_s = time.perf_counter() - start
    pluto.rx_destroy_buffer()
    return shot.averages * shot.capture_samples / elapsed_s
