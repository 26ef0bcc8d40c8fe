"""Simulators shared by the tests of one module; starting one takes a third of a second."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import iio
import pytest

from sdr.simulated import SimulatedProcess, running

SAMPLE = {
    "name": "test",
    "lines": [{"frequency_hz": 28.05e6, "amplitude_over_noise": 3, "t2_star_s": 0.4e-3, "t1_s": 5e-3}],
}


@pytest.fixture(scope="module")
def simulated() -> Iterator[SimulatedProcess]:
    with running(SAMPLE) as process:
        yield process


@pytest.fixture(scope="module")
def old_firmware() -> Iterator[SimulatedProcess]:
    with running(SAMPLE, firmware="v0.32") as process:
        yield process


@contextlib.contextmanager
def buffer_of(
    device: iio.Device, samples: int, channels: tuple[str, ...] = ("voltage0", "voltage1")
) -> Iterator[iio.Buffer]:
    """A receive buffer that is destroyed before its context: the other way round, libiio crashes."""
    for channel in device.channels:
        channel.enabled = channel.id in channels and channel.scan_element
    buffer = iio.Buffer(device, samples)
    try:
        yield buffer
    finally:
        buffer.__del__()
        buffer._buffer = None


@pytest.fixture
def context(simulated: SimulatedProcess) -> iio.Context:
    return iio.Context(simulated.uri)
