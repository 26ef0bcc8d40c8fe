"""The guard: a separate process that turns a radio's transmitter off when the process that drives it is gone or frozen.

`python -m sdr.guard` is started by the driver (`sdr.guard_client`) with one end of a socket pair, and inherits the lock
on the radio. When the socket ends without a goodbye (the kernel closes it however the driver died), or no sign of life
comes for the agreed time while the transmitter is armed, the guard opens a connection of its own, turns the transmitter
off, reads that back, and writes what happened to its status file, one JSON object a line. Holding the lock, it lets no
new process near the radio before that is done.
"""

from __future__ import annotations

import argparse
import importlib
import json
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

if TYPE_CHECKING:
    from sdr.transceiver import SafeState

# One byte each, from driver to guard ...
ARMED, ALIVE, DISARMED, GOODBYE = b"A", b"H", b"D", b"G"
# ... and from guard to driver.
READY, TRIPPED = b"R", b"T"

# How long a dead driver's radio is tried before the guard gives up and frees it.
PERSISTENCE_S = 20.0
RETRY_S = 0.1

TurnOff = Callable[[str, str], "SafeState"]


class Watch:
    """Decides, from the messages and the time, whether the driver needs help. Pure: time is passed in, in seconds."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.finished = False
        self._deadline_s: float | None = None

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


class StatusFile:
    """Appends JSON lines that say what the guard saw and did."""

    LARGEST_BYTES = 1_000_000

    def __init__(self, path: Path, common: dict[str, object]) -> None:
        self._path, self._common = path, common
        if path.exists() and path.stat().st_size > self.LARGEST_BYTES:
            path.unlink()

    def write(self, event: str, **details: object) -> None:
        """Append one event."""
        line = json.dumps({"time_unix_s": time.time(), "event": event} | self._common | details)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def turn_off(turn_off_at: TurnOff, uri: str, serial: str, status: StatusFile, reason: str, *, frozen: bool) -> bool:
    """Try until the transmitter is off or the time is over; True if it is off.

    A dead driver's buffer goes with its connection, so every reading must agree. A frozen driver keeps its buffer; then
    the oscillator powered down and the attenuation are what counts.
    """
    deadline = time.monotonic() + PERSISTENCE_S
    while True:
        details: dict[str, object] = {}
        silent = False
        try:
            state = turn_off_at(uri, serial)
            details = asdict(state)
            silent = state.tx_lo_powered_down and state.dds_silent
            if state.confirmed or (frozen and silent):
                status.write("tx_off", reason=reason, **details)
                return True
            problem = "Not every reading agrees."
        except Exception as error:  # whatever it is, the only thing left to do is to try again and to say so
            problem = str(error)
        if time.monotonic() >= deadline:
            status.write("tx_off" if silent else "failed", reason=reason, message=problem, **details)
            return silent
        time.sleep(RETRY_S)


def watch(
    channel: socket.socket, timeout_s: float, turn_off_at: TurnOff, uri: str, serial: str, status: StatusFile
) -> int:
    """Serve one driver until it says goodbye (0) or is gone (0 if the transmitter is off then, else 1)."""
    guard_watch = Watch(timeout_s)
    status.write("started", timeout_s=timeout_s)
    _send(channel, READY)
    while not guard_watch.finished:
        readable, _, _ = select.select([channel], [], [], guard_watch.patience_s(time.monotonic()))
        if readable:
            messages = _receive(channel)
            if not messages:
                return 0 if turn_off(turn_off_at, uri, serial, status, "the driving process ended", frozen=False) else 1
            guard_watch.receive(messages, time.monotonic())
        elif guard_watch.overdue(time.monotonic()):
            turn_off(turn_off_at, uri, serial, status, f"no sign of life for {timeout_s:g} s", frozen=True)
            _send(channel, TRIPPED)
    status.write("goodbye")
    return 0


def _receive(channel: socket.socket) -> bytes:
    try:
        return channel.recv(4096)
    except ConnectionError:
        return b""


def _send(channel: socket.socket, message: bytes) -> None:
    try:
        channel.sendall(message)
    except OSError:
        return  # the driver is gone; the next read says so


def main(arguments: list[str] | None = None) -> int:
    """The guard's process."""
    parser = argparse.ArgumentParser(prog="python -m sdr.guard", description=__doc__)
    parser.add_argument("--uri", required=True)
    parser.add_argument("--serial", default="")
    parser.add_argument("--channel", type=int, required=True, help="descriptor of the socket to the driver")
    parser.add_argument("--timeout", type=float, required=True, help="seconds without a sign of life while armed")
    parser.add_argument("--status", type=Path, required=True)
    parser.add_argument("--turn-off", required=True, metavar="MODULE:FUNCTION")
    options = parser.parse_args(arguments)
    # Whoever stops a whole process group means the driver; the guard leaves when the driver has.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    module, function = options.turn_off.split(":")
    turn_off_at: TurnOff = getattr(importlib.import_module(module), function)
    common: dict[str, object] = {"uri": options.uri, "guard_pid": os.getpid(), "driver_pid": os.getppid()}
    status = StatusFile(options.status, common)
    with socket.socket(fileno=options.channel) as channel:
        return watch(channel, options.timeout, turn_off_at, options.uri, options.serial, status)


if __name__ == "__main__":
    sys.exit(main())
