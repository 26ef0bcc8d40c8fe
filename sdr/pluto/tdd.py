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

PIN, RECEIVE, HOLD = 0, 1, 2
STATES_RUNNING = (2, 3)  # waiting for the first frame, running; 0 and 1 are idle and armed
END_POLL_S = 0.5e-3
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
    """Configures and triggers the core."""

    def __init__(self, context: iio.Context) -> None:
        self._core = _Controller(context)
        device = context.find_device(names.TDD)
        self._context = context
        self._trigger = device.attrs["sync_soft"]
        self._enable = device.attrs["enable"]
        self._state = device.attrs["state"]

    def configure(
        self, *, sample_rate_hz: float, frame_samples: int, lead_samples: int, pulse_samples: int, frames: int
    ) -> None:
        """Prepare bursts of `frames` frames; the core is left enabled, silent, waiting for `start`.

        In every frame reception begins at its first sample and transmission `lead_samples` later, for exactly
        `pulse_samples`, so that every frame plays the transmit buffer of that length once.
        """
        core = self._core
        core.enable = False
        clocks = self._clocks_per_sample(sample_rate_hz, frame_samples)
        core.startup_delay_raw = 0
        core.burst_count = frames
        core.sync_external = False
        self._set_channel(PIN, polarity=0, on=0, off=(lead_samples + pulse_samples) * clocks)
        self._set_channel(RECEIVE, polarity=0, on=0, off=RECEIVE_GATE_CLOCKS)
        self._set_channel(HOLD, polarity=1, on=lead_samples * clocks, off=(lead_samples + pulse_samples) * clocks)
        core.frame_length_raw = frame_samples * clocks - 1
        self._verify("frame_length_raw", core.frame_length_raw, frame_samples * clocks - 1)
        self._verify("burst_count", core.burst_count, frames)
        core.enable = True

    def start(self) -> None:
        """Begin one burst."""
        self._trigger.value = "1"

    def wait_for_end(self, within_s: float, poll: Callable[[], None]) -> None:
        """Wait until the burst that is running, if one is, has ended with its last frame; `poll` is called meanwhile.

        Until then a trigger is ignored.
        """
        deadline_s = time.monotonic() + within_s
        while names.parse_number(self._state.value) in STATES_RUNNING:
            if time.monotonic() > deadline_s:
                raise ReadBackMismatch("The TDD core does not end its burst.")
            poll()
            time.sleep(END_POLL_S)

    def disable(self) -> None:
        """Stop after the burst that is running, if one is."""
        self._enable.value = "0"

    def release(self) -> None:
        """Let receptions of other programs begin at once again; the transmitter stays held back by nothing of ours."""
        core = self._core
        core.enable = False
        self._set_channel(RECEIVE, polarity=1, on=0, off=0)
        self._set_channel(HOLD, polarity=0, on=0, off=0)
        core.enable = True  # polarities are taken over while enabled; without a trigger nothing runs
        core.enable = False

    def _clocks_per_sample(self, sample_rate_hz: float, frame_samples: int) -> int:
        """Clocks of the core per sample, from how it converts clocks to milliseconds."""
        self._core.frame_length_raw = frame_samples
        clock_hz = frame_samples / (float(self._core.frame_length_ms) * 1e-3)
        ratio = round(clock_hz / sample_rate_hz)
        if ratio < 1 or abs(clock_hz / sample_rate_hz / ratio - 1) > 1e-3:
            raise ReadBackMismatch(
                f"The TDD core's clock, {clock_hz:.0f} Hz, is no multiple of the sample rate, {sample_rate_hz:.0f} Hz."
            )
        return ratio

    def _set_channel(self, index: int, *, polarity: int, on: int, off: int) -> None:
        channel = self._core.channel[index]
        channel.polarity = polarity
        channel.on_raw = on
        channel.off_raw = off
        channel.enable = True

    @staticmethod
    def _verify(name: str, found: float, wanted: int) -> None:
        if found != wanted:
            raise ReadBackMismatch(f"The TDD core's {name} is {found:g} after {wanted} was written.")
