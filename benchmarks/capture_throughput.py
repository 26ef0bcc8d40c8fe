"""Samples captured and averaged by the driver, against `iio_readdev` receiving the same frames from the same radio."""

from __future__ import annotations

import statistics
import subprocess
import time

from acquisition.shot import Shot
from benchmarks._radio import driver_rate, simulated_instrument, survey_shot, transmitting
from benchmarks.result import Result
from sdr import open_transceiver
from sdr.transceiver import InstrumentSettings

CAPTURE_SAMPLES = 100_000
AVERAGES = 320
REPEATS = 7


def run() -> Result:
    # The radio's frames follow one another closely, so that what is measured is transfer and averaging.
    shot = survey_shot(
        capture_samples=CAPTURE_SAMPLES, averages=AVERAGES, repetition_time_s=(CAPTURE_SAMPLES + 500) / 10e6
    )
    ours, theirs, silent = [], [], []
    with simulated_instrument() as (_, settings):
        for _ in range(REPEATS):
            with open_transceiver(settings) as transceiver:
                driver_rate(
                    transceiver, survey_shot(capture_samples=CAPTURE_SAMPLES, averages=2, repetition_time_s=11e-3)
                )
                ours.append(driver_rate(transceiver, shot))
            with transmitting(settings, shot):
                theirs.append(_readdev_rate(settings, shot))
            silent.append(_readdev_rate(settings, shot))
    ratio = statistics.median(our / their for our, their in zip(ours, theirs, strict=True))
    extra = {"iio_readdev_without_transmission_ms_s": statistics.median(silent) / 1e6}
    return Result("capture_throughput", statistics.median(ours) / 1e6, "MS/s", "iio_readdev", ratio, extra)


def _readdev_rate(settings: InstrumentSettings, shot: Shot) -> float:
    """Samples per second that iio_readdev receives and throws away."""
    samples = shot.averages * shot.capture_samples
    command = ["iio_readdev", "-u", settings.uri, "-b", str(shot.capture_samples), "-s", str(samples), "cf-ad9361-lpc"]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return samples / (time.perf_counter() - start)
