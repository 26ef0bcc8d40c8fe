"""Probe and receiver: from spins and transmit leakage to the 12-bit samples that the client gets."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sdr.simulated.noise import NoiseSource
from sdr.simulated.outside import Outside, tone
from sdr.simulated.resonances import Resonance, ring
from sdr.simulated.sample import Imperfections, Interference, Ringing, TransmitReceiveSwitch
from sdr.simulated.tr_switch import connected, exposed, hearing
from sdr.simulated.waveform import Span

Complex64 = npt.NDArray[np.complex64]
Float32 = npt.NDArray[np.float32]
Samples = npt.NDArray[np.int16]

ADC_FULL_SCALE = 2048
REFERENCE_GAIN_DB = 30.0
REFERENCE_RATE_HZ = 10e6
REFERENCE_TRANSMIT_DB = -10.0
_CHUNK = 1 << 16
_FRAMES_KEPT = 8
_ADC_NOISE_LSB = 0.4
_OVERLOAD = 1.25  # of full scale: what is behind the converter's limit does not hurt the amplifiers at once


@dataclass(frozen=True)
class Reception:
    """What the receiver's output depends on besides the transmitted span and the spins' answer to it."""

    sample_rate_hz: float
    receive_hz: float  # at the probe
    receive_gain_db: float
    receive_bandwidth_hz: float
    transmit_gain_db: float
    transmit_hz: float  # at the probe
    transmit_offset_hz: float  # transmitter minus receiver frequency, at the radio
    phase_rad: float
    inverted: bool
    receiver_on: bool
    carrier_on: bool
    dc_tracking: bool
    quadrature_tracking: bool
    probe_offset_hz: float = 0.0  # the probe's resonance minus the transmitter's frequency, at the probe

    @property
    def gain(self) -> float:
        """Amplitude factor relative to the reference gain."""
        return float(10 ** ((self.receive_gain_db - REFERENCE_GAIN_DB) / 20))

    @property
    def drive(self) -> float:
        """Transmitted amplitude relative to the reference attenuation."""
        return float(10 ** ((self.transmit_gain_db - REFERENCE_TRANSMIT_DB) / 20))

    @property
    def hears_transmitter(self) -> bool:
        """The transmitter's carrier is within the received band."""
        return abs(self.transmit_offset_hz) < self.sample_rate_hz / 2


def leakage(span: Span, sample_rate_hz: float, imperfections: Imperfections, probe_offset_hz: float = 0.0) -> Complex64:
    """What reaches the receiver of the transmitted wave (turned back by its quadrant) at the reference levels, in LSB.

    Two resonances, each of unit gain: the probe itself, of time constant 1/(pi bandwidth), which rings at its own
    frequency, and a weaker, slower one that stands for the recovery of everything behind it.
    """
    fast = 1 / (math.pi * imperfections.probe_bandwidth_hz)
    level = imperfections.leakage_lsb
    parts = (
        Resonance(level, probe_offset_hz, fast),
        Resonance(level * imperfections.ring_down_level, 0.0, imperfections.ring_down_s),
    )
    return ring(span, sample_rate_hz, parts)


def acoustics(span: Span, reception: Reception, ringing: tuple[Ringing, ...], noise_lsb: float) -> Complex64:
    """What acoustic resonances answer to the transmitted wave, as `leakage` does, in LSB."""
    parts = [
        Resonance(
            noise_lsb * one.amplitude_over_noise,
            0.0 if one.frequency_hz is None else one.frequency_hz - reception.transmit_hz,
            one.decay_s,
        )
        for one in ringing
    ]
    near = [part for part in parts if abs(part.offset_hz) < reception.sample_rate_hz / 2]
    return ring(span, reception.sample_rate_hz, near)


def delayed(wave: npt.NDArray[np.complex128], samples: float) -> npt.NDArray[np.complex128]:
    """The wave so many samples later, shape (n,); what is between samples comes from a cubic through four of them.

    Four taps put no ringing of the pulse's edges into the dead time, as longer ones would; they are right within 0.4 %
    up to a tenth of the sample rate, 5 % up to a fifth.
    """
    if samples <= 0:
        return wave
    whole, part = divmod(samples, 1.0)
    first = int(whole) - 1
    taps = (
        part * (part - 1) * (part - 2) / -6,
        (part + 1) * (part - 1) * (part - 2) / 2,
        (part + 1) * part * (part - 2) / -2,
        (part + 1) * part * (part - 1) / 6,
    )
    later = np.zeros_like(wave)
    for shift, tap in enumerate(taps, start=first):
        begin, end = max(shift, 0), min(len(wave), len(wave) + shift)
        if begin < end:
            later[begin:end] += tap * wave[begin - shift : end - shift]
    return later


