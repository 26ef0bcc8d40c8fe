"""Everything that can go wrong: each has its own error, and the transmitter is off afterwards."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import iio
import pytest

from acquisition.shot import Shot
from sdr import open_transceiver
from sdr.errors import (
    CaptureIncomplete,
    InvalidConfiguration,
    RadioBusy,
    RadioLost,
    RadioUnreachable,
    ShotStopped,
    UnsafeState,
    UnsuitableRadio,
    WrongRadio,
)
from sdr.guard_client import read_status
from sdr.pluto.names import PHY, TDD, TX
from sdr.pluto.rounds import BURST_S
from sdr.pluto.running_shot import RunningShot
from sdr.simulated import SimulatedProcess, running
from sdr.transceiver import ConverterSettings, InstrumentSettings
from tests.sdr.pluto.conftest import LINE_HZ, SAMPLE, instrument, transmissions
from tests.sdr.shots import shot

pytestmark = pytest.mark.integration

DRIVE = """
import sys
from sdr import open_transceiver
from sdr.transceiver import ConverterSettings, InstrumentSettings
from tests.sdr.shots import shot
settings = InstrumentSettings(
    "test", sys.argv[1], converter=ConverterSettings("upper", 400e6), guard_timeout_s=float(sys.argv[2])
)
with open_transceiver(settings) as transceiver:
    print("open", flush=True)
    sys.stdin.readline()
    transceiver.play(
        shot(centre_frequency_hz=28e6, averages=2000, repetition_time_s=50e-3),
        on_average=lambda done: print(done, flush=True),
    )
"""


def long_shot(**changes: Any) -> Shot:
    """On the real clock it takes 40 s."""
    slow = {"sample_rate_hz": 2.5e6, "averages": 2000, "repetition_time_s": 20e-3}
    return shot(**{"centre_frequency_hz": LINE_HZ} | slow | changes)


def assert_silent(radio: SimulatedProcess) -> None:
    """By the radio's own log, and by its attributes as another client reads them."""
    assert transmissions(radio)[-1:] in ([], ["tx_off"])
    context = iio.Context(radio.uri)
    phy, dac = context.find_device(PHY), context.find_device(TX)
    assert phy.find_channel("altvoltage1", True).attrs["powerdown"].value == "1"
    assert phy.find_channel("voltage0", True).attrs["hardwaregain"].value.startswith("-89.75")
    assert all(float(c.attrs["scale"].value) == 0 for c in dac.channels if c.id.startswith("altvoltage"))
    tdd = context.find_device(TDD)
    assert tdd is None or tdd.attrs["enable"].value == "0"


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


