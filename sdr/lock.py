"""One process per radio, by a lock that the kernel releases when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
import time
from pathlib import Path

from sdr.errors import RadioBusy


def lock_directory() -> Path:
    """Where locks and the guards' status files live: RASGADO_LOCK_DIR, or a folder in the system's temporary one."""
    named = os.environ.get("RASGADO_LOCK_DIR")
    folder = Path(named) if named else Path(tempfile.gettempdir()) / "rasgado-radios"
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        if not named:
            folder.chmod(0o1777)  # shared by all users of the machine, as the radios are
    return folder


def file_stem(radio: str) -> str:
    """A file name for a radio's address or serial number, readable and without collisions."""
    readable = "".join(c if c.isalnum() else "-" for c in radio)[:40].strip("-")
    return f"{readable}-{hashlib.sha256(radio.encode()).hexdigest()[:12]}"


class RadioLock:
    """An advisory lock on one radio, held from construction until `release` or the end of every process that shares it.

    The lock belongs to the open file, so a child that inherits `fileno()` keeps it alive: the guard does, and no new
    process gets the radio before the guard has turned the transmitter off.
    """

    def __init__(self, radio: str) -> None:
        self.radio = radio
        self.path = lock_directory() / f"{file_stem(radio)}.lock"
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            raise RadioBusy(
                f"The lock on the radio {radio}, {self.path}, cannot be opened: {os.strerror(error.errno or 0)}.",
                "Let all workers for this radio run as one user, or give RASGADO_LOCK_DIR a folder that they share.",
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = self._read_holder()
            os.close(self._descriptor)
            self._descriptor = -1
            by = "" if holder is None else f" by process {holder}"
            raise RadioBusy(f"The radio {radio} is in use{by}.", holder=holder) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps({"pid": os.getpid(), "since_unix_s": time.time()}).encode(), 0)

    def _read_holder(self) -> int | None:
        try:
            return int(json.loads(os.pread(self._descriptor, 200, 0))["pid"])
        except (ValueError, KeyError, TypeError):
            return None

    def fileno(self) -> int:
        """The descriptor that carries the lock."""
        return self._descriptor

    def release(self) -> None:
        """Let go; the lock is free once every process that inherited it has let go too."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def in_use_by_others(radio: str) -> bool:
    """Whether a living process other than this one and its parent holds the lock on a radio.

    A guard asks on behalf of the driver that started it; the lock of a driver that died is held by its guard alone.
    """
    try:
        RadioLock(radio).release()
    except RadioBusy as busy:
        if busy.holder in (os.getpid(), os.getppid()):
            return False
        return busy.holder is None or _lives(busy.holder)
    return False


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # another user's
    return True
