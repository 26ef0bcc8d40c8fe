"""Where the radio's time comes from."""

from __future__ import annotations

import time
from typing import Protocol

# Virtual time that a command from the client takes on the fast clock, about what it takes on a radio on USB.
COMMAND_TIME_S = 0.25e-3


class Clock(Protocol):
    """Source of the radio's time in seconds since it was switched on."""

    waits: bool

    def command_time_s(self, now_s: float) -> float:
        """The time at which a command that arrives now is carried out; never earlier than `now_s`."""
        ...

    def stand_still(self, duration_s: float) -> None:
        """The last so many seconds of wall time went into computing what a radio has for nothing."""
        ...


class FastClock:
    """Virtual time: commands take a fixed time, and whoever waits for samples has them at once.

    What the radio does depends only on the sequence of commands, not on how fast the machine is.
    """

    waits = False

    def command_time_s(self, now_s: float) -> float:
        return now_s + COMMAND_TIME_S

    def stand_still(self, duration_s: float) -> None:
        """Computing takes no virtual time anyway."""


class RealClock:
    """Wall-clock time: frames take as long as on a radio."""

    waits = True

    def __init__(self) -> None:
        self._start_s = time.monotonic()

    def command_time_s(self, now_s: float) -> float:
        return max(now_s, time.monotonic() - self._start_s)

    def stand_still(self, duration_s: float) -> None:
        self._start_s += duration_s


def clock(name: str) -> Clock:
    """The clock with this name: "fast" or "real"."""
    if name == "fast":
        return FastClock()
    if name == "real":
        return RealClock()
    raise ValueError(f"clock must be fast or real, not {name!r}")
