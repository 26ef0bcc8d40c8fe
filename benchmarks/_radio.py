"""A simulated radio and shots for the benchmarks of the driver."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from acquisition.limits import InstrumentLimits
from acquisition.shot import Shot
from sdr.pluto.buffers import CyclicTransmitBuffer
from sdr.pluto.configuration import Configuration, Setup
from sdr.pluto.connection import Connection
from sdr.pluto.samples import quantise
from sdr.simulated import SimulatedProcess, running
from sdr.transceiver import ConverterSettings, InstrumentSettings, SwitchSettings, Transceiver


@contextmanager
def simulated_instrument(
    clock: str = "fast", *, repeating: bool = False
) -> Iterator[tuple[SimulatedProcess, InstrumentSettings]]:
    """A simulated radio with an empty probe, and the settings that open it, with a lock folder of its own.

    One that is `repeating` computes its first receptions only and then repeats them, see `_repeating_radio`.
    """
    earlier = os.environ.get("RASGADO_LOCK_DIR")
    module = "benchmarks._repeating_radio" if repeating else "sdr.simulated"
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-locks-") as folder,
        running("empty", clock=clock, module=module) as radio,
    ):
        os.environ["RASGADO_LOCK_DIR"] = folder
        try:
            limits = InstrumentLimits(duty_max=0.5)
            yield (
                radio,
                InstrumentSettings("benchmark", radio.uri, converter=ConverterSettings("upper", 400e6), limits=limits),
            )
        finally:
            os.environ.pop("RASGADO_LOCK_DIR")
            if earlier is not None:
                os.environ["RASGADO_LOCK_DIR"] = earlier


@contextmanager
def transmitting(settings: InstrumentSettings, shot: Shot) -> Iterator[None]:
    """The radio plays the shot's frames without end, as the driver would, for another program to receive them."""
    connection = Connection(settings)
    configuration = Configuration(connection)
    assert connection.tdd is not None
    frequency_hz = settings.converter.lo_hz + shot.centre_frequency_hz
    configuration.apply(Setup(shot.sample_rate_hz, frequency_hz, settings.rx_gain_db, settings.tx_attenuation_db))
    configuration.switch_on(settings.tx_attenuation_db)
    connection.tdd.configure(
        sample_rate_hz=shot.sample_rate_hz,
        frame_samples=round(shot.repetition_time_s * shot.sample_rate_hz),
        lead_samples=0,
        pulse_samples=len(shot.waveform),
        buffer_samples=len(shot.waveform),
        frames=0,
        switch=SwitchSettings(),
    )
    with CyclicTransmitBuffer(connection.tx, quantise(shot.waveform), len(shot.waveform)):
        connection.tdd.start(0.0)
        yield
    connection.tdd.disable()
    connection.transmitter.silence()
    connection.tdd.release()


def driver_rate(transceiver: Transceiver, shot: Shot) -> float:
    """Captured and averaged samples per second of one shot."""
    start = time.perf_counter()
    transceiver.play(shot)
    return shot.averages * shot.capture_samples / (time.perf_counter() - start)


def survey_shot(*, capture_samples: int, averages: int, repetition_time_s: float, sample_rate_hz: float = 10e6) -> Shot:
    """A survey's pulse of 4 ms: teeth of 1 us every 20 us, and a sweep of 50 kHz."""
    samples = round(4e-3 * sample_rate_hz)
    n = np.arange(samples)
    gate = n % round(20e-6 * sample_rate_hz) < round(1e-6 * sample_rate_hz)
    waveform = (gate * np.exp(1j * np.pi * 50e3 / 4e-3 * (n / sample_rate_hz - 2e-3) ** 2)).astype(np.complex64)
    return Shot(
        method="survey",
        centre_frequency_hz=28e6,
        sample_rate_hz=sample_rate_hz,
        waveform=waveform,
        capture_samples=capture_samples,
        dead_time_s=4e-6,
        averages=averages,
        repetition_time_s=repetition_time_s,
    )
