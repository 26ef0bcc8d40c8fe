"""What comes in from outside: carriers that keep absolute frequency and time whatever the spectrometer does."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sdr.simulated.sample import Interference

Complex = npt.NDArray[np.complex128]
Real = npt.NDArray[np.float64]

_AUDIO_TONES = 12
_AUDIO_LOW_HZ = 60.0
_ROW = 256  # samples of a tone computed from one start


def tone(offset_hz: float, length: int, sample_rate_hz: float, start_s: float) -> Complex:
    """exp(2 pi i f t) for `length` samples from absolute time `start_s`; the phase is kept small for precision."""
    start_cycles = math.fmod(offset_hz * start_s, 1.0)
    step = offset_hz / sample_rate_hz
    rows = start_cycles + step * _ROW * np.arange(-(-length // _ROW))
    wave = np.outer(np.exp(2j * np.pi * np.mod(rows, 1.0)), np.exp(2j * np.pi * step * np.arange(_ROW)))
    whole: Complex = wave.ravel()[:length]
    return whole


class Outside:
    """The carriers of a place; their phases and what they broadcast are drawn once."""

    def __init__(self, interference: tuple[Interference, ...], rng: np.random.Generator) -> None:
        self._carriers = [_Carrier(line, rng) for line in interference]

    def receive(self, receive_hz: float, sample_rate_hz: float, length: int, start_s: float) -> Complex | None:
        """All carriers within the received band relative to `receive_hz`, in units of the noise; None if none is."""
        total = None
        for carrier in self._carriers:
            wave = carrier.wave(receive_hz, sample_rate_hz, length, start_s)
            if wave is not None:
                total = wave if total is None else total + wave
        return total


class _Carrier:
    def __init__(self, line: Interference, rng: np.random.Generator) -> None:
        self._line = line
        self._phases = rng.uniform(0, 2 * math.pi, 2 * line.sideband_count + 1)
        audio = np.random.default_rng(rng.integers(1 << 63)) if line.am_depth else None
        if audio is not None:
            low = min(_AUDIO_LOW_HZ, line.am_bandwidth_hz / 2)
            self._audio_hz = audio.uniform(low, line.am_bandwidth_hz, _AUDIO_TONES)
            self._audio_phases = audio.uniform(0, 2 * math.pi, _AUDIO_TONES)

    def wave(self, receive_hz: float, sample_rate_hz: float, length: int, start_s: float) -> Complex | None:
        line, total = self._line, None
        for index, order in enumerate(range(-line.sideband_count, line.sideband_count + 1)):
            offset_hz = line.frequency_hz + order * line.sideband_spacing_hz - receive_hz
            if abs(offset_hz) >= sample_rate_hz / 2:
                continue
            level = line.amplitude_over_noise * line.sideband_ratio ** abs(order) * np.exp(1j * self._phases[index])
            part = level * tone(offset_hz, length, sample_rate_hz, start_s)
            total = part if total is None else total + part
        if total is not None and line.am_depth:
            total *= 1 + line.am_depth * self._audio(sample_rate_hz, length, start_s)
        return total

    def _audio(self, sample_rate_hz: float, length: int, start_s: float) -> Real:
        """What is broadcast, of unit root mean square, shape (length,)."""
        step = max(1, int(sample_rate_hz / (20 * self._line.am_bandwidth_hz)))
        coarse = start_s + np.arange(0, length + step, step) / sample_rate_hz
        cycles = np.mod(np.outer(self._audio_hz, coarse), 1.0)
        sound = np.sin(2 * np.pi * cycles + self._audio_phases[:, None]).sum(axis=0) * math.sqrt(2 / _AUDIO_TONES)
        audio: Real = np.interp(np.arange(length), np.arange(len(coarse)) * step, sound)
        return audio
