"""Playing with the TDD core: frames begin in hardware, reception and transmission a fixed number of samples apart."""

from __future__ import annotations

from collections.abc import Callable

from sdr.pluto import buffers
from sdr.pluto.accumulate import Frame
from sdr.pluto.connection import Connection
from sdr.pluto.playing import Excitation, Pattern, queue_length
from sdr.pluto.waiting import receive

# Reception begins this much before transmission, so that the onset of the leakage is seen.
LEAD_SAMPLES = 32
# Room for the delay of the radio's filters and interfaces.
DELAY_SAMPLES_MAX = 256
# From the end of a reception to the next frame, for the radio to begin a new transfer.
FRAME_GAP_SAMPLES = 64


# Grace for the end of a burst beyond the length of a frame.
END_MARGIN_S = 2.0


class TriggeredPlayer:
    """Plays bursts whose frames the TDD core counts; `frame_samples` holds capture, lead and room for the delay."""

    def __init__(self, connection: Connection, pattern: Pattern) -> None:
        assert connection.tdd is not None
        self._connection, self._tdd = connection, connection.tdd
        self._rate_hz = pattern.sample_rate_hz
        self._pulse_samples = buffers.aligned(pattern.pulse_samples)
        self._block = buffers.aligned(LEAD_SAMPLES + pattern.capture_samples + DELAY_SAMPLES_MAX)
        self._period = max(round(pattern.repetition_time_s * self._rate_hz), self._block + FRAME_GAP_SAMPLES)
        self._end_within_s = self._period / self._rate_hz + END_MARGIN_S
        # Before the receiver is opened: after power-up the core lets receptions begin at any time.
        self._configure(pattern.frames_max)
        connection.set_timeout(self._period / self._rate_hz)
        self._receive = buffers.ReceiveBuffer(connection.rx, self._block, queue_length(self._block))

    @property
    def frame_samples(self) -> int:
        return self._block

    def burst(
        self, excitation: Excitation, frames: int, take: Callable[[Frame], None], poll: Callable[[], None]
    ) -> None:
        if frames != self._frames:
            self._tdd.wait_for_end(self._end_within_s, poll)
            self._configure(frames)
        with buffers.CyclicTransmitBuffer(self._connection.tx, excitation.integers, self._pulse_samples):
            self._tdd.wait_for_end(self._end_within_s, poll)
            self._tdd.start()
            receive(self._receive, frames, take, poll)

    def _configure(self, frames: int) -> None:
        self._tdd.configure(
            sample_rate_hz=self._rate_hz,
            frame_samples=self._period,
            lead_samples=LEAD_SAMPLES,
            pulse_samples=self._pulse_samples,
            frames=frames,
        )
        self._frames = frames

    def close(self) -> None:
        self._receive.destroy()
        self._tdd.disable()
