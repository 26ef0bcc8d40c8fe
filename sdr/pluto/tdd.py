"""The radio's TDD core, which starts reception and transmission together and counts the frames of a burst in hardware.

What this relies on was read from the core's public sources and tried on a simulated radio only (+):
* a frame takes `frame_length_raw` + 1 clocks+;
* a channel's output is its polarity, and the opposite from `on_raw` to `off_raw` of every frame+;
* channel 1 lets a reception begin, channel 2 holds the transmitter silent and its data back, channel 0 is a pin+;
* everything is latched while the core is disabled, so it is configured only then.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import adi
import iio

from sdr.errors import ReadBackMismatch
from sdr.pluto import names
from sdr.switch import window
from sdr.transceiver import SwitchSettings

PIN, RECEIVE, HOLD = 0, 1, 2
STATES_RUNNING = (2, 3)  # waiting for the first frame, running; 0 and 1 are idle and armed
END_POLL_S = 0.2e-3
END_POLL_MAX_S = 0.1
# Grace for the end of a burst beyond its length.
END_MARGIN_S = 2.0
# A frame of this many clocks is timed to find the core's clock.
CLOCKS_TIMED = 1_000_000
REGISTERS = ("startup_delay_raw", "sync_external", "burst_count", "frame_length_raw")
CHANNEL_REGISTERS = ("polarity", "on_raw", "off_raw", "enable")
# Clocks for which the start of a frame lets a reception begin.
RECEIVE_GATE_CLOCKS = 16


class _Controller(adi.tddn):  # type: ignore[misc]  # pyadi-iio has no types
    """adi.tddn on a context that is already open, with channels of its own instead of those of the class."""

    def __init__(self, context: iio.Context) -> None:
        self.channel: list[Any] = []
        self._ctx = context
        self.uri = ""
        super().__init__()


class TddCore:
    """Configures and triggers the core; registers that hold their value already are not written again."""

    def __init__(self, context: iio.Context) -> None:
        controller = _Controller(context)
        device = context.find_device(names.TDD)
        self._context = context  # the attributes are pointers into it
        self._trigger = device.attrs["sync_soft"]
        self._enable = device.attrs["enable"]
        self._state = device.attrs["state"]
        self._frame_length_ms = device.attrs["frame_length_ms"]
        self._registers = {name: device.attrs[name] for name in REGISTERS}
        for index in (PIN, RECEIVE, HOLD):
            channel = device.find_channel(controller.channel[index].name, True)
            for name in CHANNEL_REGISTERS:
                self._registers[f"channel {index} {name}"] = channel.attrs[name]
        self._pin_enable = _pin(context)
        self._written: dict[str, int] = {}
        self._clocks: dict[float, int] = {}
        self._ends_s = 0.0

    def configure(
        self,
        *,
        sample_rate_hz: float,
        frame_samples: int,
        lead_samples: int,
        pulse_samples: int,
        buffer_samples: int,
        frames: int,
        switch: SwitchSettings,
    ) -> None:
        """Prepare bursts of `frames` frames; the core is left enabled, silent, waiting for `start`.

        In every frame reception begins at its first sample and transmission `lead_samples` later, for exactly
        `buffer_samples`, so that every frame plays the transmit buffer of that length once. Channel 0 is high until
        the pulse, the first `pulse_samples` of the buffer, has ended, or as the switch wants it.
        """
        self._enable.value = "0"
        clocks = self._clocks_per_sample(sample_rate_hz)
        begin = lead_samples * clocks
        self._write("startup_delay_raw", 0)
        if self._pin_enable is not None and "pin" not in self._written:
            self._pin_enable.value = "1"
            self._written["pin"] = 1
        self._write("sync_external", 0)
        self._write("burst_count", frames)
        self._write("frame_length_raw", frame_samples * clocks - 1)
        if switch.by == "tdd0":
            on, off = window(pulse_samples, lead_samples, sample_rate_hz, switch)
            self._write_channel(PIN, polarity=1 - switch.transmit_level, on=on * clocks, off=off * clocks)
        else:
            self._write_channel(PIN, polarity=0, on=0, off=begin + pulse_samples * clocks)
        self._write_channel(RECEIVE, polarity=0, on=0, off=RECEIVE_GATE_CLOCKS)
        self._write_channel(HOLD, polarity=1, on=begin, off=begin + buffer_samples * clocks)
        self._enable.value = "1"

    def start(self, duration_s: float) -> None:
        """Begin one burst, which takes `duration_s`."""
        self._trigger.value = "1"
        self._ends_s = time.monotonic() + duration_s

    def wait_for_end(self, poll: Callable[[], None]) -> None:
        """Wait until the burst that is running, if one is, has ended with its last frame; `poll` is called meanwhile.

        Until then a trigger is ignored.
        """
        deadline_s = max(self._ends_s, time.monotonic()) + END_MARGIN_S
        while names.parse_number(self._state.value) in STATES_RUNNING:
            now_s = time.monotonic()
            if now_s > deadline_s:
                raise ReadBackMismatch("The TDD core does not end its burst.")
            poll()
            time.sleep(min(max(self._ends_s - now_s, END_POLL_S), END_POLL_MAX_S))

    def disable(self) -> None:
        """Stop after the burst that is running, if one is."""
        self._enable.value = "0"

    def release(self) -> None:
        """Give the channels back the polarities they have after power-up, so that other programs receive at once."""
        self._enable.value = "0"
        self._write_channel(RECEIVE, polarity=1, on=0, off=0)
        self._write_channel(HOLD, polarity=0, on=0, off=0)
        if self._pin_enable is not None:
            self._pin_enable.value = "0"
            self._written.pop("pin", None)
        self._enable.value = "1"  # polarities are taken over while enabled; without a trigger nothing runs
        self._enable.value = "0"

    def _clocks_per_sample(self, sample_rate_hz: float) -> int:
        """Clocks of the core per sample, from how it converts clocks to milliseconds."""
        if sample_rate_hz not in self._clocks:
            self._write("frame_length_raw", CLOCKS_TIMED)
            clock_hz = CLOCKS_TIMED / (names.parse_number(self._frame_length_ms.value) * 1e-3)
            ratio = round(clock_hz / sample_rate_hz)
            if ratio < 1 or abs(clock_hz / sample_rate_hz / ratio - 1) > 1e-3:
                raise ReadBackMismatch(
                    f"The TDD core's clock, {clock_hz:.0f} Hz, is no multiple of the rate, {sample_rate_hz:.0f} Hz."
                )
            self._clocks[sample_rate_hz] = ratio
        return self._clocks[sample_rate_hz]

    def _write_channel(self, index: int, *, polarity: int, on: int, off: int) -> None:
        for name, value in zip(CHANNEL_REGISTERS, (polarity, on, off, 1), strict=True):
            self._write(f"channel {index} {name}", value)

    def _write(self, name: str, value: int) -> None:
        """Write a register unless it holds the value, and read it back: while enabled, the core ignores most writes."""
        if self._written.get(name) == value:
            return
        self._written.pop(name, None)
        self._registers[name].value = str(value)
        found = names.parse_number(self._registers[name].value)
        if found != value:
            raise ReadBackMismatch(f"The TDD core's {name} is {found:g} after {value} was written.")
        self._written[name] = value


def _pin(context: iio.Context) -> Any:
    """The attribute that connects the core's channel 0 to its pin+; None if the firmware has no such switch."""
    device = context.find_device(names.PINS)
    channels = [] if device is None else device.channels
    for channel in channels:
        if "label" in channel.attrs and channel.attrs["label"].value == names.PIN_SWITCH and channel.output:
            return channel.attrs["raw"]
    return None
