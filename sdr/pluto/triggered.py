"""Playing with the TDD core: frames begin in hardware, reception and transmission a fixed number of samples apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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


@dataclass(frozen=True)
class _Layout:
    """What the TDD core is configured for."""

    sample_rate_hz: float
    period: int
    pulse_samples: int
    buffer_samples: int
    frames: int


class TriggeredPlayer:
    """Plays bursts whose frames the TDD core counts; `frame_samples` holds capture, lead and room for the delay.

    Buffers and the core's configuration outlive a burst, and are replaced where the next one needs others. What can
    be replaced while the last frame before still has its time to recover is replaced then.
    """

    def __init__(self, connection: Connection) -> None:
        assert connection.tdd is not None
        self._connection, self._tdd = connection, connection.tdd
        self._pattern: Pattern | None = None
        self._layout: _Layout | None = None
        self._receive: buffers.ReceiveBuffer | None = None
        self._transmit: buffers.CyclicTransmitBuffer | None = None
        self._loaded: Excitation | None = None
        self._waits_s = -1.0

    def prepare(self, pattern: Pattern) -> None:
        self._pattern = pattern
        self._buffer_samples = buffers.aligned(pattern.buffer_samples)
        self._block = buffers.aligned(LEAD_SAMPLES + pattern.capture_samples + DELAY_SAMPLES_MAX)
        self._period = max(round(pattern.repetition_time_s * pattern.sample_rate_hz), self._block + FRAME_GAP_SAMPLES)

    @property
    def frame_samples(self) -> int:
        return self._block

    def has_loaded(self, excitation: Excitation) -> bool:
        return self._loaded is not None and self._loaded.plays_like(excitation)

    def burst(
        self, excitation: Excitation, frames: int, take: Callable[[Frame], None], poll: Callable[[], None]
    ) -> None:
        assert self._pattern is not None
        rate_hz = self._pattern.sample_rate_hz
        layout = _Layout(rate_hz, self._period, self._pattern.pulse_samples, self._buffer_samples, frames)
        if self._layout is None:  # the core's outputs may be as after power-up: nothing is held yet
            self._configure(layout, poll)
        self._load(excitation)
        receiver = self._receiver(self._period / rate_hz)
        if layout != self._layout:
            self._configure(layout, poll)
        else:
            self._tdd.wait_for_end(poll)
        self._tdd.start(frames * self._period / rate_hz)
        receive(receiver, frames, take, poll)

    def _load(self, excitation: Excitation) -> None:
        samples = self._buffer_samples
        if self.has_loaded(excitation) and self._transmit is not None and self._transmit.samples == samples:
            return
        self._unload()
        self._transmit = buffers.CyclicTransmitBuffer(self._connection.tx, excitation.integers, samples)
        self._loaded = excitation

    def _unload(self) -> None:
        self._loaded = None
        if self._transmit is not None:
            self._transmit.destroy()
            self._transmit = None

    def _receiver(self, waits_s: float) -> buffers.ReceiveBuffer:
        if waits_s != self._waits_s:
            self._connection.set_timeout(waits_s)
            self._waits_s = waits_s
        if self._receive is not None and self._receive.samples != self._block:
            self._receive.destroy()
            self._receive = None
        if self._receive is None:
            self._receive = buffers.ReceiveBuffer(self._connection.rx, self._block, queue_length(self._block))
        return self._receive

    def _configure(self, layout: _Layout, poll: Callable[[], None]) -> None:
        self._tdd.wait_for_end(poll)
        self._layout = None
        self._tdd.configure(
            sample_rate_hz=layout.sample_rate_hz,
            frame_samples=layout.period,
            lead_samples=LEAD_SAMPLES,
            pulse_samples=layout.pulse_samples,
            buffer_samples=layout.buffer_samples,
            frames=layout.frames,
            switch=self._connection.switch,
        )
        self._layout = layout

    def destroy(self) -> None:
        self._unload()
        if self._receive is not None:
            self._receive.destroy()
            self._receive = None
