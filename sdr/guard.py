"""The guard: a separate process that turns a transmitter off when the process that drives the radio cannot or must not.

`python -m sdr.guard` is started by the driver (`sdr.guard_client`) with one end of a socket pair, and inherits the lock
on the radio. It acts when

* the socket ends without a goodbye: the kernel closes it however the driver died;
* no sign of life comes for the agreed time while the transmitter is armed: the driver is frozen;
* staff stop the instrument (`sdr.stop_signal`), whatever the driver is doing.

It then opens a connection of its own, turns the transmitter off, reads that back, and writes what happened to the
radio's log. Holding the lock, it lets no new process near the radio before that is done. Every sign of life is
answered, so that the driver stops if the guard does not live.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from sdr.radio_log import RadioLog
from sdr.stop_signal import StopListener, StopSignal

if TYPE_CHECKING:
    from sdr.transceiver import SafeState

# One byte each, from driver to guard ...
ARMED, ALIVE, DISARMED, GOODBYE = b"A", b"H", b"D", b"G"
# ... and from guard to driver: the answers to the first two, and what the driver must know at once.
READY, GO_AHEAD, ANSWER, TRIPPED, STOPPED = b"R", b"K", b"P", b"T", b"S"

# How long a dead driver's radio is tried before the guard gives up and frees it.
PERSISTENCE_S = 20.0
RETRY_S = 0.1
# While a stop is in force and the driver has not reacted, the transmitter is turned off again this often: a driver that
# was about to switch it on when it froze may do so when it wakes.
AGAIN_S = 0.25
# A living driver that keeps the radio from the guard (a USB device has room for one) is killed after this.
MERCY_S = 0.5

TurnOff = Callable[[str, str], "SafeState"]


class Watch:
    """Decides, from the messages and the time, whether the driver needs help. Pure: time is passed in, in seconds."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.finished = False
        self._deadline_s: float | None = None

    @property
    def armed(self) -> bool:
        """Whether the transmitter may be on, as far as the driver said."""
        return self._deadline_s is not None

    def receive(self, messages: bytes, now_s: float) -> None:
        """Take what the driver sent."""
        for message in (messages[i : i + 1] for i in range(len(messages))):
            if message == ARMED or (message == ALIVE and self._deadline_s is not None):
                self._deadline_s = now_s + self.timeout_s
            elif message == DISARMED:
                self._deadline_s = None
            elif message == GOODBYE:
                self.finished = True

    def patience_s(self, now_s: float) -> float | None:
        """How long to wait for the next message; None while nothing is transmitted."""
        return None if self._deadline_s is None else max(self._deadline_s - now_s, 0.0)

    def overdue(self, now_s: float) -> bool:
        """True once the driver was silent for too long while armed; it is then taken as disarmed."""
        if self._deadline_s is None or now_s < self._deadline_s:
            return False
        self._deadline_s = None
        return True


