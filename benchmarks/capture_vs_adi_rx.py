"""Samples captured and averaged by the driver, against `adi.Pluto.rx()` receiving the frames of the same radio.

Twice: on the simulated radio, where most of the time goes into simulating, and on one that repeats what it simulated
before, which is fast enough for the two clients to be what is measured. `ratio` is from the latter, against `rx()` by
itself; `with_averaging` is against `rx()` and the sum in complex numbers that a user would write.
"""

from __future__ import annotations

import statistics
import time

import adi
import numpy as np

from acquisition.shot import Shot
from benchmarks._radio import driver_rate, simulated_instrument, survey_shot, transmitting
from benchmarks.result import Result
from sdr import open_transceiver
from sdr.transceiver import InstrumentSettings

CAPTURE_SAMPLES = 100_000
AVERAGES = 200
REPEATS = 5

Rates = dict[str, list[float]]


def run() -> Result:
    shot = survey_shot(
        capture_samples=CAPTURE_SAMPLES, averages=AVERAGES, repetition_time_s=(CAPTURE_SAMPLES + 500) / 10e6
    )
    repeating, simulated = _rates(shot, repeating=True), _rates(shot, repeating=False)
    extra = {
        "with_averaging": _ratio(repeating, "rx and sum"),
        "driver_cpu_ns_per_sample": statistics.median(repeating["driver cpu"]),
        "rx_cpu_ns_per_sample": statistics.median(repeating["rx cpu"]),
        "on_the_simulated_radio_ms_s": statistics.median(simulated["driver"]) / 1e6,
        "on_the_simulated_radio_ratio": _ratio(simulated, "rx"),
        "on_the_simulated_radio_with_averaging": _ratio(simulated, "rx and sum"),
    }
    value = statistics.median(repeating["driver"]) / 1e6
    return Result("capture_vs_adi_rx", value, "MS/s", "adi.Pluto.rx()", _ratio(repeating, "rx"), extra)


def _ratio(rates: Rates, against: str) -> float:
    return statistics.median(our / their for our, their in zip(rates["driver"], rates[against], strict=True))


def _rates(shot: Shot, *, repeating: bool) -> Rates:
    """Samples a second of all, and ns of processor time a sample, by turns."""
    rates: Rates = {"driver": [], "driver cpu": [], "rx": [], "rx cpu": [], "rx and sum": []}
    first = survey_shot(capture_samples=CAPTURE_SAMPLES, averages=8, repetition_time_s=11e-3)
    with simulated_instrument(repeating=repeating) as (_, settings):
        for _ in range(REPEATS):
            with open_transceiver(settings) as transceiver:
                driver_rate(transceiver, first)
                cpu_s = time.process_time()
                rates["driver"].append(driver_rate(transceiver, shot))
                rates["driver cpu"].append(1e9 * (time.process_time() - cpu_s) / (AVERAGES * CAPTURE_SAMPLES))
            with transmitting(settings, shot):
                rate, cpu_ns = _rx_rate(settings, averaged=False)
                rates["rx"].append(rate)
                rates["rx cpu"].append(cpu_ns)
                rates["rx and sum"].append(_rx_rate(settings, averaged=True)[0])
    return rates


def _rx_rate(settings: InstrumentSettings, *, averaged: bool) -> tuple[float, float]:
    """Samples a second, and ns of processor time a sample, that pyadi-iio receives as complex numbers."""
    pluto = adi.Pluto(uri=settings.uri)
    pluto.rx_buffer_size = CAPTURE_SAMPLES
    pluto.rx()
    total = np.zeros(CAPTURE_SAMPLES, dtype=np.complex128)
    start, cpu_s = time.perf_counter(), time.process_time()
    for _ in range(AVERAGES):
        samples = pluto.rx()
        if averaged:
            total += samples
    elapsed_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu_s
    pluto.rx_destroy_buffer()
    count = AVERAGES * CAPTURE_SAMPLES
    return count / elapsed_s, 1e9 * cpu_s / count
