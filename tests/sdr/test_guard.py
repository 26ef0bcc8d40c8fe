"""The guard against a stand-in for the radio: a file that says whether the transmitter is on."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from sdr.errors import EmergencyStop, GuardIntervened, GuardUnavailable, RadioBusy
from sdr.guard import ALIVE, ARMED, DISARMED, GOODBYE, Watch
from sdr.guard_client import ANSWER_WITHIN_S, Guard, read_status
from sdr.lock import RadioLock
from sdr.stop_signal import StopSignal

TURN_OFF = "tests.sdr.test_guard:turn_off_file"
DRIVE = """
import sys, time
from sdr.guard_client import Guard
from sdr.lock import RadioLock
from sdr.stop_signal import StopSignal
uri, timeout = sys.argv[1], float(sys.argv[2])
lock = RadioLock(uri)
guard = Guard(uri, "", "tests.sdr.test_guard:turn_off_file", [lock.fileno()], timeout)
guard.arm()
print(guard.pid, flush=True)
sys.stdin.read()
"""


def turn_off_file(uri: str, serial: str) -> object:
    """The guard's function in these tests: `uri` is the path of a file; a missing one is an unreachable radio."""
    from sdr.transceiver import SafeState

    path = Path(uri)
    if not path.exists():
        raise OSError("no such radio")
    holder = path.read_text().removeprefix("claimed by ")
    if holder.isdecimal() and not gone(int(holder)):
        raise OSError(errno.EBUSY, "claimed by another process")
    path.write_text("off")
    return SafeState(True, 89.75, True, True, True, True)


@pytest.fixture
def radio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RASGADO_LOCK_DIR", str(tmp_path / "locks"))
    path = tmp_path / "radio"
    path.write_text("on")
    return path


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def events(radio: Path) -> list[object]:
    return [entry["event"] for entry in read_status(str(radio))]


def driver(radio: Path, timeout_s: float = 30.0) -> tuple[subprocess.Popen[str], int]:
    """A process that has armed its guard; its pid and the guard's."""
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVE, str(radio), str(timeout_s)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"


class TestWatch:
    def test_silence_counts_only_while_armed(self) -> None:
        watch = Watch(timeout_s=2.0)
        assert watch.patience_s(0.0) is None
        watch.receive(ALIVE, 0.0)
        assert watch.patience_s(0.0) is None
        watch.receive(ARMED, 10.0)
        assert watch.patience_s(11.0) == 1.0
        assert not watch.overdue(11.9)
        watch.receive(ALIVE, 11.9)
        assert not watch.overdue(13.8)
        watch.receive(DISARMED, 13.8)
        assert not watch.overdue(99.0)

    def test_an_overdue_driver_is_disarmed(self) -> None:
        watch = Watch(timeout_s=2.0)
        watch.receive(ARMED, 0.0)
        assert watch.overdue(2.0)
        assert not watch.overdue(9.0)
        watch.receive(ALIVE, 9.0)
        assert watch.patience_s(9.0) is None

    def test_messages_that_arrive_together(self) -> None:
        watch = Watch(timeout_s=2.0)
        watch.receive(ARMED + ALIVE + DISARMED + GOODBYE, 0.0)
        assert watch.finished
        assert watch.patience_s(0.0) is None


def test_kill_minus_9_of_the_driver_turns_the_transmitter_off_and_then_frees_the_radio(radio: Path) -> None:
    process, guard_pid = driver(radio)
    process.kill()
    process.communicate()
    assert within(3, lambda: radio.read_text() == "off")
    assert within(3, lambda: gone(guard_pid))
    assert events(radio) == ["guard_started", "tx_off"]
    RadioLock(str(radio)).release()


def test_the_lock_is_held_until_the_transmitter_is_off(radio: Path) -> None:
    """While the radio does not answer, nobody else gets it."""
    radio.unlink()
    process, guard_pid = driver(radio)
    process.kill()
    process.communicate()
    with pytest.raises(RadioBusy):
        RadioLock(str(radio))
    radio.write_text("on")
    assert within(3, lambda: gone(guard_pid))
    assert radio.read_text() == "off"
    RadioLock(str(radio)).release()


def test_a_frozen_driver_is_turned_off_and_told_when_it_wakes(radio: Path) -> None:
    guard = Guard(str(radio), "", TURN_OFF, [], timeout_s=0.3)
    try:
        guard.arm()
        assert radio.read_text() == "on"
        assert within(5, lambda: radio.read_text() == "off")  # no sign of life meanwhile
        assert within(5, lambda: "tx_off" in events(radio))
        with pytest.raises(GuardIntervened):
            within(5, lambda: bool(guard.alive()))
        radio.write_text("on")
        guard.arm()
        guard.alive()
        guard.disarm()
    finally:
        guard.close()
    assert events(radio)[-1] == "goodbye"


