"""Faults on demand: what radios and cables do on bad days."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum


class Place(Enum):
    """What is counted until a fault is due."""

    BLOCK = "block"  # a block is about to be sent
    OPEN = "open"  # a buffer is about to be opened
    ATTRIBUTE = "attribute"  # an attribute is about to be read or written
    WRITE = "write"  # an attribute is about to be written
    PUSH = "push"  # samples to transmit have come


class FaultKind(Enum):
    """Name on the command line, and where it strikes."""

    KILL_MID_BUFFER = ("kill-mid-buffer", Place.BLOCK)  # the connection breaks in the middle of the Nth block
    FREEZE = ("freeze", Place.BLOCK)  # from the Nth block on, nobody gets an answer until the server is thawed
    DELAY = ("delay", Place.BLOCK)  # the Nth block comes DELAY_S late
    TIMEOUT = ("timeout", Place.BLOCK)  # the Nth block is answered with ETIMEDOUT
    REBOOT = ("reboot", Place.BLOCK)  # instead of the Nth block all connections break, the radio is as after power-up
    SHORT = ("short", Place.BLOCK)  # the Nth block ends half-way, as when the radio's memory is exhausted
    BUSY = ("busy", Place.OPEN)  # the next N attempts to open a buffer are answered with EBUSY
    NO_MEMORY = ("no-memory", Place.OPEN)  # the Nth attempt to open a buffer is answered with ENOMEM
    KILL_PUSH = ("kill-push", Place.PUSH)  # the connection breaks when the Nth waveform has come
    KILL_ATTRIBUTE = ("kill-attribute", Place.ATTRIBUTE)  # the connection breaks instead of the Nth attribute's answer
    FREEZE_ATTRIBUTE = ("freeze-attribute", Place.ATTRIBUTE)  # as freeze, from the Nth attribute on
    DELAY_ATTRIBUTE = ("delay-attribute", Place.ATTRIBUTE)  # the answer to the Nth attribute comes DELAY_S late
    TIMEOUT_ATTRIBUTE = ("timeout-attribute", Place.ATTRIBUTE)  # the Nth attribute is answered with ETIMEDOUT
    REBOOT_ATTRIBUTE = ("reboot-attribute", Place.ATTRIBUTE)  # as reboot, instead of the answer to the Nth attribute
    REFUSE_WRITE = ("refuse-write", Place.WRITE)  # the Nth attribute written is answered with EINVAL
    IGNORE_WRITE = ("ignore-write", Place.WRITE)  # the Nth attribute written is acknowledged, and stays as it was

    def __init__(self, text: str, place: Place) -> None:
        self.text = text
        self.place = place


DELAY_S = 2.0
_BY_TEXT = {kind.text: kind for kind in FaultKind}


@dataclass
class _Fault:
    kind: FaultKind
    count: int
    only: str = ""  # name of the attribute that counts; empty: all


class Faults:
    """The faults that are waiting to happen; thread-safe. While `thawed` is not set, the server answers nobody."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Fault] = []
        self.delay_s = DELAY_S
        self.thawed = threading.Event()
        self.thawed.set()
        self.plugged = threading.Event()
        self.plugged.set()

    def add(self, text: str) -> None:
        """From "KIND", "KIND:N" or, for one attribute only, "KIND/ATTRIBUTE:N"; ValueError says what is wrong."""
        named, _, count = text.partition(":")
        name, _, only = named.partition("/")
        kind = _BY_TEXT.get(name)
        if kind is None:
            raise ValueError(f"fault {name!r} is not known; choose {', '.join(_BY_TEXT)}")
        if only and kind.place not in (Place.ATTRIBUTE, Place.WRITE):
            raise ValueError(f"fault {text!r}: only faults of attributes take an attribute's name")
        if count and not (count.isdigit() and int(count) > 0):
            raise ValueError(f"fault {text!r}: the number after the colon must be a whole number above 0")
        with self._lock:
            self._waiting.append(_Fault(kind, int(count or 1), only))

    def clear(self) -> None:
        """Nothing that was waiting will happen any more, and what froze or was unplugged is as before."""
        with self._lock:
            self._waiting.clear()
        self.thawed.set()
        self.plugged.set()

    def on_read(self) -> FaultKind | None:
        """A block is about to be sent: the fault that is due now, if any."""
        return self._due(Place.BLOCK)

    def on_push(self) -> FaultKind | None:
        """Samples to transmit have come: the fault that is due now, if any."""
        return self._due(Place.PUSH)

    def on_attribute(self, name: str, *, written: bool) -> FaultKind | None:
        """An attribute is about to be answered: the fault that is due now, if any."""
        due = self._due(Place.ATTRIBUTE, name)
        return self._due(Place.WRITE, name) or due if written else due

    def on_open(self) -> FaultKind | None:
        """A buffer is about to be opened: the fault that is due now, if any."""
        with self._lock:
            for fault in self._waiting:
                if fault.kind is FaultKind.BUSY:
                    fault.count -= 1
                    if fault.count <= 0:
                        self._waiting.remove(fault)
                    return fault.kind
        return self._due(Place.OPEN)

    def _due(self, place: Place, name: str = "") -> FaultKind | None:
        with self._lock:
            due = None
            for fault in self._waiting:
                if fault.kind.place is place and fault.kind is not FaultKind.BUSY and fault.only in ("", name):
                    fault.count -= 1
                    due = fault if fault.count <= 0 and due is None else due
            if due is None:
                return None
            self._waiting.remove(due)
            return due.kind
