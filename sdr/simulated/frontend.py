"""Probe and receiver: from spins and transmit leakage to the 12-bit samples that the client gets."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sdr.simulated.noise import NoiseSource
from sdr.simulated.samples import Imperfections, Interference
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
_RING_DOWN_TIMES = 25  # time constants after which nothing is left


@dataclass(frozen=True)
class Reception:
    """What the receiver's output depends on besides the transmitted span and the spins' answer to it."""

    sample_rate_hz: float
    receive_hz: float  # at the probe
    receive_gain_db: float
    receive_bandwidth_hz: float
    transmit_gain_db: float
    transmit_offset_hz: float  # transmitter minus receiver frequency, at the radio
    phase_rad: float
    inverted: bool
    receiver_on: bool
    carrier_on: bool
    dc_tracking: bool
    quadrature_tracking: bool

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


def leakage(span: Span, sample_rate_hz: float, imperfections: Imperfections) -> Complex64:
    """What reaches the receiver of the transmitted wave (turned back by its quadrant) at the reference levels, in LSB.

    Two resonances, each of unit gain: the probe itself, of time constant 1/(pi bandwidth), and a weaker, slower one
    that stands for the recovery of everything behind it.
    """
    fast = 1 / (math.pi * imperfections.probe_bandwidth_hz)
    slowest = max(fast, imperfections.ring_down_s)
    response = np.zeros(min(span.length, math.ceil(_RING_DOWN_TIMES * slowest * sample_rate_hz) + 1))
    for time_s, level in ((fast, 1.0), (imperfections.ring_down_s, imperfections.ring_down_level)):
        decay = math.exp(-1 / (sample_rate_hz * time_s))
        response += level * (1 - decay) * decay ** np.arange(len(response))
    response = (imperfections.leakage_lsb * response).astype(np.float32)
    out = np.zeros(span.length, np.complex64)
    for segment in span.segments:
        start, stop = segment.offset, min(segment.offset + segment.length + len(response), span.length)
        size = 1 << (segment.length + len(response) - 1).bit_length()
        sent = np.fft.fft(span.samples[start : start + segment.length], size)
        out[start:stop] += np.fft.ifft(sent * np.fft.fft(response, size))[: stop - start].astype(np.complex64)
    return out


class Frontend:
    """Adds up everything that reaches the converter, adds fresh noise and quantises."""

    def __init__(
        self, imperfections: Imperfections, interference: tuple[Interference, ...], rng: np.random.Generator
    ) -> None:
        self._imperfections = imperfections
        self._interference = interference
        self._noise = NoiseSource(rng)
        self._dc_phase = rng.uniform(0, 2 * math.pi)
        self._interference_phases = rng.uniform(0, 2 * math.pi, len(interference))
        self._frames: OrderedDict[tuple[object, ...], Float32] = OrderedDict()

    def receive(
        self, span: Span, spins: Complex64 | None, spins_version: int, reception: Reception, start_s: float
    ) -> Samples:
        """Samples (n, 2) of the span that began at absolute time `start_s`."""
        steady = self._steady(span, spins, spins_version, reception, start_s)
        disturbed = self._disturb(steady, reception, start_s)
        return self._digitise(disturbed, reception)

    def prepare(self, samples: int) -> None:
        """Draw the noise of the next `samples` samples ahead; may be called from any thread."""
        self._noise.prepare(2 * samples)

    def _steady(
        self, span: Span, spins: Complex64 | None, version: int, reception: Reception, start_s: float
    ) -> Float32:
        """Everything that repeats with the span, as interleaved float32 (2 n,)."""
        # A transmitter tuned away from the receiver turns with absolute time, so nothing repeats.
        moment = start_s if reception.transmit_offset_hz and reception.hears_transmitter else 0.0
        key = (span.signature, span.quadrant, spins is not None, version, reception, moment)
        if key in self._frames:
            self._frames.move_to_end(key)
            return self._frames[key]
        frame = self._compose(span, spins, reception, start_s)
        interleaved = np.ascontiguousarray(frame.astype(np.complex64)).view(np.float32)
        self._frames[key] = interleaved
        if len(self._frames) > _FRAMES_KEPT:
            self._frames.popitem(last=False)
        return interleaved

    def _compose(
        self, span: Span, spins: Complex64 | None, reception: Reception, start_s: float
    ) -> npt.NDArray[np.complex128]:
        imperfections = self._imperfections
        wave = np.zeros(span.length, np.complex128)
        heard = reception.hears_transmitter
        if heard and not span.silent:
            wave += reception.drive * leakage(span, reception.sample_rate_hz, imperfections)
        if heard and spins is not None:
            wave += imperfections.noise_lsb * spins
        wave *= 1j**span.quadrant
        if heard and reception.carrier_on:
            wave += imperfections.lo_leakage_lsb
        if heard and reception.transmit_offset_hz:
            wave *= _tone(reception.transmit_offset_hz, span.length, reception.sample_rate_hz, start_s)
        wave *= reception.gain * np.exp(1j * reception.phase_rad)
        if not reception.receiver_on:
            wave *= 0
        if reception.inverted:
            wave = wave.conj()
        imbalance = imperfections.iq_imbalance * (0.2 if reception.quadrature_tracking else 1.0)
        wave += imbalance * wave.conj()
        offset = imperfections.dc_offset_lsb * (0.2 if reception.dc_tracking else 1.0)
        wave += offset * np.exp(1j * self._dc_phase)
        return wave

    def _disturb(self, steady: Float32, reception: Reception, start_s: float) -> Float32:
        """Add the interference lines; they follow absolute time and do not repeat with the span."""
        total = None
        for line, phase in zip(self._interference, self._interference_phases, strict=True):
            offset_hz = line.frequency_hz - reception.receive_hz
            if reception.receiver_on and abs(offset_hz) < reception.sample_rate_hz / 2:
                level = line.amplitude_over_noise * self._imperfections.noise_lsb * reception.gain
                tone = _tone(offset_hz, len(steady) // 2, reception.sample_rate_hz, start_s)
                wave = level * np.exp(1j * phase) * tone
                total = wave if total is None else total + wave
        if total is None:
            return steady
        if reception.inverted:
            total = total.conj()
        return steady + np.ascontiguousarray(total.astype(np.complex64)).view(np.float32)

    def _digitise(self, wave: Float32, reception: Reception) -> Samples:
        """Add noise and convert to 12 bits; shape (n, 2)."""
        bandwidth = min(reception.sample_rate_hz, reception.receive_bandwidth_hz)
        thermal = self._imperfections.noise_lsb * reception.gain * math.sqrt(bandwidth / REFERENCE_RATE_HZ)
        sigma = np.float32(math.hypot(thermal if reception.receiver_on else 0.0, _ADC_NOISE_LSB) / math.sqrt(2))
        out = np.empty(len(wave), np.int16)
        for begin in range(0, len(wave), _CHUNK):
            part = wave[begin : begin + _CHUNK]
            values = self._noise.take(len(part))
            values *= sigma
            values += part
            np.rint(values, out=values)
            np.clip(values, -ADC_FULL_SCALE, ADC_FULL_SCALE - 1, out=values)
            out[begin : begin + len(part)] = values
        return out.reshape(-1, 2)


def loopback(span: Span) -> Samples:
    """Digital loopback: the transmitted samples, cut to 12 bits, shape (n, 2)."""
    wave = span.samples * np.complex64(1j**span.quadrant)
    pairs = np.ascontiguousarray(wave).view(np.float32).reshape(-1, 2) * np.float32(ADC_FULL_SCALE)
    clipped: Samples = np.clip(np.rint(pairs), -ADC_FULL_SCALE, ADC_FULL_SCALE - 1).astype(np.int16)
    return clipped


def _tone(offset_hz: float, length: int, sample_rate_hz: float, start_s: float) -> npt.NDArray[np.complex128]:
    """exp(2 pi i f t) for `length` samples from absolute time `start_s`; the phase is kept small for precision."""
    start_cycles = math.fmod(offset_hz * start_s, 1.0)
    cycles = start_cycles + (offset_hz / sample_rate_hz) * np.arange(length)
    tone: npt.NDArray[np.complex128] = np.exp(2j * np.pi * np.mod(cycles, 1.0))
    return tone
