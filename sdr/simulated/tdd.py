"""The time-division-duplex core: the state machine that starts transmit and receive DMA together.

Behaviour follows Analog Devices' public HDL (axi_tdd) and Linux driver; it has not been compared with a radio.
Times are sample numbers of the radio's sample clock, which is also the core's clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

# Clocks from a sync pulse to the first clock of the first frame.
SYNC_LATENCY = 32
REGISTER_MAX = 2**32 - 1


class State(IntEnum):
    IDLE = 0
    ARMED = 1
    WAITING = 2
    RUNNING = 3


@dataclass(frozen=True)
class ChannelRegisters:
    polarity: bool = False
    on: int = 0
    off: int = 0


# After power-up the outputs follow the core's default polarity, whatever the registers say: channel 1 is high, so that
# reception is free-running.
_POWER_UP = (ChannelRegisters(), ChannelRegisters(polarity=True), ChannelRegisters())


@dataclass(frozen=True)
class Timing:
    """Registers that are frozen while the core is enabled."""

    burst_count: int = 0
    startup_delay: int = 0
    frame_length: int = 0
    sync_reset: bool = False
    channels: tuple[ChannelRegisters, ...] = (ChannelRegisters(),) * 3

    @property
    def period(self) -> int:
        """Clocks of one frame: the counter runs from 0 to frame_length inclusive."""
        return self.frame_length + 1


@dataclass
class TddCore:
    """Registers and state; `update` must be called with every new sample number before anything is read."""

    registers: Timing = field(default_factory=Timing)
    channel_enable: list[bool] = field(default_factory=lambda: [False, False, False])
    sync_external: bool = False
    enabled: bool = False
    _latched: Timing = field(default_factory=lambda: Timing(channels=_POWER_UP))
    _run_start: int | None = None
    _run_frames: int = 0
    _run_end: int | None = None

    def write(self, **changes: Any) -> None:
        """Change timing registers; ignored without an error while the core is enabled."""
        if not self.enabled:
            self.registers = replace(self.registers, **changes)

    def write_channel(self, index: int, **changes: Any) -> None:
        """Change the registers of one channel; ignored without an error while the core is enabled."""
        if not self.enabled:
            channels = list(self.registers.channels)
            channels[index] = replace(channels[index], **changes)
            self.registers = replace(self.registers, channels=tuple(channels))

    def set_enabled(self, enabled: bool, now: int) -> None:
        """Arm, or stop: a finite burst is finished first, an endless one ends with the frame that is running."""
        if enabled and self._run_start is None:
            self._latched = self.registers
        self.enabled = enabled
        if enabled or self._run_start is None:
            return
        if self._run_frames == 0:
            frames_begun = max(0, now - self._first_frame) // self._latched.period + 1
            self._run_end = self._first_frame + frames_begun * self._latched.period

    def sync(self, now: int) -> None:
        """A synchronisation pulse: starts the frames if armed; restarts the frame if told so by sync_reset."""
        if self._run_start is not None:
            if self._latched.sync_reset and now >= self._first_frame and self._run_end is not None:
                frames_left = -(-(self._run_end - now) // self._latched.period)
                self._begin(now, frames_left)
            return
        if self.enabled and self._latched.frame_length > 0:
            self._begin(now, self._latched.burst_count)

    def _begin(self, now: int, frames: int) -> None:
        self._run_start = now + SYNC_LATENCY
        self._run_frames = frames
        self._run_end = self._first_frame + frames * self._latched.period if frames else None

    @property
    def _first_frame(self) -> int:
        assert self._run_start is not None
        return self._run_start + self._latched.startup_delay

    def update(self, now: int) -> None:
        """Let everything happen that is due at sample `now`."""
        if self._run_end is not None and now >= self._run_end:
            self._run_start = self._run_end = None
            if self.enabled:
                self._latched = self.registers

    def rebase(self, offset: int) -> None:
        """Shift all sample numbers by `offset` (the sample clock was restarted)."""
        if self._run_start is not None:
            self._run_start += offset
        if self._run_end is not None:
            self._run_end += offset

    @property
    def running(self) -> bool:
        return self._run_start is not None

    @property
    def run_end(self) -> int | None:
        """First sample after the last frame of a finite burst, None if idle or endless."""
        return self._run_end

    def state(self, now: int) -> State:
        if self._run_start is None:
            return State.ARMED if self.enabled else State.IDLE
        return State.WAITING if now < self._first_frame else State.RUNNING

    def edges(self, channel: int, start: int, stop: int) -> list[tuple[int, int]]:
        """Intervals [begin, end) within [start, stop) in which the output of `channel` is high."""
        registers = self._latched.channels[channel]
        if self._run_start is None or not self.channel_enable[channel]:
            return [(start, stop)] if registers.polarity and stop > start else []
        active = self._active(registers, start, stop)
        return _complement(active, start, stop) if registers.polarity else active

    def _active(self, registers: ChannelRegisters, start: int, stop: int) -> list[tuple[int, int]]:
        """Intervals in which the channel is away from its polarity: on..off of every frame."""
        period, first = self._latched.period, self._first_frame
        on, off = registers.on, registers.off
        if off <= on:  # reset by the end of the frame
            off = period
        off = min(off, period)
        if on >= off or registers.on == registers.off:
            return []
        last = min(stop, self._run_end) if self._run_end is not None else stop
        intervals = []
        frame = max(0, (start - first) // period)
        while (begin := first + frame * period + on) < last:
            low, high = max(begin, start), min(begin - on + off, last)
            if low < high:
                intervals.append((low, high))
            frame += 1
        return intervals

    def next_high(self, channel: int, now: int) -> int | None:
        """First sample >= now at which the output is high, or None if it stays low for good."""
        if self._run_start is None:
            return now if self._latched.channels[channel].polarity else None
        # Two periods from the first frame show everything that will ever happen within the run.
        horizon = max(now, self._first_frame) + 2 * self._latched.period
        if self._run_end is not None:
            horizon = min(horizon, self._run_end)
        intervals = self.edges(channel, now, horizon)
        if intervals:
            return intervals[0][0]
        if self._run_end is not None and self._latched.channels[channel].polarity:
            return max(now, self._run_end)
        return None


def _complement(intervals: list[tuple[int, int]], start: int, stop: int) -> list[tuple[int, int]]:
    gaps, position = [], start
    for low, high in intervals:
        if position < low:
            gaps.append((position, low))
        position = high
    if position < stop:
        gaps.append((position, stop))
    return gaps
