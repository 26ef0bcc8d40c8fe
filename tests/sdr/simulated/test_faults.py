"""Faults on demand, as a client of the real libiio meets them."""

from __future__ import annotations

import contextlib
import errno
import threading
import time
from collections.abc import Iterator

import iio
import pytest

from sdr.simulated import SimulatedProcess, running
from sdr.simulated.faults import FaultKind, Faults
from tests.sdr.simulated.conftest import buffer_of

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatedProcess]:
    with running("empty") as process:
        yield process


@contextlib.contextmanager
def receiving(simulator: SimulatedProcess, timeout_ms: int = 2000) -> Iterator[tuple[iio.Context, iio.Buffer]]:
    context = iio.Context(simulator.uri)
    context.set_timeout(timeout_ms)
    with buffer_of(context.find_device("cf-ad9361-lpc"), 4096) as buffer:
        buffer.refill()
        yield context, buffer


def refill_until_error(buffer: iio.Buffer) -> int | None:
    """The errno of the first refill that fails; the fault arrives by another way than the requests."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            buffer.refill()
        except OSError as error:
            return error.errno
    return None


def test_connection_killed_in_the_middle_of_a_block(simulator: SimulatedProcess) -> None:
    with receiving(simulator) as (_, buffer):
        simulator.fault("kill-mid-buffer:2")
        assert refill_until_error(buffer) in (errno.EPIPE, errno.ECONNRESET, errno.EIO)
    with receiving(simulator) as (_, buffer):
        buffer.refill()


def test_busy(simulator: SimulatedProcess) -> None:
    simulator.fault("busy:1")
    deadline = time.monotonic() + 10
    with pytest.raises(OSError) as error:  # noqa: PT012 - the fault arrives by another way than the requests
        while time.monotonic() < deadline:
            with receiving(simulator):
                pass
    assert error.value.errno == errno.EBUSY
    with receiving(simulator) as (_, buffer):
        buffer.refill()


def test_timeout_is_reported(simulator: SimulatedProcess) -> None:
    with receiving(simulator) as (_, buffer):
        simulator.fault("timeout")
        assert refill_until_error(buffer) == errno.ETIMEDOUT


def test_delayed_answer_comes_late_and_whole(simulator: SimulatedProcess) -> None:
    with receiving(simulator) as (_, buffer):
        simulator.command("delay 0.4")
        simulator.fault("delay:2")
        took_s = []
        for _ in range(3):
            began_s = time.monotonic()
            buffer.refill()
            took_s.append(time.monotonic() - began_s)
            assert len(buffer.read()) == 4 * 4096
    assert took_s[1] > 0.35 > max(took_s[0], took_s[2])


def test_reboot_loses_the_configuration(simulator: SimulatedProcess) -> None:
    with receiving(simulator) as (context, buffer):
        context.find_device("ad9361-phy").find_channel("altvoltage0", True).attrs["frequency"].value = "777000000"
        simulator.fault("reboot")
        assert refill_until_error(buffer) is not None
    again = iio.Context(simulator.uri)
    frequency = again.find_device("ad9361-phy").find_channel("altvoltage0", True).attrs["frequency"].value
    assert frequency == "2400000000"


def test_frozen_server_answers_nobody_until_it_thaws(simulator: SimulatedProcess) -> None:
    answered = threading.Event()

    def ask() -> None:
        iio.Context(simulator.uri)
        answered.set()

    with receiving(simulator, timeout_ms=500) as (_, buffer):
        simulator.fault("freeze")
        assert refill_until_error(buffer) is not None
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
    assert [faults.on_open() for _ in range(3)] == [FaultKind.BUSY, FaultKind.BUSY, None]


@pytest.mark.parametrize("text", ["", "quake", "busy:0", "busy:x", "busy:-1"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="fault"):
        Faults().add(text)