class TestOpening:
    def test_nobody_there(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            uri = f"ip:127.0.0.1:{unused.getsockname()[1]}"
            with pytest.raises(RadioUnreachable, match="refused"):
                open_transceiver(InstrumentSettings("test", uri))

    def test_somebody_who_never_answers(self) -> None:
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            address = full.getsockname()
            first = socket.create_connection(address)  # fills the queue: the next is not even accepted
            second = socket.socket()
            second.setblocking(False)
            second.connect_ex(address)
            started = time.monotonic()
            with pytest.raises(RadioUnreachable):
                open_transceiver(InstrumentSettings("test", f"ip:127.0.0.1:{address[1]}", connect_timeout_s=0.3))
            assert time.monotonic() - started < 8
            first.close()
            second.close()

    def test_no_such_host(self) -> None:
        with pytest.raises(RadioUnreachable):
            open_transceiver(InstrumentSettings("test", "ip:no-such-radio.invalid"))

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("driver", {"driver": "hackrf"}),
            ("uri", {"uri": "somewhere"}),
            ("uri", {"uri": "ip:rädio"}),
            ("uri", {"uri": ""}),
            ("converter_side", {"converter": ConverterSettings("inside", 1.0)}),
        ],
    )
    def test_impossible_settings(self, field: str, changes: dict[str, Any]) -> None:
        with pytest.raises(InvalidConfiguration) as raised:
            open_transceiver(InstrumentSettings(**{"slug": "test", "uri": "ip:127.0.0.1:1"} | changes))
        assert raised.value.field == field

    def test_impossible_synchronisation(self, shared_radio: SimulatedProcess) -> None:
        with pytest.raises(InvalidConfiguration) as raised:
            open_transceiver(instrument(shared_radio, synchronisation="prayer"))
        assert raised.value.field == "synchronisation"

    def test_the_core_that_is_required_is_missing(self) -> None:
        with running(SAMPLE, firmware="v0.32") as radio, pytest.raises(UnsuitableRadio, match=r"0\.39"):
            open_transceiver(instrument(radio, synchronisation="tdd"))

    def test_one_process_at_a_time(self, shared_radio: SimulatedProcess) -> None:
        with open_transceiver(instrument(shared_radio)):
            with pytest.raises(RadioBusy, match=str(os.getpid())):
                open_transceiver(instrument(shared_radio))
            same_radio = shared_radio.uri.replace("127.0.0.1", "localhost")
            with pytest.raises(RadioBusy, match="serial"):
                open_transceiver(instrument(shared_radio, uri=same_radio))
        open_transceiver(instrument(shared_radio)).close()

    def test_another_program_has_the_buffers(self, radio: SimulatedProcess) -> None:
        foreign = subprocess.Popen(
            ["iio_readdev", "-u", radio.uri, "-b", "1024", "cf-ad9361-lpc"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert foreign.stdout is not None
        foreign.stdout.read(4096)
        try:
            with open_transceiver(instrument(radio)) as transceiver, pytest.raises(RadioBusy):
                transceiver.play(shot())
        finally:
            foreign.kill()
            foreign.communicate()
        with open_transceiver(instrument(radio)) as transceiver:
            transceiver.play(shot())

    def test_a_radio_left_transmitting_is_turned_off(self, radio: SimulatedProcess) -> None:
        context = iio.Context(radio.uri)
        dac, phy = context.find_device(TX), context.find_device(PHY)
        dac.find_channel("altvoltage0", True).attrs["scale"].value = "0.5"
        dac.find_channel("altvoltage0", True).attrs["raw"].value = "1"
        phy.find_channel("altvoltage1", True).attrs["powerdown"].value = "0"
        assert transmissions(radio)[-1] == "tx_on"
        with open_transceiver(instrument(radio)) as transceiver:
            assert_silent(radio)
            assert transceiver.make_safe().confirmed


class TestLosing:
    @pytest.mark.parametrize(("firmware", "receptions"), [("v0.39", 60), ("v0.32", 8)])
    def test_the_radio_reboots(self, firmware: str, receptions: int) -> None:
        with running(SAMPLE, firmware=firmware, arguments=["--fault", f"reboot:{receptions}"]) as radio:
            with open_transceiver(instrument(radio)) as transceiver:
                with pytest.raises(RadioLost):
                    transceiver.play(long_shot(averages=400))
                assert_silent(radio)
                partial = transceiver.partial()
                assert partial is not None
                assert 0 < partial.averages < 400
                assert partial.averages % 2 == 0
                assert partial.samples.shape == (8000,)
                again = transceiver.play(shot(centre_frequency_hz=LINE_HZ))
                assert again.averages == 8
            assert_silent(radio)

    def test_the_radio_loses_its_power(self) -> None:
        slow = long_shot()
        one_round = len(slow.phase_cycle) * round(BURST_S / slow.repetition_time_s)
        with running(SAMPLE, clock="real") as radio:
            transceiver = open_transceiver(instrument(radio, connect_timeout_s=0.5))
            with pytest.raises(RadioLost) as raised:
                transceiver.play(slow, on_average=lambda done: radio.kill() if done > one_round else None)
            assert any("could not be confirmed" in note for note in raised.value.__notes__)
            partial = transceiver.partial()
            assert partial is not None
            assert partial.averages == one_round
            with pytest.raises(UnsafeState):
                transceiver.close()

    def test_leaving_with_the_radio_gone_keeps_the_first_error(self) -> None:
        with running(SAMPLE, clock="real") as radio:
            with (
                pytest.raises(RadioLost) as raised,
                open_transceiver(instrument(radio, connect_timeout_s=0.5)) as transceiver,
            ):
                transceiver.play(long_shot(), on_average=lambda done: radio.kill() if done > 8 else None)
            assert any("could not be confirmed" in note for note in raised.value.__notes__)

    def test_no_error_hides_that_the_transmitter_may_be_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A shot that failed for another reason, on a radio that then does not answer, ends as unsafe."""
        with running(SAMPLE) as radio:
            transceiver = open_transceiver(instrument(radio, connect_timeout_s=0.5))

            def cut_short(running_shot: RunningShot, level: float) -> None:
                radio.kill()
                raise CaptureIncomplete("The radio gave fewer samples.")

            monkeypatch.setattr(RunningShot, "run", cut_short)
            with pytest.raises(UnsafeState):
                transceiver.play(shot())
            with pytest.raises(UnsafeState):
                transceiver.close()

    def test_another_radio_at_the_same_address(self) -> None:
        """After a broken connection only the radio that was opened, and is locked, is driven again."""
        with running(SAMPLE, serial="first") as radio:
            transceiver = open_transceiver(instrument(radio))
            radio.kill()
            with pytest.raises(RadioLost):
                transceiver.play(shot())
            with running(SAMPLE, serial="second", port=int(radio.uri.rsplit(":", 1)[1])) as other:
                with pytest.raises(WrongRadio, match="first"):
                    transceiver.play(shot())
                with pytest.raises(UnsafeState, match="second"):
                    transceiver.close()
                assert transmissions(other) == []

    def test_a_reply_that_never_comes(self) -> None:
        with (
            running(SAMPLE, arguments=["--fault", "timeout:30"]) as radio,
            open_transceiver(instrument(radio)) as transceiver,
        ):
            with pytest.raises(RadioLost, match="timed out|in time"):
                transceiver.play(long_shot(averages=400))
            assert_silent(radio)


class TestStopping:
    @pytest.mark.parametrize("firmware", ["v0.39", "v0.32"])
    def test_on_request(self, firmware: str) -> None:
        with running(SAMPLE, firmware=firmware) as radio, open_transceiver(instrument(radio)) as transceiver:
            slow = long_shot()
            one_round = len(slow.phase_cycle) * round(BURST_S / slow.repetition_time_s)
            done: list[int] = []
            # Between bursts it is asked for certain, within them as the clock has it: in or after the second round.
            with pytest.raises(ShotStopped):
                transceiver.play(slow, on_average=done.append, should_stop=lambda: bool(done) and done[-1] > one_round)
            assert_silent(radio)
            partial = transceiver.partial()
            assert partial is not None
            assert partial.averages in (one_round, 2 * one_round)
            assert transceiver.play(shot(centre_frequency_hz=LINE_HZ)).averages == 8
            assert transceiver.partial() is None

    def test_asked_twice_a_second_within_long_frames(self) -> None:
        with running(SAMPLE, clock="real") as radio, open_transceiver(instrument(radio)) as transceiver:
            stop_at = time.monotonic() + 1.5
            asked: list[float] = []

            def should_stop() -> bool:
                asked.append(time.monotonic())
                return asked[-1] >= stop_at

            with pytest.raises(ShotStopped):
                transceiver.play(long_shot(repetition_time_s=5.0), should_stop=should_stop)
            assert time.monotonic() - stop_at < 1.0
            assert max(later - earlier for earlier, later in pairwise(asked)) < 0.5
            assert_silent(radio)
            assert transceiver.play(shot(centre_frequency_hz=LINE_HZ)).averages == 8

    def test_control_c_in_the_middle_of_a_frame(self) -> None:
        with running(SAMPLE, clock="real") as radio, open_transceiver(instrument(radio)) as transceiver:
            timer = threading.Timer(0.8, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()
            started = time.monotonic()
            with pytest.raises(KeyboardInterrupt):
                transceiver.play(long_shot(repetition_time_s=2.0))
            assert time.monotonic() - started < 2.0
            assert_silent(radio)
            assert transceiver.play(shot(centre_frequency_hz=LINE_HZ)).averages == 8


class TestDying:
    def drive(self, radio: SimulatedProcess, guard_timeout_s: float = 30.0) -> subprocess.Popen[str]:
        """A process in the middle of a shot."""
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVE, radio.uri, str(guard_timeout_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        process.stdin.write("go\n")
        process.stdin.flush()
        while int(process.stdout.readline()) < 8:
            pass
        return process

    def test_kill_minus_9_while_transmitting(self) -> None:
        with running(SAMPLE, clock="real") as radio:
            process = self.drive(radio)
            assert transmissions(radio).count("tx_on") >= 1
            process.kill()
            killed = time.monotonic()
            assert within(2, lambda: [entry["event"] for entry in read_status(radio.uri)][-1:] == ["tx_off"])
            assert time.monotonic() - killed < 2
            assert read_status(radio.uri)[-1]["confirmed"] is True
            assert_silent(radio)
            process.communicate()
            assert within(3, lambda: self.opens(radio))
            assert_silent(radio)

    def opens(self, radio: SimulatedProcess) -> bool:
        try:
            open_transceiver(instrument(radio)).close()
        except RadioBusy:
            return False
        return True

    def test_frozen_while_transmitting(self) -> None:
        with running(SAMPLE, clock="real") as radio:
            process = self.drive(radio, guard_timeout_s=1.0)
            try:
                os.kill(process.pid, signal.SIGSTOP)
                assert within(3, lambda: "tx_off" in [entry["event"] for entry in read_status(radio.uri)])
                assert transmissions(radio)[-1] == "tx_off"
                with pytest.raises(RadioBusy):
                    open_transceiver(instrument(radio))
                os.kill(process.pid, signal.SIGCONT)
                assert process.wait(10) != 0  # GuardIntervened
            finally:
                process.kill()
                process.communicate()
            assert within(3, lambda: self.opens(radio))
            assert_silent(radio)
