"""How much a transmitter has sent lately, so that its average power stays within the limit over shots and runs.

The account of one radio is a small file beside its lock, held by whoever holds the lock. It survives the process: a
shot is entered before it begins and closed when it ends, so one whose process was killed counts as going on until
somebody looks. What is not known (no file, another boot of the computer, an account that did not reach so far back)
counts as sent at the limit, so a restart never gives back what was used.

Time is that of the computer since its boot, which no clock adjustment moves. The past is kept in steps of 1/200 of the
window, and a step counts until all of it has left the window.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from acquisition.limits import InstrumentLimits
from sdr.lock import file_stem, lock_directory

STEPS = 200
_ROUNDING = 1e-9


def boot_time_s() -> float:
    """Seconds since the computer's boot, sleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """Names this boot of the computer; empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def ledger_path(radio: str) -> Path:
    """Where the account of a radio is, by its serial number or address."""
    return lock_directory() / f"{file_stem(radio)}.power.json"


def is_binding(limits: InstrumentLimits) -> bool:
    """Whether shots that keep every other limit could exceed the average power at all."""
    return limits.average_power_max < limits.duty_max * min(limits.peak_amplitude, 1.0) ** 2


class PowerLedger:
    """The account of one radio. Energies are in seconds of full scale, powers fractions of full scale."""

    def __init__(self, path: Path, *, now_s: Callable[[], float] = boot_time_s, boot: str | None = None) -> None:
        self._path, self._now_s = path, now_s
        self._boot = boot_id() if boot is None else boot
        self._known_since_s = now_s()
        self._step_s = math.nan
        self._sent: dict[int, float] = {}  # energy by number of the step
        self._open: tuple[float, float] | None = None  # since when, at which mean power
        self._descriptor, self._length = -1, 0
        self._load()

    def close(self) -> None:
        """Let go of the file; it stays."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def wait_s(self, power: float, duration_s: float, limits: InstrumentLimits) -> float:
        """How long a shot of this mean power must wait, so that no window holds more than the limit allows.

        The shot alone must be within the limit (acquisition.shot_limits); then the answer is at most one window.
        """
        now_s = self._now_s()
        self._settle(now_s, limits)
        if self._fits(now_s, power, duration_s, limits):
            return 0.0
        low_s, high_s = 0.0, limits.average_power_window_s * (1 + 2 / STEPS)
        for _ in range(24):
            middle_s = (low_s + high_s) / 2
            if self._fits(now_s + middle_s, power, duration_s, limits):
                high_s = middle_s
            else:
                low_s = middle_s
        return high_s

    def begin(self, power: float, limits: InstrumentLimits) -> None:
        """A shot of this mean power begins now."""
        now_s = self._now_s()
        self._settle(now_s, limits)
        self._open = (now_s, power)
        self._save()

    def end(self, energy_s: float, limits: InstrumentLimits) -> None:
        """The shot that was begun has ended, having sent so much."""
        now_s = self._now_s()
        if self._open is not None:
            since_s, self._open = self._open[0], None
            self._add(since_s, now_s, energy_s, limits)
        self._save()

    def _fits(self, start_s: float, power: float, duration_s: float, limits: InstrumentLimits) -> bool:
        """Whether the shot may begin then: the window is fullest when something is just about to leave it."""
        window_s = limits.average_power_window_s
        ends_s = np.array(sorted(self._sent), dtype=np.float64)
        energies = np.array([self._sent[int(step)] for step in ends_s], dtype=np.float64)
        ends_s = (ends_s + 1.0) * self._step_s
        left = np.concatenate([np.cumsum(energies[::-1])[::-1], [0.0]])  # what is still there without the first so many
        moments_s = np.concatenate([ends_s + window_s, [self._known_since_s + window_s, start_s + duration_s]])
        moments_s = np.clip(moments_s, start_s, start_s + duration_s)
        # Just before each moment: what leaves the window then is still in it.
        since_s = moments_s - window_s - _ROUNDING
        unknown_s = np.maximum(self._known_since_s - since_s, 0.0) * limits.average_power_max
        own_s = power * np.minimum(moments_s - start_s, window_s)
        sent_s = unknown_s + left[np.searchsorted(ends_s, since_s, side="right")] + own_s
        return bool(np.all(sent_s <= limits.average_power_max * window_s * (1 + 2 * _ROUNDING)))

    def _settle(self, now_s: float, limits: InstrumentLimits) -> None:
        """Bring the account to the limits' window and to now; what has left the window is forgotten."""
        step_s = limits.average_power_window_s / STEPS
        if self._step_s != step_s:
            lumps = [((step + 1) * self._step_s, energy) for step, energy in self._sent.items()]
            self._sent, self._step_s = {}, step_s
            for at_s, energy in lumps:
                self._put(math.ceil(at_s / step_s - _ROUNDING) - 1, energy)
        if self._open is not None:  # its process has ended without a word: it went on until now
            since_s, power = self._open
            self._open = None
            self._add(since_s, now_s, power * (now_s - since_s), limits)
        oldest_s = now_s - limits.average_power_window_s
        self._known_since_s = max(self._known_since_s, oldest_s)
        self._sent = {step: energy for step, energy in self._sent.items() if (step + 1) * self._step_s > oldest_s}

    def _add(self, since_s: float, until_s: float, energy_s: float, limits: InstrumentLimits) -> None:
        """Spread an energy evenly over a time, of which only the last window counts."""
        begin_s = max(since_s, until_s - limits.average_power_window_s)
        first, last = math.floor(begin_s / self._step_s), math.floor(until_s / self._step_s)
        if last == first or until_s <= since_s:
            self._put(last, energy_s)
            return
        for step in range(first, last + 1):
            inside_s = min(until_s, (step + 1) * self._step_s) - max(begin_s, step * self._step_s)
            self._put(step, energy_s * max(inside_s, 0.0) / (until_s - since_s))

    def _put(self, step: int, energy_s: float) -> None:
        self._sent[step] = self._sent.get(step, 0.0) + energy_s

    def _load(self) -> None:
        try:
            kept = json.loads(self._path.read_text(encoding="ascii"))
            if kept["boot"] != self._boot or not self._boot or kept["known_since_s"] > self._now_s():
                return
            sent = {int(step): float(energy) for step, energy in kept["sent"].items()}
            opened = None if kept["open"] is None else (float(kept["open"][0]), float(kept["open"][1]))
            step_s, known_since_s = float(kept["step_s"]), float(kept["known_since_s"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return  # unknown, and counted as such
        self._sent, self._open, self._step_s, self._known_since_s = sent, opened, step_s, known_since_s

    def _save(self) -> None:
        kept = {
            "boot": self._boot,
            "known_since_s": self._known_since_s,
            "step_s": self._step_s,
            "open": self._open,
            "sent": {str(step): energy for step, energy in self._sent.items()},
        }
        text = json.dumps(kept).encode()
        # In one write and never shorter than before: a process that is killed leaves the old account or the new one.
        self._length = max(self._length, len(text))
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
            self._length = max(self._length, os.fstat(self._descriptor).st_size)
        os.pwrite(self._descriptor, text.ljust(self._length), 0)
