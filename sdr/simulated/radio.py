"""The radio: one virtual sample clock that drives transmit DMA, TDD core, bench and receive DMA."""

from __future__ import annotations

import errno
import math
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sdr.simulated.bench import Bench, tone_span
from sdr.simulated.clock import Clock
from sdr.simulated.context import Context
from sdr.simulated.converter import Converter
from sdr.simulated.devices import PHY, PINS, RX, TDD, TX
from sdr.simulated.errors import IioError, invalid
from sdr.simulated.log import EventLog
from sdr.simulated.receiver import Receiver
from sdr.simulated.registers import Registers, Target
from sdr.simulated.sample import Sample
from sdr.simulated.settings import RadioSettings
from sdr.simulated.tdd import State, TddCore
from sdr.simulated.tdd_attributes import TddAttributes
from sdr.simulated.transmitter import Transmitter
from sdr.simulated.tuner import Surroundings
from sdr.simulated.waveform import Span, Waveform

Samples = npt.NDArray[np.int16]

DEFAULT_BLOCKS = 4
_BLOCKS_MAX = 64
_BLOCK_SAMPLES_MAX = 1 << 26
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


class Radio:
    """State and behaviour of the simulated radio; not thread-safe, the server holds a lock around every call.

    Samples are numbered by the converter's clock from the last change of its rate. `command` must be called before
    each operation that a client asks for.
    """

    def __init__(self, context: Context, options: RadioOptions) -> None:
        self.context = context
        self._options = options
        self._clock = options.clock
        self._log = options.log
        self._rng = np.random.default_rng([options.seed, 1])
        self._noise = np.random.Generator(np.random.SFC64([options.seed, 2]))
        self._has_tdd = context.device(TDD) is not None
        self._epoch_s = 0.0
        self._acquisitions = 0
        self._transmitting = False
        self.surroundings = Surroundings(options.sample.tuning, options.sample.temperature_k)
        self._power_up()

    def _power_up(self) -> None:
        self._registers = Registers(self.context)
        self._settings = RadioSettings.read(self._registers)
        self._tdd = TddCore()
        self._tdd_attributes = TddAttributes(self._tdd)
        self._transmitter = Transmitter(self._options.restart_after_hold)
        self._tx_open = False
        self._receiver: Receiver | None = None
        self._announce = False
        self._blocks = {RX: DEFAULT_BLOCKS, TX: DEFAULT_BLOCKS}
        sample, converter = self._options.sample, self._options.converter
        self._bench = Bench(sample, converter, self.surroundings, self._rng, self._noise)
        self._now = 0
        self._lived = 0  # sample up to which transmitter and spins have been followed
        self._path_delay = int(self._rng.integers(*_PATH_DELAY))

    def reboot(self) -> None:
        """Back to the state after power-up; whoever had a buffer open has lost it."""
        self._epoch_s = self.time_s
        self._power_up()
        self._note_transmission()

    # Time

    @property
    def time_s(self) -> float:
        """Seconds since the radio was switched on."""
        return self._epoch_s + self._now / self._settings.rate_hz

    def command(self) -> None:
        """A command arrives: let everything happen that was due before."""
        ahead_s = self._clock.command_time_s(self.time_s) - self.time_s
        self._advance(self._now + max(0, math.ceil(ahead_s * self._settings.rate_hz)))

    def _advance(self, target: int) -> None:
        while True:
            self._tdd.update(self._now)
            horizon = target
            run_end, pulse = self._tdd.run_end, self._next_external_pulse()
            for event in (run_end, pulse):
                horizon = horizon if event is None else min(horizon, event)
            self._advance_receiver(horizon)
            self._now = max(self._now, horizon)
            if self._now == run_end or self._now == pulse:
                self._live(self._now)  # what came before the event goes by the core's old state
            if self._now == pulse:
                self._sync(self._now)
            if self._now >= target:
                self._tdd.update(self._now)
                self._note_transmission()
                return

    def _advance_receiver(self, horizon: int) -> None:
        receiver = self._receiver
        while receiver is not None:
            if receiver.current is None:
                start = self._next_block_start()
                if start is None or start >= horizon:
                    return
                receiver.begin(start, self._settings.decimation)
                self._note_acquisition(start)
            assert receiver.current is not None
            end = receiver.current.end
            if end > horizon:
                return
            self._capture(end)
            self._now = max(self._now, end)
            receiver.finish()

    def _next_block_start(self) -> int | None:
        receiver = self._receiver
        if receiver is None or not receiver.can_begin:
            return None
        earliest = max(self._now, receiver.not_before)
        return self._tdd.next_high(1, earliest) if self._has_tdd else earliest

    def _next_external_pulse(self) -> int | None:
        """Without a signal on the pin TDD_EXT_SYNC selected, external synchronisation comes once a second."""
        waiting = self._tdd.enabled and self._tdd.sync_external and not self._tdd.running
        if not waiting or self._registers.get(PINS, "out_voltage1_raw") == "1":
            return None
        period = round(_EXTERNAL_PERIOD_S * self._settings.rate_hz)
        return (self._now // period + 1) * period

    def _sync(self, now: int) -> None:
        self._tdd.sync(now)
        self._announce = True

    def _settle(self) -> None:
        """Before anything changes: everything up to now happens under the old settings."""
        if self._receiver is not None and self._receiver.current is not None:
            self._capture(min(self._now, self._receiver.current.end))
        self._live(self._now)

    # Samples

    def _capture(self, stop: int) -> None:
        """Receive the current block up to the converter's sample `stop`."""
        assert self._receiver is not None and self._receiver.current is not None
        block = self._receiver.current
        start = block.position
        length = (stop - start) // block.decimation * block.decimation
        if length <= 0:
            return
        begin = start - self._path_delay
        self._live(begin)
        start_s = self._epoch_s + start / self._settings.rate_hz
        gone = max(0, min(self._lived - begin, length))  # went by when a setting was changed
        began_s = time.monotonic()
        parts = []
        if gone:
            parts.append(self._bench.silence(gone, self._settings, start_s))
        if length > gone:
            span = self._play(begin + length)
            parts.append(self._bench.receive(span, self._settings, start_s + gone / self._settings.rate_hz))
        samples = parts[0] if len(parts) == 1 else np.concatenate(parts)
        if block.decimation > 1:
            samples = np.rint(samples.reshape(-1, block.decimation, 2).mean(axis=1)).astype(np.int16)
        block.append(samples)
        # Computing faster than the samples come delays them a little; what takes longer must not cost frames.
        self._clock.stand_still(max(0.0, time.monotonic() - began_s - length / self._settings.rate_hz))

    def _live(self, stop: int) -> None:
        """Let transmitter and spins go on to sample `stop` without reception."""
        if stop > self._lived:
            start_s = self._epoch_s + self._lived / self._settings.rate_hz
            self._bench.pass_by(self._play(stop), self._settings, start_s)

    def _play(self, stop: int) -> Span:
        start, self._lived = self._lived, stop
        if not self._tx_open and self._settings.tones:
            return tone_span(self._settings, stop - start, self._epoch_s + start / self._settings.rate_hz)
        held = self._tdd.edges(2, start, stop) if self._has_tdd else []
        return self._transmitter.play(start, stop, held)

    # Attributes

    def read(self, target: Target) -> str:
        """The value of an attribute as text."""
        if target.device.name != TDD:
            return self._registers.read(target)
        if target.attribute.name == "state" and not self._block_ahead():
            self._skip_burst()
        return self._tdd_attributes.read(target, self._now, self._settings.rate_hz)

    def write(self, target: Target, text: str) -> None:
        """Set an attribute; raises IioError and changes nothing if the value is impossible."""
        if target.device.name == TDD and target.attribute.name == "enable" and not self._tdd.enabled:
            self._skip_burst()
        self._settle()
        if target.device.name == TDD:
            was_running = self._tdd.running
            self._tdd_attributes.write(target, text, self._now, self._settings.rate_hz)
            self._announce |= self._tdd.running and not was_running
        else:
            self._registers.write(target, text)
            self._apply(target)
        self._log.record(
            "write",
            self.time_s,
            device=target.device.label or target.device.name,
            channel=target.channel,
            attribute=target.attribute.name,
            value=text if len(text) <= 80 else f"{text[:77]}...",
        )
        self._note_transmission()

    def _block_ahead(self) -> bool:
        """The burst that is running still has something to receive."""
        if self._receiver is None or self._tdd.run_end is None:
            return False
        if self._receiver.current is not None:
            return True
        start = self._tdd.next_high(1, max(self._now, self._receiver.not_before))
        return start is not None and start < self._tdd.run_end

    def _skip_burst(self) -> None:
        """On the fast clock, who waits for the end of a finite burst need not wait."""
        if not self._clock.waits and self._tdd.run_end is not None:
            self._advance(self._tdd.run_end)

    def _apply(self, target: Target) -> None:
        old, self._settings = self._settings, RadioSettings.read(self._registers)
        if (
            target.device.name == PHY
            and target.channel.startswith("altvoltage")
            and target.attribute.name == "frequency"
        ):
            self._bench.retune()
        if old.rate_hz != self._settings.rate_hz:
            self._epoch_s += self._now / old.rate_hz
            self._transmitter.rebase(-self._now)
            self._tdd.rebase(-self._now)
            self._now = self._lived = 0
            self._path_delay = int(self._rng.integers(*_PATH_DELAY))
        if self._receiver is not None and (old.rate_hz, old.decimation) != (
            self._settings.rate_hz,
            self._settings.decimation,
        ):
            self._receiver.clock_changed(self._now, self._settings.decimation)

    def set_blocks(self, device: str, count: int) -> None:
        """Number of kernel buffers; EBUSY while the device's buffer is open."""
        if device not in self._blocks or not 1 <= count <= _BLOCKS_MAX:
            raise invalid()
        if (device == RX and self._receiver is not None) or (device == TX and self._tx_open):
            raise IioError(errno.EBUSY)
        self._blocks[device] = count

    # Reception

    def open_receiver(self, samples: int) -> None:
        """Start receiving into blocks of `samples`; EBUSY if somebody does already."""
        if self._receiver is not None:
            raise IioError(errno.EBUSY)
        if not 0 < samples <= _BLOCK_SAMPLES_MAX:
            raise invalid()
        self._settle()
        self._receiver = Receiver(samples, self._blocks[RX], self._now + self._software_latency())
        self._announce = True

    def close_receiver(self) -> None:
        self._settle()
        self._receiver = None

    def request_block(self) -> None:
        """The client asks for a block, which gives back the one it had."""
        if self._receiver is None:
            raise IioError(errno.EBADF)
        self._receiver.requeue()

    def poll_block(self) -> Samples | None:
        """The oldest complete block (samples, 2), or None if it is not there yet.

        On the fast clock time goes on to the end of the next block, if there will be one.
        """
        if self._receiver is None:
            raise IioError(errno.EBADF)
        if self._clock.waits:
            self.command()
        elif not self._receiver.has_data:
            self._advance_to_block()
        return self._receiver.fetch().data() if self._receiver.has_data else None

    def prepare_block(self) -> None:
        """Do what can be done ahead for the next block; changes nothing, so it needs no lock."""
        receiver = self._receiver
        if receiver is not None:
            self._bench.prepare(receiver.block_length * self._settings.decimation)

    def _advance_to_block(self) -> None:
        assert self._receiver is not None
        while not self._receiver.has_data:
            if self._receiver.current is not None:
                self._advance(self._receiver.current.end)
                continue
            event = self._next_block_start()
            if event is None:
                event = self._tdd.run_end or self._next_external_pulse()
            if event is None:
                return
            self._advance(event + 1)

    def seconds_to_block(self) -> float | None:
        """How long the block that is being filled still takes; None if none is."""
        if self._receiver is None or self._receiver.current is None:
            return None
        return (self._receiver.current.end - self._now) / self._settings.rate_hz

    # Transmission

    def open_transmitter(self) -> None:
        if self._tx_open:
            raise IioError(errno.EBUSY)
        self._settle()
        self._tx_open = True
        self._note_transmission()

    def push(self, samples: npt.NDArray[np.int16], cyclic: bool) -> bool:
        """Queue interleaved I, Q values (2 n,) for transmission; False if the queue is full for the moment."""
        if not self._tx_open:
            raise IioError(errno.EBADF)
        self._settle()
        if cyclic and self._transmitter.queued:
            raise IioError(errno.EBUSY)
        if self._transmitter.queued >= self._blocks[TX]:
            end = self._transmitter.first_end()
            if self._clock.waits or end is None:
                return False
            self._advance(max(end, self._now))
            self._live(self._now)
        if self._settings.interpolation > 1:
            samples = np.repeat(samples.reshape(-1, 2), self._settings.interpolation, axis=0).ravel()
        start = self._now + self._software_latency()
        self._transmitter.push(Waveform.from_int16(samples), start, cyclic)
        self._note_transmission()
        return True

    def close_transmitter(self) -> None:
        self._settle()
        self._transmitter.clear()
        self._tx_open = False
        self._note_transmission()

    def _software_latency(self) -> int:
        return _START_LATENCY + int(self._rng.integers(0, max(1, round(_START_JITTER_S * self._settings.rate_hz))))

    # Around the probe

    def settled_bench(self) -> Bench:
        """The bench as it is now: everything up to now has happened, so something of it may be changed."""
        self.command()
        self._settle()
        return self._bench

    def wait_until(self, time_s: float) -> float:
        """Seconds left until the radio's time is `time_s`: none on the fast clock, which goes on to it."""
        self.command()
        left_s = time_s - self.time_s
        if left_s > 0 and not self._clock.waits:
            self._advance(self._now + math.ceil(left_s * self._settings.rate_hz) + 1)
            return 0.0
        return max(0.0, left_s)

    # Log

    def _note_acquisition(self, start: int) -> None:
        if self._announce:
            self._announce = False
            self._acquisitions += 1
            time_s = self._epoch_s + start / self._settings.rate_hz
            samples = self._receiver.block_length if self._receiver else 0
            self._log.record("acquisition", time_s, count=self._acquisitions, samples=samples)

    def _note_transmission(self) -> None:
        """Record when RF may begin to leave the transmitter, and when none can any more."""
        playing = bool(self._settings.tones)
        if self._tx_open:
            waiting = self._has_tdd and self._tdd.state(self._now) in (State.IDLE, State.ARMED)
            held = waiting and bool(self._tdd.edges(2, self._now, self._now + 1))
            playing = not self._transmitter.silent and not held
        transmitting = playing and self._settings.can_transmit
        if transmitting != self._transmitting:
            self._transmitting = transmitting
            event = "tx_on" if transmitting else "tx_off"
            self._log.record(event, self.time_s, lo_hz=self._settings.tx_lo_hz, gain_db=self._settings.tx_gain_db)
