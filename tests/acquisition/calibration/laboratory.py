"""An instrument with known errors, written down by itself: neither the driver nor the simulated radio is used.

It works in the radio's own baseband, as a real one does, and makes captures of that as a driver has to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acquisition.reception import RadioState
from acquisition.shot import Capture, Shot

Complex = npt.NDArray[np.complex128]


@dataclass(frozen=True)
class Laboratory:
    """Errors and noise; `noise` is the standard deviation of one complex sample of one reception."""

    gain: float = 20.0
    resonance_hz: float = 28.0e6
    bandwidth_hz: float = 1.0e6
    delay_s: float = 0.0  # beyond what the capture's start accounts for
    start_delay_s: float = 0.9e-6
    image: complex = 0j
    transmitter_image: complex = 0j
    carrier: complex = 0j
    noise: float = 0.006
    inverted: bool = False
    radio_lo_hz: float = 400e6
    ringing: tuple[tuple[float, float], ...] = ()  # (of full scale at the end of a full pulse, decay time)
    recovery_s: float = 0.0
    saturates: bool = False

    def capture(self, shot: Shot, rng: np.random.Generator) -> Capture:
        """The average of a shot over its phase cycle, with a new phase of the oscillators."""
        phase_rad = float(rng.uniform(0, 2 * np.pi))
        waveform = np.zeros(shot.capture_samples, dtype=np.complex128)
        waveform[: len(shot.waveform)] = shot.waveform
        total = np.zeros(shot.capture_samples, dtype=np.complex128)
        for phase in map(complex, shot.phase_cycle):
            sent = phase * waveform
            sent = sent + self.transmitter_image * np.conj(sent)
            heard = self._way(sent, shot)
            raw = np.conj(heard) if self.inverted else heard
            raw = raw * np.exp(1j * phase_rad) + self.carrier
            raw = raw + self.image * np.conj(raw)
            raw *= np.exp(-1j * phase_rad)
            total += np.conj(phase) * (np.conj(raw) if self.inverted else raw)
        mean = total / len(shot.phase_cycle)
        noise = rng.normal(size=(2, len(mean))) * self.noise / np.sqrt(2.0 * shot.averages)
        mean += (noise[0] + 1j * noise[1]) * self._pass(shot)
        if self.saturates:
            mean = np.clip(mean.real, -1, 1) + 1j * np.clip(mean.imag, -1, 1)
        centre_hz = shot.centre_frequency_hz
        tuned_hz = self.radio_lo_hz - centre_hz if self.inverted else self.radio_lo_hz + centre_hz
        return Capture(
            samples=mean.astype(np.complex64),
            waveform=shot.waveform,
            sample_rate_hz=shot.sample_rate_hz,
            centre_frequency_hz=centre_hz,
            dead_time_s=shot.dead_time_s,
            averages=shot.averages,
            method=shot.method,
            purpose=shot.purpose,
            radio=RadioState(tuned_hz, self.inverted, phase_rad, shot.phase_cycle, self.start_delay_s),
        )

    def _way(self, sent: Complex, shot: Shot) -> Complex:
        """From the transmitter to the receiver: gain, delay, the probe, and what rings behind it."""
        rate_hz = shot.sample_rate_hz
        size = 2 * len(sent)
        turns = np.fft.fftfreq(size)
        decay = np.exp(-np.pi * self.bandwidth_hz / rate_hz)
        away = turns - (self.resonance_hz - shot.centre_frequency_hz) / rate_hz
        way = self.gain * (1 - decay) / (1 - decay * np.exp(-2j * np.pi * away))
        if abs(self.resonance_hz - shot.centre_frequency_hz) > rate_hz / 2:
            way = self.gain / (1 + 2j * away * rate_hz / self.bandwidth_hz)
        heard = np.fft.ifft(np.fft.fft(sent, size) * way * np.exp(-2j * np.pi * turns * self.delay_s * rate_hz))
        heard = heard[: len(sent)]
        if self.ringing:  # instead of the probe: what is heard after a pulse
            last = int(np.flatnonzero(sent)[-1])
            after = np.maximum(np.arange(len(sent)) - last, 0) / rate_hz
            heard = np.zeros(len(sent), dtype=np.complex128)
            for size_, decay_s in self.ringing:
                heard += size_ * np.exp(-after / decay_s) * sent[last]
        return np.asarray(heard, dtype=np.complex128)

    def _pass(self, shot: Shot) -> npt.NDArray[np.float64]:
        """How much of its noise the receiver passes after a pulse that has overloaded it."""
        if self.recovery_s <= 0:
            return np.ones(shot.capture_samples)
        since = (np.arange(shot.capture_samples) - len(shot.waveform)) / shot.sample_rate_hz
        return np.asarray(np.where(since < 0, 0.0, 1 - np.exp(-np.maximum(since, 0) / self.recovery_s)))
