"""Playing without the TDD core: transmission repeats by itself; every reception is aligned by the leakage in it."""

from __future__ import annotations

from collections.abc import Callable

from acquisition.shot import ComplexArray
from sdr import alignment
from sdr.errors import AlignmentFailed, SafetyLimitExceeded
from sdr.pluto import buffers
from sdr.pluto.accumulate import Frame
from sdr.pluto.connection import Connection
from sdr.pluto.playing import Excitation, Pattern, as_complex, queue_length
from sdr.pluto.rounds import BURST_S
from sdr.pluto.waiting import receive

# Frames are handed over with this much before the first transmitted sample.
LEAD_SAMPLES = 32
# Receptions are no longer than this unless a frame is. Shorter ones lose more frames at their ends; during longer ones
# the radio takes longer to hear a request to stop.
BLOCK_SAMPLES = 2_000_000


class FreeRunningPlayer:
    """Cuts frames out of receptions that begin at any time; frames begin LEAD_SAMPLES before the leakage's onset."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._expected: int | None = None

    def prepare(self, pattern: Pattern) -> None:
        rate_hz = pattern.sample_rate_hz
        self._frame = LEAD_SAMPLES + pattern.capture_samples
        self._period = buffers.aligned(max(round(pattern.repetition_time_s * rate_hz), self._frame))
        # The first pulse begins within one period; whole frames follow it for the rest of the block.
        shortest = self._period + self._frame + LEAD_SAMPLES
        most = self._connection.ranges.buffer_samples_max
        if shortest > most:
            longest_s = (most - self._frame - LEAD_SAMPLES) / rate_hz
            raise SafetyLimitExceeded(
                "repetition_time_s",
                f"The repetition time is {pattern.repetition_time_s:g} s; without the TDD core this radio can repeat a "
                f"pulse within {max(longest_s, 0.0):.3g} s at most.",
                "Use a shorter repetition time, a lower sample rate, or a radio with firmware 0.39 or later.",
            )
        extra = max(min(int(BURST_S * rate_hz), BLOCK_SAMPLES) - shortest, 0) // self._period
        self._block = buffers.aligned(shortest + min(extra, pattern.frames_max - 1) * self._period)
        self._connection.set_timeout(self._block / rate_hz)

    @property
    def frame_samples(self) -> int:
        return self._frame

    def has_loaded(self, excitation: Excitation) -> bool:
        return False

    def burst(
        self, excitation: Excitation, frames: int, take: Callable[[Frame], None], poll: Callable[[], None]
    ) -> None:
        still_wanted = frames
        self._expected = None

        def cut(block: Frame) -> None:
            nonlocal still_wanted
            start = self._find(block, excitation.waveform)
            while still_wanted and start - LEAD_SAMPLES + self._frame <= len(block) // 2:
                first = 2 * (start - LEAD_SAMPLES)
                take(block[first : first + 2 * self._frame])
                start += self._period
                still_wanted -= 1
            self._expected = (start - len(block) // 2) % self._period

        queue = queue_length(self._block)
        buffers.await_release(self._connection.rx, queue)  # before anything is transmitted
        with (
            buffers.CyclicTransmitBuffer(self._connection.tx, excitation.integers, self._period),
            buffers.ReceiveBuffer(self._connection.rx, self._block, queue) as reception,
        ):
            while still_wanted:
                receive(reception, 1, cut, poll)

    def _find(self, block: Frame, waveform: ComplexArray) -> int:
        """Index of the first pulse that has room for the lead before it; continues from the block before if it can."""
        first = LEAD_SAMPLES
        if self._expected is not None and alignment.has_onsets(waveform):
            start = first + (self._expected - first) % self._period
            near = as_complex(block[2 * (start - first) : 2 * (start + len(waveform) + first)])
            if len(near) == len(waveform) + 2 * first and alignment.onset_near(near, waveform, first) == first:
                return start
        searched = as_complex(block[: 2 * (first + self._period + len(waveform))])
        found = alignment.find_start(searched, waveform, first, first + self._period - 1).start
        if found < first:  # the onset lay just before the range searched
            found += self._period
        if found + self._frame - LEAD_SAMPLES > len(block) // 2:
            raise AlignmentFailed("The reception holds no whole frame after the pulse that was found in it.")
        return found

    def destroy(self) -> None:
        """Nothing outlives a burst."""