def recovering_gain(wave: npt.NDArray[np.complex128], recovery: float) -> Float32 | None:
    """Gain of a receiver that comes back from each overload with the time constant of `recovery` samples, shape (n,).

    None if it is never overloaded.
    """
    loud = np.maximum(np.abs(wave.real), np.abs(wave.imag)) > _OVERLOAD * ADC_FULL_SCALE
    if recovery <= 0 or not loud.any():
        return None
    index = np.arange(len(wave), dtype=float)
    since = index - np.maximum.accumulate(np.where(loud, index, -np.inf))
    gain: Float32 = np.where(loud, 1.0, 1 - np.exp(-since / recovery)).astype(np.float32)
    return gain


@dataclass(frozen=True)
class _Frame:
    """What repeats with a span: interleaved samples (2 n,) and the gain that an overloaded receiver has meanwhile."""

    samples: Float32
    gain: Float32 | None


class Frontend:
    """Adds up everything that reaches the converter, adds fresh noise and quantises."""

    def __init__(
        self,
        imperfections: Imperfections,
        interference: tuple[Interference, ...],
        rng: np.random.Generator,
        ringing: tuple[Ringing, ...] = (),
        switch: TransmitReceiveSwitch | None = None,
    ) -> None:
        self._imperfections = imperfections
        self._ringing = ringing
        self._switch = switch
        self._noise = NoiseSource(rng)
        self._dropouts = rng.spawn(1)[0]
        self._dc_phase = rng.uniform(0, 2 * math.pi)
        self._outside = Outside(interference, rng)
        self._frames: OrderedDict[tuple[object, ...], _Frame] = OrderedDict()
        self._leakages: OrderedDict[tuple[object, ...], Complex64] = OrderedDict()

    def receive(
        self, span: Span, spins: Complex64 | None, spins_version: int, reception: Reception, start_s: float
    ) -> Samples:
        """Samples (n, 2) of the span that began at absolute time `start_s`."""
        steady = self._steady(span, spins, spins_version, reception, start_s)
        samples = self._digitise(self._disturb(steady, span, reception, start_s), steady.gain, reception)
        self._drop(samples, reception.sample_rate_hz)
        return samples

    def prepare(self, samples: int) -> None:
        """Draw the noise of the next `samples` samples ahead; may be called from any thread."""
        self._noise.prepare(2 * samples)

    def _steady(
        self, span: Span, spins: Complex64 | None, version: int, reception: Reception, start_s: float
    ) -> _Frame:
        """Everything that repeats with the span."""
        # A transmitter tuned away from the receiver turns with absolute time, so nothing repeats.
        moment = start_s if reception.transmit_offset_hz and reception.hears_transmitter else 0.0
        key = (span.signature, span.quadrant, spins is not None, version, reception, moment)
        if key in self._frames:
            self._frames.move_to_end(key)
            return self._frames[key]
        frame = self._compose(span, spins, reception, start_s)
        self._frames[key] = frame
        if len(self._frames) > _FRAMES_KEPT:
            self._frames.popitem(last=False)
        return frame

    def _compose(self, span: Span, spins: Complex64 | None, reception: Reception, start_s: float) -> _Frame:
        imperfections, rate_hz = self._imperfections, reception.sample_rate_hz
        wave = np.zeros(span.length, np.complex128)
        heard = reception.hears_transmitter
        at_probe = connected(span)
        if heard and not at_probe.silent:
            wave += reception.drive * self._leakage(at_probe, rate_hz, reception.probe_offset_hz)
            wave += reception.drive * acoustics(at_probe, reception, self._ringing, imperfections.noise_lsb)
        if heard and spins is not None:
            wave += imperfections.noise_lsb * spins
        wave *= 1j**at_probe.quadrant
        if self._switch is not None:
            wave *= hearing(span, self._switch, rate_hz)
            into_receiver = exposed(span)
            if heard and not into_receiver.silent:
                level = reception.drive * 10 ** (self._switch.exposure_db / 20)
                through = self._leakage(into_receiver, rate_hz, reception.probe_offset_hz)
                wave += level * 1j**into_receiver.quadrant * through
        wave = delayed(wave, imperfections.delay_s * rate_hz)
        if heard and reception.carrier_on:
            wave += imperfections.lo_leakage_lsb
        if heard and reception.transmit_offset_hz:
            wave *= tone(reception.transmit_offset_hz, span.length, rate_hz, start_s)
        wave *= reception.gain * np.exp(1j * reception.phase_rad)
        if not reception.receiver_on:
            wave *= 0
        if reception.inverted:
            wave = wave.conj()
        gain = recovering_gain(wave, imperfections.recovery_s * rate_hz)
        if gain is not None:
            wave *= gain
        imbalance = imperfections.iq_imbalance * (0.2 if reception.quadrature_tracking else 1.0)
        wave += imbalance * np.exp(1j * math.radians(imperfections.iq_imbalance_phase_deg)) * wave.conj()
        offset = imperfections.dc_offset_lsb * (0.2 if reception.dc_tracking else 1.0)
        wave += offset * np.exp(1j * self._dc_phase)
        samples = np.ascontiguousarray(wave.astype(np.complex64)).view(np.float32)
        return _Frame(samples, None if gain is None else np.repeat(gain, 2))

    def _leakage(self, span: Span, rate_hz: float, probe_offset_hz: float) -> Complex64:
        """As `leakage`, remembered: the same whatever phase and frequency the oscillators have."""
        key = (span.signature, rate_hz, probe_offset_hz)
        if key in self._leakages:
            self._leakages.move_to_end(key)
            return self._leakages[key]
        self._leakages[key] = made = leakage(span, rate_hz, self._imperfections, probe_offset_hz)
        if len(self._leakages) > _FRAMES_KEPT:
            self._leakages.popitem(last=False)
        return made

    def _disturb(self, steady: _Frame, span: Span, reception: Reception, start_s: float) -> Float32:
        """Add what comes from outside; it follows absolute time and does not repeat with the span."""
        if not reception.receiver_on:
            return steady.samples
        length = len(steady.samples) // 2
        total = self._outside.receive(reception.receive_hz, reception.sample_rate_hz, length, start_s)
        if total is None:
            return steady.samples
        total *= self._imperfections.noise_lsb * reception.gain
        if self._switch is not None:
            total *= hearing(span, self._switch, reception.sample_rate_hz)
        if reception.inverted:
            total = total.conj()
        wave = np.ascontiguousarray(total.astype(np.complex64)).view(np.float32)
        if steady.gain is not None:
            wave *= steady.gain
        wave += steady.samples
        return wave

    def _digitise(self, wave: Float32, gain: Float32 | None, reception: Reception) -> Samples:
        """Add noise and convert to 12 bits; shape (n, 2)."""
        bandwidth = min(reception.sample_rate_hz, reception.receive_bandwidth_hz)
        thermal = self._imperfections.noise_lsb * reception.gain * math.sqrt(bandwidth / REFERENCE_RATE_HZ)
        thermal = thermal if reception.receiver_on else 0.0
        sigma = np.float32(math.hypot(thermal, _ADC_NOISE_LSB) / math.sqrt(2))
        # An amplifier without gain has no noise of its own either; that of the converter stays.
        level = None if gain is None else np.hypot(gain * thermal, _ADC_NOISE_LSB) / np.float32(math.sqrt(2))
        out = np.empty(len(wave), np.int16)
        for begin in range(0, len(wave), _CHUNK):
            part = wave[begin : begin + _CHUNK]
            values = self._noise.take(len(part))
            values *= sigma if level is None else level[begin : begin + _CHUNK]
            values += part
            np.rint(values, out=values)
            np.clip(values, -ADC_FULL_SCALE, ADC_FULL_SCALE - 1, out=values)
            out[begin : begin + len(part)] = values
        return out.reshape(-1, 2)

    def _drop(self, samples: Samples, sample_rate_hz: float) -> None:
        """Lose a stretch of the frame, now and then: its samples are zero."""
        fraction = self._imperfections.dropout_fraction
        if fraction and self._dropouts.random() < fraction:
            lost = min(len(samples), round(self._imperfections.dropout_s * sample_rate_hz))
            begin = int(self._dropouts.integers(0, len(samples) - lost + 1))
            samples[begin : begin + lost] = 0


def loopback(span: Span) -> Samples:
    """Digital loopback: the transmitted samples, cut to 12 bits, shape (n, 2)."""
    wave = span.samples * np.complex64(1j**span.quadrant)
    pairs = np.ascontiguousarray(wave).view(np.float32).reshape(-1, 2) * np.float32(ADC_FULL_SCALE)
    clipped: Samples = np.clip(np.rint(pairs), -ADC_FULL_SCALE, ADC_FULL_SCALE - 1).astype(np.int16)
    return clipped
