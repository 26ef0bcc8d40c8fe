"""What is kept from shot to shot while the transmitter stays armed: buffers, waveforms, how the leakage was heard."""

from __future__ import annotations

import numpy as np

from acquisition.shot import BoolArray, ComplexArray
from sdr.alignment import Onsets, onsets_of
from sdr.errors import AlignmentFailed
from sdr.pluto.accumulate import Frame
from sdr.pluto.configuration import Setup
from sdr.pluto.connection import Connection
from sdr.pluto.free_running import FreeRunningPlayer
from sdr.pluto.losses import is_lively, lost
from sdr.pluto.playing import Excitation, Player, as_complex
from sdr.pluto.reference import Reference, listen, with_tail
from sdr.pluto.samples import dequantise, quantise
from sdr.pluto.triggered import TriggeredPlayer

# Samples of a pulse that are compared from burst to burst.
COMPARED_SAMPLES = 8192
# Samples from the start of the pulse on in which losses are looked for.
LOOKED_AT_SAMPLES = 4 * COMPARED_SAMPLES
# Less of the pulse than this tells nothing.
SHARE_LEAST = 0.5
# The pulse must stand out this much (|correlation|^2 over its variance, by what the pulse does not explain) for a
# comparison to mean anything: noise alone then deviates as much as half of it in one of 10^8 bursts.
EVIDENCE = 150.0
# Deviation of the correlation, relative to itself, that noise, drift and a stopped transmission are told apart by.
DEVIATION_MAX = 0.5


class PulseCheck:
    """Compares the pulse as every burst receives it with how the first one did.

    A reception left over from another burst, a transmit buffer that slipped or that does not play, and oscillators that
    lost their phase all change the correlation with the pulse by more than half of it. Samples that were lost on the
    way are left out; a burst whose pulse was mostly lost tells nothing.
    """

    def __init__(self, waveform: ComplexArray, start: int) -> None:
        self._pulse = waveform[:COMPARED_SAMPLES]
        self._start = start
        self._expected: complex | None = None
        self._lively = False

    def check(self, frame: Frame, phase: complex) -> None:
        """`frame` (2 n,) is the first of a burst that transmits `phase` times the waveform."""
        heard = as_complex(frame[2 * self._start : 2 * (self._start + len(self._pulse))])
        product = complex(np.vdot(self._pulse, heard)) * complex(phase).conjugate()
        there = self._share_there(frame)
        if there < SHARE_LEAST or (there < 1.0 and self._expected is None):
            return
        if self._expected is None:
            transmitting = self._pulse != 0
            energy = float(np.sum(np.abs(self._pulse) ** 2) * np.sum(np.abs(heard[transmitting]) ** 2))
            explained = abs(product) ** 2
            clear = explained * np.count_nonzero(transmitting) >= EVIDENCE * max(energy - explained, 0.0) and energy > 0
            self._expected = product if clear else 0j
        elif abs(product - there * self._expected) > there * DEVIATION_MAX * abs(self._expected) > 0:
            raise AlignmentFailed("The pulse was received otherwise than in the burst before; nothing of it was kept.")

    def _share_there(self, frame: Frame) -> float:
        """Share of the pulse's energy that was not lost on the way."""
        looked_at = frame[: 2 * (self._start + LOOKED_AT_SAMPLES)]
        self._lively = self._lively or is_lively(looked_at)
        gone = lost(looked_at, self._lively)[self._start : self._start + len(self._pulse)]
        if not gone.any():
            return 1.0
        power = np.abs(self._pulse) ** 2
        return float(1.0 - np.sum(power[gone]) / np.sum(power))


class Standby:
    """One arming of the transmitter; `destroy` it when the transmitter is turned off, or the connection is given up."""

    def __init__(self, connection: Connection) -> None:
        self.lasts = connection.tdd is not None
        """It may outlive a shot: with the TDD core nothing is transmitted that was not triggered."""
        self.player: Player = (
            TriggeredPlayer(connection) if connection.tdd is not None else FreeRunningPlayer(connection)
        )
        self.setup: Setup | None = None
        self.reference: Reference | None = None
        """Of this tuning, once it has been heard."""
        self.tail_level: float | None = None
        """Level of the reference pulse that is the tail of every frame; None if there is none."""
        self.tails_agree: bool | None = None
        """Tails give the same reference as the pulse played by itself; None as long as that is not known."""
        self.excitations: tuple[Excitation, ...] = ()
        self.sent: ComplexArray = np.zeros(0, dtype=np.complex64)
        """The waveform after rounding to the radio's integers."""
        self.onsets: Onsets = (np.zeros(0, dtype=np.intp), np.zeros(0))
        self.pulse_check: PulseCheck | None = None
        self._heard: Reference | None = None
        self._played: ComplexArray = np.zeros(0, dtype=np.complex64)
        self._cycle: tuple[complex, ...] = ()

    def tune(self, setup: Setup) -> None:
        """A shot begins: what was heard counts within one tuning only."""
        if setup != self.setup:
            self.setup = setup
            self.reference = self.pulse_check = None

    def hear(self, reference: Reference) -> None:
        """The leakage was heard, in this tuning."""
        self.reference = self._heard = reference

    @property
    def level(self) -> float | None:
        """At which the reference pulse was heard the last time, in whatever tuning."""
        return None if self._heard is None else self._heard.level

    def load(
        self, waveform: ComplexArray, cycle: tuple[complex, ...], capture_samples: int, tail_level: float | None
    ) -> None:
        """Say what the bursts that follow play; the excitations of an unchanged waveform stay as they are."""
        self.tail_level = tail_level
        played = waveform if tail_level is None else with_tail(waveform, capture_samples, tail_level)
        if cycle != self._cycle or not np.array_equal(played, self._played):
            self._played, self._cycle = played, cycle
            self.sent = dequantise(quantise(waveform))
            self.onsets = onsets_of(waveform)
            turned = [(played * np.complex64(phase)).astype(np.complex64) for phase in cycle]
            self.excitations = tuple(map(Excitation, turned))
            self.pulse_check = None
        if self.pulse_check is None and self.lasts and self._heard is not None:
            self.pulse_check = PulseCheck(waveform, self._heard.start)

    def listen(self, mean: ComplexArray, overloaded: BoolArray, capture_samples: int) -> Reference | None:
        """The reference for averaged frames (n,): that of their own tails if these can be trusted, or this tuning's."""
        if self.tail_level is None:
            return self.reference
        tail = listen(mean, overloaded, capture_samples, self.tail_level)
        if tail is None or self.tails_agree is False:
            return self.reference
        if self.tails_agree is None and self.reference is not None:
            self.tails_agree = tail.agrees_with(self.reference)
        return tail if self.tails_agree else self.reference

    def destroy(self) -> None:
        """Destroy all buffers; sends nothing that could fail on a broken connection."""
        self.player.destroy()
