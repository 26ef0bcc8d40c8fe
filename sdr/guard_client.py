"""The driver's side of the guard: starts it, tells it when the transmitter may be on, and that the driver is alive."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

from sdr.errors import GuardIntervened, GuardUnavailable
from sdr.guard import ALIVE, ARMED, DISARMED, GOODBYE, READY, TRIPPED
from sdr.lock import file_stem, lock_directory

READY_WITHIN_S = 20.0
GONE_WITHIN_S = 10.0


def status_path(uri: str) -> Path:
    """Where the guards of the radio at `uri` write what they did."""
    return lock_directory() / f"{file_stem(uri)}.guard.jsonl"


def read_status(uri: str) -> list[dict[str, object]]:
    """What the guards of the radio at `uri` wrote, oldest first; empty if none ran."""
    path = status_path(uri)
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Guard:
    """One guard process. `inherited` are descriptors of locks that it shall keep as long as it lives."""

    def __init__(self, uri: str, serial: str, turn_off: str, inherited: list[int], timeout_s: float) -> None:
        self._uri, self._serial, self._turn_off = uri, serial, turn_off
        self._inherited, self._timeout_s = inherited, timeout_s
        self._ready = False
        self._channel, self._process = self._start()

    def _start(self) -> tuple[socket.socket, subprocess.Popen[bytes]]:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "sdr.guard", "--uri", self._uri, "--serial", self._serial]
        command += ["--channel", str(theirs.fileno()), "--timeout", str(self._timeout_s)]
        command += ["--status", str(status_path(self._uri)), "--turn-off", self._turn_off]
        try:
            # Its own session, so that nothing sent to the driver's process group reaches the guard; no shared output,
            # so that nobody who waits for the driver's output waits for the guard.
            process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno(), *self._inherited],
                start_new_session=True,
                cwd=Path(__file__).resolve().parent.parent,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            ours.close()
            raise GuardUnavailable(f"The guard process could not be started: {error}.") from error
        finally:
            theirs.close()
        return ours, process

    @property
    def pid(self) -> int:
        """Process id of the guard."""
        return self._process.pid

    def arm(self) -> None:
        """Say that the transmitter may be on from now on. A guard that is gone is replaced first."""
        if self._process.poll() is not None:
            self._channel.close()
            self._ready = False
            self._channel, self._process = self._start()
        self._wait_ready()
        while select.select([self._channel], [], [], 0)[0] and self._channel.recv(64):
            pass  # what an intervention during an earlier shot left
        self._tell(ARMED)

    def alive(self) -> None:
        """Give a sign of life; raises GuardIntervened if the guard has turned the transmitter off meanwhile."""
        if select.select([self._channel], [], [], 0)[0] and self._channel.recv(64) == TRIPPED:
            raise GuardIntervened(f"This process gave no sign of life for {self._timeout_s:g} s.")
        self._tell(ALIVE)

    def disarm(self) -> None:
        """Say that the transmitter is off."""
        try:
            self._tell(DISARMED)
        except GuardUnavailable:
            return  # the transmitter is off, and the next `arm` starts another guard

    def close(self) -> None:
        """Dismiss the guard and wait until it has gone, and with it its hold on the locks."""
        try:
            self._channel.sendall(GOODBYE)
        except OSError:
            pass  # it has gone already
        try:
            self._process.wait(GONE_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._channel.close()

    def abandon(self) -> None:
        """Leave the guard alone with a radio that could not be made safe; it goes on trying and then ends."""
        self._channel.close()

    def _wait_ready(self) -> None:
        if self._ready:
            return
        deadline = time.monotonic() + READY_WITHIN_S
        while not select.select([self._channel], [], [], 0.1)[0]:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise GuardUnavailable("The guard process did not start.")
        if self._channel.recv(1) != READY:
            raise GuardUnavailable("The guard process ended when it should have started.")
        self._ready = True

    def _tell(self, message: bytes) -> None:
        try:
            self._channel.sendall(message)
        except OSError as error:
            raise GuardUnavailable("The guard process has gone while the transmitter was in use.") from error
