"""Faults on demand, as a client of the real libiio meets them."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Iterator

import iio
import pytest

from sdr.simulated import SimulatedProcess, running
from sdr.simulated.faults import FaultKind, Faults

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatedProcess]:
    with running("empty") as process:
        yield process


def opened(simulator: SimulatedProcess, timeout_ms: int = 2000) -> tuple[iio.Context, iio.Buffer]:
    context = iio.Context(simulator.uri)
    context.set_timeout(timeout_ms)
    device = context.find_device("cf-ad9361-lpc")
    device.find_channel("voltage0").enabled = True
    device.find_channel("voltage1").enabled = True
    buffer = iio.Buffer(device, 4096)
    buffer.refill()
    return context, buffer


def test_connection_killed_in_the_middle_of_a_block(simulator: SimulatedProcess) -> None:
    _context, buffer = opened(simulator)
    simulator.fault("kill-mid-buffer:2")
    with pytest.raises(OSError) as error:
        for _ in range(50):
            buffer.refill()
    assert error.value.errno in (errno.EPIPE, errno.ECONNRESET, errno.EIO)
    del buffer
    _again, fresh = opened(simulator)
    fresh.refill()


def test_busy(simulator: SimulatedProcess) -> None:
    context = iio.Context(simulator.uri)
    simulator.fault("busy:1")
    device = context.find_device("cf-ad9361-lpc")
    device.find_channel("voltage0").enabled = True
    deadline = time.monotonic() + 5
    while True:  # the fault arrives by another way than the request
        try:
            buffer = iio.Buffer(device, 100)
        except OSError as error:
            assert error.errno == errno.EBUSY
            break
        del buffer
        assert time.monotonic() < deadline
    iio.Buffer(device, 100).refill()


def test_timeout_is_reported(simulator: SimulatedProcess) -> None:
    _context, buffer = opened(simulator)
    simulator.fault("timeout")
    with pytest.raises(OSError) as error:
        for _ in range(1000):
            buffer.refill()
    assert error.value.errno == errno.ETIMEDOUT


def test_reboot_loses_the_configuration(simulator: SimulatedProcess) -> None:
    context, buffer = opened(simulator)
    context.find_device("ad9361-phy").find_channel("altvoltage0", True).attrs["frequency"].value = "777000000"
    simulator.fault("reboot")
    with pytest.raises(OSError):
        for _ in range(1000):
            buffer.refill()
    del buffer
    again = iio.Context(simulator.uri)
    frequency = again.find_device("ad9361-phy").find_channel("altvoltage0", True).attrs["frequency"].value
    assert frequency == "2400000000"


def test_frozen_server_answers_nobody_until_it_thaws(simulator: SimulatedProcess) -> None:
    _context, buffer = opened(simulator, timeout_ms=500)
    simulator.fault("freeze")
    with pytest.raises(OSError):
        for _ in range(1000):
            buffer.refill()
    answered = threading.Event()

    def ask() -> None:
        iio.Context(simulator.uri)
        answered.set()

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    assert not answered.wait(0.3)
    simulator.thaw()
    assert answered.wait(5)
    asking.join()


def test_counting() -> None:
    faults = Faults()
    faults.add("kill-mid-buffer:3")
    faults.add("busy:2")
    assert [faults.on_read() for _ in range(4)] == [None, None, FaultKind.KILL_MID_BUFFER, None]
    assert [faults.on_open() for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("text", ["", "quake", "busy:0", "busy:x", "busy:-1"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="fault"):
        Faults().add(text)
