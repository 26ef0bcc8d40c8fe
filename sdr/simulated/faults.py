"""Faults on demand: what radios and cables do on bad days."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum


class FaultKind(Enum):
    KILL_MID_BUFFER = "kill-mid-buffer"  # the connection breaks in the middle of the Nth block
    FREEZE = "freeze"  # from the Nth block on, nobody gets an answer until the server is thawed
    DELAY = "delay"  # the Nth block comes DELAY_S late
    TIMEOUT = "timeout"  # the Nth block is answered with ETIMEDOUT
    REBOOT = "reboot"  # instead of the Nth block all connections break and the radio is as after power-up
    BUSY = "busy"  # the next N attempts to open a buffer are answered with EBUSY


DELAY_S = 2.0


@dataclass
class _Fault:
    kind: FaultKind
    count: int


class Faults:
    """The faults that are waiting to happen; thread-safe. While `thawed` is not set, the server answers nobody."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Fault] = []
        self.thawed = threading.Event()
        self.thawed.set()

    def add(self, text: str) -> None:
        """From "KIND" or "KIND:N"; ValueError says what is wrong."""
        name, _, count = text.partition(":")
        try:
            kind = FaultKind(name)
        except ValueError:
            known = ", ".join(kind.value for kind in FaultKind)
            raise ValueError(f"fault {name!r} is not known; choose {known}") from None
        if count and not (count.isdigit() and int(count) > 0):
            raise ValueError(f"fault {text!r}: the number after the colon must be a whole number above 0")
        with self._lock:
            self._waiting.append(_Fault(kind, int(count or 1)))

    def on_read(self) -> FaultKind | None:
        """A block is about to be sent: the fault that is due now, if any."""
        with self._lock:
            due = None
            for fault in self._waiting:
                if fault.kind is not FaultKind.BUSY:
                    fault.count -= 1
                    due = fault if fault.count <= 0 and due is None else due
            if due is None:
                return None
            self._waiting.remove(due)
            return due.kind

    def on_open(self) -> bool:
        """A buffer is about to be opened: True if it must be refused."""
        with self._lock:
            for fault in self._waiting:
                if fault.kind is FaultKind.BUSY:
                    fault.count -= 1
                    if fault.count <= 0:
                        self._waiting.remove(fault)
                    return True
        return False
