"""How samples go by: one clock takes transmitter, TDD core, bench and receiver from event to event."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

import numpy as np

from sdr.simulated.bench import Bench, tone_span
from sdr.simulated.clock import Clock
from sdr.simulated.converter import Converter
from sdr.simulated.devices import PINS
from sdr.simulated.log import EventLog
from sdr.simulated.receiver import Receiver
from sdr.simulated.registers import Registers
from sdr.simulated.sample import Sample
from sdr.simulated.settings import RadioSettings
from sdr.simulated.tdd import State, TddCore
from sdr.simulated.tr_switch import Intervals, complement, exposed, levels, shifted
from sdr.simulated.transmitter import Transmitter
from sdr.simulated.tuner import Surroundings
from sdr.simulated.waveform import Span

_START_LATENCY = 32  # samples
_START_JITTER_S = 0.1e-3  # DMA started by software alone: anywhere within this time
_PATH_DELAY = (7, 12)  # samples from transmit to receive DMA, redrawn when the sample rate changes
_EXTERNAL_PERIOD_S = 1.0


@dataclass(frozen=True)
class RadioOptions:
    """What is simulated, besides the context."""

    sample: Sample
    clock: Clock
    converter: Converter
    log: EventLog
    seed: int = 0
    restart_after_hold: bool = True


class Flow:
    """From power-up to the next one: what is played, what the bench makes of it, and what is received.

    Samples are numbered by the converter's clock from the last change of its rate. Whoever changes anything calls
    `settle` before, so that everything up to now has happened under the old settings.
    """

    def __init__(
        self,
        options: RadioOptions,
        registers: Registers,
        surroundings: Surroundings,
        randomness: tuple[np.random.Generator, np.random.Generator],
        has_tdd: bool,
    ) -> None:
        self._options = options
        self._clock = options.clock
        self._log = options.log
        self._registers = registers
        self._rng, noise = randomness
        self.has_tdd = has_tdd
        self.settings = self._read_settings()
        self.tdd = TddCore()
        self.transmitter = Transmitter(options.restart_after_hold)
        self.tx_open = False
        self.receiver: Receiver | None = None
        self.announce = False
        self.bench = Bench(options.sample, options.converter, surroundings, self._rng, noise)
        self.now = 0
        self.acquisitions = 0
        self.transmitting = False
        self._switch = options.sample.switch
        self._exposures = -1  # the last acquisition in which a wave was sent into the receiver
        self._epoch_s = 0.0
        self._lived = 0  # sample up to which transmitter and spins have been followed
        self._path_delay = int(self._rng.integers(*_PATH_DELAY))

    def goes_on(self, before: Flow) -> None:
        """Time and the counts of the log go on where they were at the end of the flow before."""
        self._epoch_s = before.time_s
        self.acquisitions, self.transmitting = before.acquisitions, before.transmitting
        self.note_transmission()

    # Time

    @property
    def time_s(self) -> float:
        """Seconds since the radio was switched on for the first time."""
        return self._epoch_s + self.now / self.settings.rate_hz

    def command(self) -> None:
        """A command arrives: let everything happen that was due before."""
        ahead_s = self._clock.command_time_s(self.time_s) - self.time_s
        self.advance(self.now + max(0, math.ceil(ahead_s * self.settings.rate_hz)))

    def advance(self, target: int) -> None:
        """Let everything happen that is due before sample `target`."""
        while True:
            self.tdd.update(self.now)
            horizon = target
            run_end, pulse = self.tdd.run_end, self._next_external_pulse()
            for event in (run_end, pulse):
                horizon = horizon if event is None else min(horizon, event)
            self._advance_receiver(horizon)
            self.now = max(self.now, horizon)
            if self.now == run_end or self.now == pulse:
                self.live(self.now)  # what came before the event goes by the core's old state
            if self.now == pulse:
                self._sync(self.now)
            if self.now >= target:
                self.tdd.update(self.now)
                self.note_transmission()
                return

    def _advance_receiver(self, horizon: int) -> None:
        receiver = self.receiver
        while receiver is not None:
            if receiver.current is None:
                start = self._next_block_start()
                if start is None or start >= horizon:
                    return
                receiver.begin(start, self.settings.decimation)
                self._note_acquisition(start)
            assert receiver.current is not None
            end = receiver.current.end
            if end > horizon:
                return
            self._capture(end)
            self.now = max(self.now, end)
            receiver.finish()

    def _next_block_start(self) -> int | None:
        receiver = self.receiver
        if receiver is None or not receiver.can_begin:
            return None
        earliest = max(self.now, receiver.not_before)
        return self.tdd.next_high(1, earliest) if self.has_tdd else earliest

    def seconds_to_begin(self) -> float | None:
        """How long it takes until a block begins to be filled; None if nobody knows yet, or one is being filled."""
        start = self._next_block_start()
        return None if start is None else (start - self.now) / self.settings.rate_hz

    def _next_external_pulse(self) -> int | None:
        """Without a signal on the pin TDD_EXT_SYNC selected, external synchronisation comes once a second."""
        waiting = self.tdd.enabled and self.tdd.sync_external and not self.tdd.running
        if not waiting or self._registers.get(PINS, "out_voltage1_raw") == "1":
            return None
        period = round(_EXTERNAL_PERIOD_S * self.settings.rate_hz)
        return (self.now // period + 1) * period

    def _sync(self, now: int) -> None:
        self.tdd.sync(now)
        self.announce = True

    def settle(self) -> None:
        """Before anything changes: everything up to now happens under the old settings."""
        if self.receiver is not None and self.receiver.current is not None:
            self._capture(min(self.now, self.receiver.current.end))
        self.live(self.now)

    def apply(self) -> None:
        """The registers have changed: the settings follow them, and with another rate the numbering starts anew."""
        old, self.settings = self.settings, self._read_settings()
        if old.rate_hz != self.settings.rate_hz:
            self._epoch_s += self.now / old.rate_hz
            self.transmitter.rebase(-self.now)
            self.tdd.rebase(-self.now)
            self.now = self._lived = 0
            self._path_delay = int(self._rng.integers(*_PATH_DELAY))
        if self.receiver is not None and (old.rate_hz, old.decimation) != (
            self.settings.rate_hz,
            self.settings.decimation,
        ):
            self.receiver.clock_changed(self.now, self.settings.decimation)

    def _read_settings(self) -> RadioSettings:
        return RadioSettings.read(self._registers, self._options.sample.imperfections.reference_ppm)

    # Samples

    def _capture(self, stop: int) -> None:
        """Receive the current block up to the converter's sample `stop`."""
        assert self.receiver is not None and self.receiver.current is not None
        block = self.receiver.current
        start = block.position
        length = (stop - start) // block.decimation * block.decimation
        if length <= 0:
            return
        begin = start - self._path_delay
        self.live(begin)
        start_s = self._epoch_s + start / self.settings.rate_hz
        gone = max(0, min(self._lived - begin, length))  # went by when a setting was changed
        began_s = time.monotonic()
        parts = []
        if gone:
            parts.append(self.bench.silence(gone, self.settings, start_s))
        if length > gone:
            span = self._play(begin + length)
            parts.append(self.bench.receive(span, self.settings, start_s + gone / self.settings.rate_hz))
        samples = parts[0] if len(parts) == 1 else np.concatenate(parts)
        if block.decimation > 1:
            samples = np.rint(samples.reshape(-1, block.decimation, 2).mean(axis=1)).astype(np.int16)
        block.append(samples)
        # Computing faster than the samples come delays them a little; what takes longer must not cost frames.
        self._clock.stand_still(max(0.0, time.monotonic() - began_s - length / self.settings.rate_hz))

    def live(self, stop: int) -> None:
        """Let transmitter and spins go on to sample `stop` without reception."""
        if stop > self._lived:
            start_s = self._epoch_s + self._lived / self.settings.rate_hz
            self.bench.pass_by(self._play(stop), self.settings, start_s)

    def _play(self, stop: int) -> Span:
        start, self._lived = self._lived, stop
        if not self.tx_open and self.settings.tones:
            return tone_span(self.settings, stop - start, self._epoch_s + start / self.settings.rate_hz)
        held = self.tdd.edges(2, start, stop) if self.has_tdd else []
        span = self.transmitter.play(start, stop, held)
        if self._switch is None:
            return span
        span = replace(span, to_probe=shifted(self._switched(start, stop), -start))
        self._note_exposure(span, start)
        return span

    def _switched(self, start: int, stop: int) -> Intervals:
        """When the switch points to the transmitter, in [start, stop)."""
        assert self._switch is not None
        if self._switch.by == "tx2":
            high = levels(self.transmitter.second_path, start)
        elif self.has_tdd and self._registers.get(PINS, "out_voltage0_raw") == "1":
            high = tuple(self.tdd.edges(0, start, stop))
        else:
            high = ()  # nobody drives the pin
        return high if self._switch.transmit_level else complement(high, start, stop)

    # For clients that wait

    def block_ahead(self) -> bool:
        """The burst that is running still has something to receive."""
        if self.receiver is None or self.tdd.run_end is None:
            return False
        if self.receiver.current is not None:
            return True
        start = self.tdd.next_high(1, max(self.now, self.receiver.not_before))
        return start is not None and start < self.tdd.run_end

    def skip_burst(self) -> None:
        """On the fast clock, who waits for the end of a finite burst need not wait."""
        if not self._clock.waits and self.tdd.run_end is not None:
            self.advance(self.tdd.run_end)

    def advance_to_block(self) -> None:
        """Go on until a block is complete, or to where nothing more would ever happen."""
        assert self.receiver is not None
        while not self.receiver.has_data:
            if self.receiver.current is not None:
                self.advance(self.receiver.current.end)
                continue
            event = self._next_block_start()
            if event is None:
                event = self.tdd.run_end or self._next_external_pulse()
            if event is None:
                return
            self.advance(event + 1)

    def software_latency(self) -> int:
        """Samples from a command to the start of the DMA that it asked for."""
        return _START_LATENCY + int(self._rng.integers(0, max(1, round(_START_JITTER_S * self.settings.rate_hz))))

    # Log

    def _note_acquisition(self, start: int) -> None:
        if self.announce:
            self.announce = False
            self.acquisitions += 1
            time_s = self._epoch_s + start / self.settings.rate_hz
            samples = self.receiver.block_length if self.receiver else 0
            self._log.record("acquisition", time_s, count=self.acquisitions, samples=samples)

    def _note_exposure(self, span: Span, start: int) -> None:
        """Record, once per acquisition, that a wave was sent into a switch that pointed to the receiver."""
        if not self.settings.can_transmit or self._exposures == self.acquisitions:
            return
        if levels(exposed(span).segments, 0, threshold=0.0):  # a segment may begin and end with silence
            self._exposures = self.acquisitions
            self._log.record("exposed", self._epoch_s + start / self.settings.rate_hz, count=self.acquisitions)

    def note_transmission(self) -> None:
        """Record when RF may begin to leave the transmitter, and when none can any more."""
        playing = bool(self.settings.tones)
        if self.tx_open:
            waiting = self.has_tdd and self.tdd.state(self.now) in (State.IDLE, State.ARMED)
            held = waiting and bool(self.tdd.edges(2, self.now, self.now + 1))
            playing = not self.transmitter.silent and not held
        transmitting = playing and self.settings.can_transmit
        if transmitting != self.transmitting:
            self.transmitting = transmitting
            event = "tx_on" if transmitting else "tx_off"
            self._log.record(event, self.time_s, lo_hz=self.settings.tx_lo_hz, gain_db=self.settings.tx_gain_db)