class Driver:
    """The process that is guarded; known by a descriptor, so that no later process of its number is meant."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._descriptor = os.pidfd_open(pid) if os.getppid() == pid else -1
        except OSError:
            self._descriptor = -1

    def kill(self) -> bool:
        """End it at once, stopped or not; False if it cannot be."""
        if self._descriptor < 0:
            return False
        try:
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)
        except OSError:
            return False
        return True


class GuardProcess:
    """Serves one driver until it says goodbye or is gone."""

    def __init__(
        self,
        channel: socket.socket,
        timeout_s: float,
        silence: TurnOff,
        log: RadioLog,
        stops: StopListener,
        driver: Driver,
    ) -> None:
        self._channel, self._silence, self._log = channel, silence, log
        self._stops, self._driver = stops, driver
        self._watch = Watch(timeout_s)
        self._stop: str | None = None
        self._unheeded = False  # a stop that the driver has not reacted to
        self._gone = False

    def run(self, uri: str, serial: str) -> int:
        """0, or 1 if the driver is gone and the transmitter could not be turned off."""
        self._log.write("guard_started", timeout_s=self._watch.timeout_s)
        self._send(READY)
        while not self._watch.finished:
            patience_s = self._watch.patience_s(time.monotonic())
            if self._unheeded:
                patience_s = min(AGAIN_S, patience_s if patience_s is not None else AGAIN_S)
            watched: list[socket.socket | StopListener] = [self._channel, self._stops]
            readable, _, _ = select.select(watched, [], [], patience_s)
            if self._stops in readable:
                self._hear(uri, serial)
            if self._channel in readable:
                self._receive()
            if self._gone:
                return 0 if self._turn_off(uri, serial, "the driving process ended", alive=False) else 1
            if self._watch.overdue(time.monotonic()):
                reason = f"no sign of life for {self._watch.timeout_s:g} s"
                self._turn_off(uri, serial, reason, alive=True)
                self._send(TRIPPED)
            elif self._unheeded and not readable:
                self._turn_off(uri, serial, "the stop is still in force", alive=True, quietly=True)
        self._log.write("goodbye")
        return 0

    def _hear(self, uri: str, serial: str) -> None:
        """A stop was made or released."""
        earlier, self._stop = self._stop, self._stops.heard()
        if self._stop is None or self._stop == earlier:
            self._unheeded = False
            return
        heard_s = time.monotonic()
        self._unheeded = self._watch.armed
        self._send(STOPPED)  # first, so that a driver that lives begins no other shot meanwhile
        facts = self._turn_off(uri, serial, "stopped by staff", alive=True)
        self._log.write("stopped", stop=self._stop, off=bool(facts))
        said = {"stop": self._stop, "off": bool(facts), "took_s": time.monotonic() - heard_s, "guard_pid": os.getpid()}
        self._stops.answer(**said, at_unix_s=time.time(), state=facts or {})

    def _receive(self) -> None:
        try:
            messages = self._channel.recv(4096)
        except BlockingIOError:
            return
        except ConnectionError:
            messages = b""
        if not messages:
            self._gone = True
            return
        self._watch.receive(messages, time.monotonic())
        if not self._watch.armed:
            self._unheeded = False
        if ARMED in messages:
            if self._stop is not None:
                self._watch.receive(DISARMED, time.monotonic())  # it may not, and is told so
            self._send(STOPPED if self._stop is not None else GO_AHEAD)
        elif ALIVE in messages:
            self._send(STOPPED if self._unheeded else ANSWER)

    def _turn_off(self, uri: str, serial: str, reason: str, *, alive: bool, quietly: bool = False) -> dict[str, object]:
        """Try until the transmitter is off or the time is over; what was read back, empty if it is not off.

        A dead driver's buffer goes with its connection, so every reading must agree. A living driver keeps its buffer;
        then the oscillator powered down and the tones off are what counts, or that it says itself that it is off.
        """
        begun_s = time.monotonic()
        silent = False
        while True:
            details: dict[str, object] = {}
            try:
                state = self._silence(uri, serial)
                details = asdict(state)
                silent = state.tx_lo_powered_down and state.dds_silent
                if state.confirmed or (alive and silent):
                    if not quietly:
                        self._log.write("tx_off", reason=reason, took_s=time.monotonic() - begun_s, **details)
                    return details
                problem = "Not every reading agrees."
            except Exception as error:  # whatever it is, the only thing left to do is to try again and to say so
                problem = str(error)
                claimed = isinstance(error, OSError) and error.errno == errno.EBUSY
                if alive and claimed and time.monotonic() - begun_s > MERCY_S and self._driver.kill():
                    self._log.write("killed_driver", reason=f"it kept the radio from the guard while {reason}")
                    alive = False
            if time.monotonic() - begun_s >= PERSISTENCE_S:
                self._log.write("tx_off" if silent else "failed", reason=reason, message=problem, **details)
                return details if silent else {}
            if alive and self._driver_is_done():
                self._log.write("tx_off", reason=reason, message="The driver turned it off and read it back itself.")
                return {"by_driver": True}
            if not alive:
                time.sleep(RETRY_S)

    def _driver_is_done(self) -> bool:
        """Wait a moment for the driver; True once it has said that the transmitter is off."""
        was_armed = self._watch.armed
        if select.select([self._channel], [], [], RETRY_S)[0]:
            self._receive()
        return was_armed and not self._watch.armed and not self._gone

    def _send(self, message: bytes) -> None:
        try:
            self._channel.send(message, socket.MSG_DONTWAIT)
        except OSError:
            return  # gone, which the next read says, or frozen with its queue full


def main(arguments: list[str] | None = None) -> int:
    """The guard's process."""
    parser = argparse.ArgumentParser(prog="python -m sdr.guard", description=__doc__)
    parser.add_argument("--uri", required=True)
    parser.add_argument("--serial", default="")
    parser.add_argument("--run", default="", help="what the radio is used for; named in the log")
    parser.add_argument("--channel", type=int, required=True, help="descriptor of the socket to the driver")
    parser.add_argument("--driver", type=int, required=True, help="number of the driver's process")
    parser.add_argument("--timeout", type=float, required=True, help="seconds without a sign of life while armed")
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--turn-off", required=True, metavar="MODULE:FUNCTION")
    options = parser.parse_args(arguments)
    # Whoever stops a whole process group means the driver; the guard leaves when the driver has.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    module, function = options.turn_off.split(":")
    silence: TurnOff = getattr(importlib.import_module(module), function)
    log = RadioLog(options.log, "guard", options.run, uri=options.uri, guard_pid=os.getpid(), driver_pid=options.driver)
    stops = StopListener(StopSignal.from_environment())
    with socket.socket(fileno=options.channel) as channel:
        guard = GuardProcess(channel, options.timeout, silence, log, stops, Driver(options.driver))
        return guard.run(options.uri, options.serial)


if __name__ == "__main__":
    sys.exit(main())