def test_signs_of_life_keep_it_away(radio: Path) -> None:
    guard = Guard(str(radio), "", TURN_OFF, [], timeout_s=0.5)
    guard.arm()
    deadline = time.monotonic() + 1.2
    while time.monotonic() < deadline:
        guard.alive()
        time.sleep(0.05)
    guard.disarm()
    time.sleep(0.7)  # longer than the timeout, but disarmed
    guard.close()
    assert radio.read_text() == "on"
    assert events(radio) == ["guard_started", "goodbye"]
    assert gone(guard.pid)


def test_signals_to_the_group_do_not_end_it(radio: Path) -> None:
    process, guard_pid = driver(radio)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(guard_pid, number)
    time.sleep(0.2)
    assert not gone(guard_pid)
    process.kill()
    process.communicate()
    assert within(3, lambda: gone(guard_pid))
    assert radio.read_text() == "off"


def test_a_killed_guard_is_replaced_before_anything_is_sent(radio: Path) -> None:
    guard = Guard(str(radio), "", TURN_OFF, [], timeout_s=5.0)
    guard.arm()
    first = guard.pid
    guard.disarm()
    os.kill(first, signal.SIGKILL)
    assert within(3, lambda: gone(first))
    guard.arm()
    assert guard.pid != first
    guard.alive()
    guard.close()


def test_a_driver_that_keeps_the_radio_from_the_guard_is_killed(radio: Path) -> None:
    """As over USB, where a device has room for one process: a frozen one would keep the transmitter on for good."""
    process, _ = driver(radio, timeout_s=0.5)
    radio.write_text(f"claimed by {process.pid}")
    os.kill(process.pid, signal.SIGSTOP)
    try:
        assert within(5, lambda: radio.read_text() == "off")
        assert process.wait(5) == -signal.SIGKILL
    finally:
        process.kill()
        process.communicate()
    assert "killed_driver" in events(radio)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP])
def test_a_guard_that_is_gone_or_frozen_ends_the_shot_and_lets_no_other_begin(radio: Path, sign: int) -> None:
    guard = Guard(str(radio), "", TURN_OFF, [], timeout_s=30.0)
    try:
        guard.arm()
        guard.alive()
        os.kill(guard.pid, sign)
        noticed_from = time.monotonic()
        with pytest.raises(GuardUnavailable):
            within(ANSWER_WITHIN_S + 1.0, lambda: bool(guard.alive()))
        assert time.monotonic() - noticed_from < ANSWER_WITHIN_S + 0.5
    finally:
        os.kill(guard.pid, signal.SIGKILL)
        guard.close()


def test_staffs_stop_is_heard_from_redis_and_keeps_the_driver_from_arming(radio: Path) -> None:
    line = redis.Redis.from_url(os.environ["REDIS_URL"])
    stop = StopSignal(os.environ["REDIS_URL"], f"stop-of-{radio}", f"answer-of-{radio}")
    guard = Guard(str(radio), "", TURN_OFF, [], timeout_s=30.0, stop=stop)
    try:
        guard.arm()
        line.set(stop.key, "pressed")
        pressed_s = time.monotonic()
        with pytest.raises(EmergencyStop):
            within(5, lambda: bool(guard.alive()))
        assert within(1, lambda: radio.read_text() == "off") and time.monotonic() - pressed_s < 2
        assert within(2, lambda: line.get(stop.answer_key) is not None)
        answer = json.loads(line.get(stop.answer_key) or b"{}")
        assert (answer["stop"], answer["off"]) == ("pressed", True)
        guard.disarm()
        with pytest.raises(EmergencyStop):
            guard.arm()
        line.delete(stop.key)
        deadline_s = time.monotonic() + 3
        while time.monotonic() < deadline_s:
            try:
                guard.arm()
                break
            except EmergencyStop:
                time.sleep(0.05)
        guard.alive()
    finally:
        guard.close()
        line.delete(stop.key, stop.answer_key)


def test_a_driver_that_was_frozen_and_wakes_into_a_stop_is_kept_off(radio: Path) -> None:
    """It was about to switch on when it froze, so it does when it wakes: the guard turns it off again and again."""
    line = redis.Redis.from_url(os.environ["REDIS_URL"])
    stop = StopSignal(os.environ["REDIS_URL"], f"stop-of-{radio}", f"answer-of-{radio}")
    guard = Guard(str(radio), "", TURN_OFF, [], timeout_s=30.0, stop=stop)
    try:
        guard.arm()
        line.set(stop.key, "pressed")
        assert within(3, lambda: radio.read_text() == "off")
        radio.write_text("on")  # this process has not listened yet
        assert within(1, lambda: radio.read_text() == "off")
        with pytest.raises(EmergencyStop):
            guard.alive()
    finally:
        guard.close()
        line.delete(stop.key, stop.answer_key)
