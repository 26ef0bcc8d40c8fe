from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sdr.errors import RadioBusy
from sdr.lock import RadioLock, file_stem, lock_directory

HOLD = (
    "import sys; from sdr.lock import RadioLock; lock = RadioLock(sys.argv[1]);"
    "print('held', flush=True); sys.stdin.read()"
)
INHERIT = (
    "import subprocess, sys; from sdr.lock import RadioLock; lock = RadioLock(sys.argv[1]);"
    "child = subprocess.Popen(['sleep', '60'], pass_fds=[lock.fileno()], stdout=subprocess.DEVNULL);"
    "print(child.pid, flush=True); sys.stdin.read()"
)


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASGADO_LOCK_DIR", str(tmp_path / "locks"))


def holder(code: str, radio: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, radio], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_the_folder_can_be_named(tmp_path: Path) -> None:
    assert lock_directory() == tmp_path / "locks"
    assert lock_directory().is_dir()


def test_a_radio_is_locked_once_within_a_process_too() -> None:
    lock = RadioLock("ip:192.168.2.1")
    with pytest.raises(RadioBusy, match=rf"in use by process {os.getpid()}"):
        RadioLock("ip:192.168.2.1")
    other = RadioLock("ip:192.168.2.2")
    lock.release()
    lock.release()
    RadioLock("ip:192.168.2.1").release()
    other.release()


def test_kill_minus_9_frees_it() -> None:
    process = holder(HOLD, "usb:1.2.3")
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(RadioBusy, match=f"process {process.pid}"):
        RadioLock("usb:1.2.3")
    process.kill()
    process.wait()
    RadioLock("usb:1.2.3").release()
    process.communicate()


def test_a_child_that_inherits_it_keeps_it() -> None:
    process = holder(INHERIT, "usb:1.2.3")
    assert process.stdout is not None
    child = int(process.stdout.readline())
    try:
        process.kill()
        process.wait()
        with pytest.raises(RadioBusy):
            RadioLock("usb:1.2.3")
    finally:
        os.kill(child, signal.SIGKILL)
        process.communicate()


def test_addresses_that_look_alike_are_different_radios() -> None:
    RadioLock("ip:a.b:1")
    RadioLock("ip:a-b:1")


def test_a_lock_that_cannot_be_opened_is_explained(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / f"{file_stem('usb:1.2.3')}.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RadioBusy, match="RASGADO_LOCK_DIR"):
        RadioLock("usb:1.2.3")
