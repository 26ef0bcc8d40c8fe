"""Samples captured and averaged by the driver, against `iio_readdev` receiving the same frames from the same radio."""

from __future__ import annotations

import statistics
import subprocess
import time

from benchmarks._radio import driver_rate, simulated_instrument, survey_shot, transmitting
from benchmarks.result import Result
from sdr import open_transceiver
from sdr.transceiver import InstrumentSettings

CAPTURE_SAMPLES = 100_000
AVERAGES = 320
REPEATS = 5


def run() -> Result:
    # The radio's frames follow one another closely, so that what is measured is transfer and averaging.
    shot = survey_shot(
        capture_samples=CAPTURE_SAMPLES, averages=AVERAGES, repetition_time_s=(CAPTURE_SAMPLES + 500) / 10e6
    )
    first = survey_shot(capture_samples=CAPTURE_SAMPLES, averages=2, repetition_time_s=11e-3)
    ours, theirs, without_start, silent = [], [], [], []
    with simulated_instrument() as (_, settings):
        for _ in range(REPEATS):
            with open_transceiver(settings) as transceiver:
                driver_rate(transceiver, first)
                ours.append(driver_rate(transceiver, shot))
            with transmitting(settings, shot):
                whole_s, first_s = _readdev_s(settings, AVERAGES), _readdev_s(settings, 1)
            theirs.append(AVERAGES * CAPTURE_SAMPLES / whole_s)
            without_start.append((AVERAGES - 1) * CAPTURE_SAMPLES / (whole_s - first_s))
            silent.append(AVERAGES * CAPTURE_SAMPLES / _readdev_s(settings, AVERAGES))
    ours_repeating, theirs_repeating = [], []
    with simulated_instrument(repeating=True) as (_, settings):
        for _ in range(REPEATS):
            with open_transceiver(settings) as transceiver:
                driver_rate(transceiver, first)
                ours_repeating.append(driver_rate(transceiver, shot))
            with transmitting(settings, shot):
                theirs_repeating.append(AVERAGES * CAPTURE_SAMPLES / _readdev_s(settings, AVERAGES))
    ratios = _ratios(ours, theirs)
    extra = {
        "ratio_lowest": ratios[0],
        "ratio_highest": ratios[-1],
        # iio_readdev is timed with its start and its connecting, which the driver has behind it: the stricter figure.
        "ratio_to_iio_readdev_once_started": statistics.median(_ratios(ours, without_start)),
        "iio_readdev_without_transmission_ms_s": statistics.median(silent) / 1e6,
        # On a radio that repeats what it simulated before, and so delivers 0.5 s of its time, a burst, in some 40 ms:
        # here what the driver does between bursts counts ten times as much as on a radio that keeps its own time.
        "on_a_repeating_radio_ms_s": statistics.median(ours_repeating) / 1e6,
        "on_a_repeating_radio_ratio": statistics.median(_ratios(ours_repeating, theirs_repeating)),
    }
    rate_ms_s, ratio = statistics.median(ours) / 1e6, statistics.median(ratios)
    return Result("capture_throughput", rate_ms_s, "MS/s", "iio_readdev", ratio, extra)


def _ratios(ours: list[float], theirs: list[float]) -> list[float]:
    """Ours to theirs of each repeat, sorted."""
    return sorted(our / their for our, their in zip(ours, theirs, strict=True))


def _readdev_s(settings: InstrumentSettings, frames: int) -> float:
    """Seconds that iio_readdev takes to start, to receive so many frames and to throw them away."""
    samples = frames * CAPTURE_SAMPLES
    command = ["iio_readdev", "-u", settings.uri, "-b", str(CAPTURE_SAMPLES), "-s", str(samples), "cf-ad9361-lpc"]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start
