"""The radio as its clients see it: attributes, buffers, and the probe's port."""

from __future__ import annotations

import errno
import math

import numpy as np
import numpy.typing as npt

from sdr.simulated.bench import Bench
from sdr.simulated.context import Context
from sdr.simulated.devices import PHY, RX, TDD, TX
from sdr.simulated.errors import IioError, invalid
from sdr.simulated.flow import Flow, RadioOptions
from sdr.simulated.receiver import Receiver
from sdr.simulated.registers import Registers, Target
from sdr.simulated.tdd_attributes import TddAttributes
from sdr.simulated.tuner import Surroundings
from sdr.simulated.waveform import Waveform

__all__ = ["Radio", "RadioOptions"]

Samples = npt.NDArray[np.int16]

DEFAULT_BLOCKS = 4
_BLOCKS_MAX = 64
_BLOCK_SAMPLES_MAX = 1 << 26


class Radio:
    """State and behaviour of the simulated radio; not thread-safe, the server holds a lock around every call.

    `command` must be called before each operation that a client asks for.
    """

    def __init__(self, context: Context, options: RadioOptions) -> None:
        self.context = context
        self._options = options
        self._clock = options.clock
        self._log = options.log
        noise = np.random.Generator(np.random.SFC64([options.seed, 2]))
        self._randomness = np.random.default_rng([options.seed, 1]), noise
        self.surroundings = Surroundings(options.sample.tuning, options.sample.temperature_k)
        self._power_up()

    def _power_up(self) -> None:
        self._registers = Registers(self.context)
        has_tdd = self.context.device(TDD) is not None
        self._flow = Flow(self._options, self._registers, self.surroundings, self._randomness, has_tdd)
        self._tdd_attributes = TddAttributes(self._flow.tdd)
        self._blocks = {RX: DEFAULT_BLOCKS, TX: DEFAULT_BLOCKS}

    def reboot(self) -> None:
        """Back to the state after power-up; whoever had a buffer open has lost it."""
        before = self._flow
        self._power_up()
        self._flow.goes_on(before)

    @property
    def time_s(self) -> float:
        """Seconds since the radio was switched on."""
        return self._flow.time_s

    def command(self) -> None:
        """A command arrives: let everything happen that was due before."""
        self._flow.command()

    # Attributes

    def read(self, target: Target) -> str:
        """The value of an attribute as text."""
        if target.device.name != TDD:
            return self._registers.read(target)
        if target.attribute.name == "state" and not self._flow.block_ahead():
            self._flow.skip_burst()
        return self._tdd_attributes.read(target, self._flow.now, self._flow.settings.rate_hz)

    def write(self, target: Target, text: str) -> None:
        """Set an attribute; raises IioError and changes nothing if the value is impossible."""
        if target.device.name == TDD and target.attribute.name == "enable" and not self._flow.tdd.enabled:
            self._flow.skip_burst()
        self._flow.settle()
        if target.device.name == TDD:
            was_running = self._flow.tdd.running
            self._tdd_attributes.write(target, text, self._flow.now, self._flow.settings.rate_hz)
            self._flow.announce |= self._flow.tdd.running and not was_running
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
        self._flow.note_transmission()

    def _apply(self, target: Target) -> None:
        self._flow.apply()
        name = target.attribute.name
        if target.device.name == PHY and target.channel.startswith("altvoltage") and name == "frequency":
            self._flow.bench.retune()

    def set_blocks(self, device: str, count: int) -> None:
        """Number of kernel buffers; EBUSY while the device's buffer is open."""
        if device not in self._blocks or not 1 <= count <= _BLOCKS_MAX:
            raise invalid()
        if (device == RX and self._flow.receiver is not None) or (device == TX and self._flow.tx_open):
            raise IioError(errno.EBUSY)
        self._blocks[device] = count

    # Reception

    def open_receiver(self, samples: int) -> None:
        """Start receiving into blocks of `samples`; EBUSY if somebody does already."""
        if self._flow.receiver is not None:
            raise IioError(errno.EBUSY)
        if not 0 < samples <= _BLOCK_SAMPLES_MAX:
            raise invalid()
        self._flow.settle()
        self._flow.receiver = Receiver(samples, self._blocks[RX], self._flow.now + self._flow.software_latency())
        self._flow.announce = True

    def close_receiver(self) -> None:
        self._flow.settle()
        self._flow.receiver = None

    def request_block(self) -> None:
        """The client asks for a block, which gives back the one it had."""
        if self._flow.receiver is None:
            raise IioError(errno.EBADF)
        self._flow.receiver.requeue()

    def poll_block(self) -> Samples | None:
        """The oldest complete block (samples, 2), or None if it is not there yet.

        On the fast clock time goes on to the end of the next block, if there will be one.
        """
        if self._flow.receiver is None:
            raise IioError(errno.EBADF)
        if self._clock.waits:
            self.command()
        elif not self._flow.receiver.has_data:
            self._flow.advance_to_block()
        return self._flow.receiver.fetch().data() if self._flow.receiver.has_data else None

    def prepare_block(self) -> None:
        """Do what can be done ahead for the next block; changes nothing, so it needs no lock."""
        receiver = self._flow.receiver
        if receiver is not None:
            self._flow.bench.prepare(receiver.block_length * self._flow.settings.decimation)

    def seconds_to_block(self) -> float | None:
        """How long the block that is being filled still takes; None if none is."""
        if self._flow.receiver is None or self._flow.receiver.current is None:
            return None
        return (self._flow.receiver.current.end - self._flow.now) / self._flow.settings.rate_hz

    def seconds_to_begin(self) -> float | None:
        """How long it takes until a block begins to be filled; None if nobody knows yet, or one is being filled."""
        return self._flow.seconds_to_begin()

    # Transmission

    def open_transmitter(self) -> None:
        if self._flow.tx_open:
            raise IioError(errno.EBUSY)
        self._flow.settle()
        self._flow.tx_open = True
        self._flow.note_transmission()

    def push(self, samples: Samples, cyclic: bool, second: Samples | None = None) -> bool:
        """Queue interleaved I, Q values (2 n,) for transmission; False if the queue is full for the moment.

        `second` are those of the second path, if the radio has one and the client sends something on it.
        """
        if not self._flow.tx_open:
            raise IioError(errno.EBADF)
        self._flow.settle()
        if cyclic and self._flow.transmitter.queued:
            raise IioError(errno.EBUSY)
        if self._flow.transmitter.queued >= self._blocks[TX]:
            end = self._flow.transmitter.first_end()
            if self._clock.waits or end is None:
                return False
            self._flow.advance(max(end, self._flow.now))
            self._flow.live(self._flow.now)
        start = self._flow.now + self._flow.software_latency()
        other = None if second is None else self._waveform(second)
        self._flow.transmitter.push(self._waveform(samples), start, cyclic, other)
        self._flow.note_transmission()
        return True

    def _waveform(self, samples: Samples) -> Waveform:
        """The samples as the converter plays them."""
        factor = self._flow.settings.interpolation
        played = np.repeat(samples.reshape(-1, 2), factor, axis=0).ravel() if factor > 1 else samples
        return Waveform.from_int16(played)

    def close_transmitter(self) -> None:
        self._flow.settle()
        self._flow.transmitter.clear()
        self._flow.tx_open = False
        self._flow.note_transmission()

    # Around the probe

    def settled_bench(self) -> Bench:
        """The bench as it is now: everything up to now has happened, so something of it may be changed."""
        self.command()
        self._flow.settle()
        return self._flow.bench

    def wait_until(self, time_s: float) -> float:
        """Seconds left until the radio's time is `time_s`: none on the fast clock, which goes on to it."""
        self.command()
        left_s = time_s - self.time_s
        if left_s > 0 and not self._clock.waits:
            self._flow.advance(self._flow.now + math.ceil(left_s * self._flow.settings.rate_hz) + 1)
            return 0.0
        return max(0.0, left_s)
