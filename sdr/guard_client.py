"""The driver's side of the guard: starts it, tells it when the transmitter may be on, and that the driver is alive."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from sdr import radio_log
from sdr.errors import EmergencyStop, GuardIntervened, GuardUnavailable
from sdr.guard import ALIVE, ANSWER, ARMED, DISARMED, GO_AHEAD, GOODBYE, READY, STOPPED, TRIPPED
from sdr.stop_signal import StopSignal

READY_WITHIN_S = 20.0
GONE_WITHIN_S = 10.0
# A guard that answers later than this is of no use: it must turn the transmitter off within a second.
ANSWER_WITHIN_S = 2.0


def read_status(uri: str) -> list[dict[str, Any]]:
    """What the guards of the radio at `uri` wrote into its log, oldest first; empty if none ran."""
    return [line for line in radio_log.read(radio_log.log_path(uri)) if line["by"] == "guard"]


class Guard:
    """One guard process. `inherited` are descriptors of locks that it shall keep as long as it lives.

    It hears `stop`, and names `run` in the radio's log.
    """

    def __init__(
        self,
        uri: str,
        serial: str,
        turn_off: str,
        inherited: list[int],
        timeout_s: float,
        *,
        stop: StopSignal = StopSignal(),  # noqa: B008 (frozen)
        run: str = "",
    ) -> None:
        self._uri, self._serial, self._turn_off = uri, serial, turn_off
        self._inherited, self._timeout_s = inherited, timeout_s
        self._stop, self._run = stop, run
        self._ready = False
        self._asked_s: float | None = None  # since when a sign of life has not been answered
        self._channel, self._process = self._start()

    def _start(self) -> tuple[socket.socket, subprocess.Popen[bytes]]:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "sdr.guard", "--uri", self._uri, "--serial", self._serial, "--run", self._run]
        command += ["--channel", str(theirs.fileno()), "--driver", str(os.getpid()), "--timeout", str(self._timeout_s)]
        command += ["--log", str(radio_log.log_path(self._uri)), "--turn-off", self._turn_off]
        try:
            # Its own session, so that nothing sent to the driver's process group reaches the guard; no shared output,
            # so that nobody who waits for the driver's output waits for the guard.
            process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno(), *self._inherited],
                start_new_session=True,
                cwd=Path(__file__).resolve().parent.parent,
                env={**os.environ, **self._stop.to_environment()},
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
        """Say that the transmitter may be on from now on, and wait until the guard has agreed.

        A guard that is gone is replaced first. Raises EmergencyStop while staff's stop is in force, GuardUnavailable if
        the guard does not answer.
        """
        if self._process.poll() is not None:
            self._channel.close()
            self._ready = False
            self._channel, self._process = self._start()
        self._wait_ready()
        while select.select([self._channel], [], [], 0)[0] and self._channel.recv(64):
            pass  # what an intervention during an earlier shot left
        self._asked_s = None
        self._tell(ARMED)
        deadline_s = time.monotonic() + ANSWER_WITHIN_S
        heard = b""
        while GO_AHEAD not in heard:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0 or not select.select([self._channel], [], [], left_s)[0]:
                raise GuardUnavailable(f"The guard process has not answered for {ANSWER_WITHIN_S:g} s.")
            heard = self._hear()

    def alive(self) -> None:
        """Give a sign of life, and find out whether the guard lives and has anything to say.

        Raises EmergencyStop or GuardIntervened if it has turned the transmitter off meanwhile, GuardUnavailable if it
        is gone or silent.
        """
        while select.select([self._channel], [], [], 0)[0]:
            if ANSWER in self._hear():
                self._asked_s = None
        now_s = time.monotonic()
        if self._asked_s is not None and now_s - self._asked_s > ANSWER_WITHIN_S:
            raise GuardUnavailable(f"The guard process has not answered for {ANSWER_WITHIN_S:g} s.")
        self._tell(ALIVE)
        self._asked_s = self._asked_s or now_s

    def _hear(self) -> bytes:
        """What the guard said; raises what it means."""
        try:
            heard = self._channel.recv(64)
        except OSError as error:
            raise GuardUnavailable("The guard process has gone while the transmitter was in use.") from error
        if not heard:
            raise GuardUnavailable("The guard process has gone while the transmitter was in use.")
        if STOPPED in heard:
            raise EmergencyStop("The facility's staff have stopped the transmitter of this instrument.")
        if TRIPPED in heard:
            raise GuardIntervened(f"This process gave no sign of life for {self._timeout_s:g} s.")
        return heard

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
        if READY not in self._hear():
            raise GuardUnavailable("The guard process ended when it should have started.")
        self._ready = True

    def _tell(self, message: bytes) -> None:
        try:
            self._channel.sendall(message)
        except OSError as error:
            raise GuardUnavailable("The guard process has gone while the transmitter was in use.") from error
