"""Artefacts for tests: what a laboratory adds to the captures of `synthetic`, by physics and not by what is recognised.

Frequencies are absolute, amplitudes those of one sample. Everything is applied to a capture after its lines.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from acquisition.shot import Capture
from tests.acquisition.synthetic import _filter

Complex = npt.NDArray[np.complex128]


@dataclass(frozen=True)
class Station:
    """A transmitter: a carrier, with the rms depth and bandwidth of its amplitude modulation."""

    frequency_hz: float
    amplitude: float
    depth: float = 0.0
    bandwidth_hz: float = 4e3


@dataclass(frozen=True)
class Comb:
    """Carriers in equal steps around a middle, all of one amplitude."""

    frequency_hz: float
    amplitude: float
    step_hz: float
    each_side: int


@dataclass(frozen=True)
class Ringing:
    """A linear decaying answer to the pulses: at `frequency_hz`, or, where it is None, wherever the pulse is."""

    amplitude: float  # right after a long pulse of full amplitude
    time_s: float
    frequency_hz: float | None = None


@dataclass(frozen=True)
class Laboratory:
    """All that disturbs. `image` is the relative amplitude of the quadrature image; `full_scale` clips I and Q."""

    stations: Sequence[Station] = ()
    combs: Sequence[Comb] = ()
    ringing: Sequence[Ringing] = ()
    dc: complex = 0j
    image: float = 0.0
    full_scale: float = math.inf
    lost_s: Sequence[tuple[float, float]] = field(default=())  # stretches of zeros, from and to

    def disturb(self, capture: Capture, rng: np.random.Generator) -> Capture:
        """The capture with everything added, in the order in which a signal passes through a receiver."""
        rate, count = capture.sample_rate_hz, len(capture.samples)
        time_s = np.arange(count) / rate
        signal = capture.samples.astype(np.complex128)
        for ringing in self.ringing:
            signal += _ringing(ringing, capture)
        for station in self.stations:
            signal += _station(station, capture, time_s, rng)
        for comb in self.combs:
            for step in range(-comb.each_side, comb.each_side + 1):
                offset_hz = comb.frequency_hz + step * comb.step_hz - capture.centre_frequency_hz
                if abs(offset_hz) < rate / 2:
                    signal += comb.amplitude * np.exp(2j * np.pi * (offset_hz * time_s + rng.uniform()))
        # The phase cycle cancels the image of what follows it; what does not follow it has one.
        signal += self.image * np.conj(signal - capture.samples)
        signal += self.dc
        limit = self.full_scale
        if math.isfinite(limit):
            signal = np.clip(signal.real, -limit, limit) + 1j * np.clip(signal.imag, -limit, limit)
        for begin_s, end_s in self.lost_s:
            signal[(time_s >= begin_s) & (time_s < end_s)] = 0
        return replace(capture, samples=signal.astype(np.complex64))


def _station(station: Station, capture: Capture, time_s: npt.NDArray[np.float64], rng: np.random.Generator) -> Complex:
    offset_hz = station.frequency_hz - capture.centre_frequency_hz
    if abs(offset_hz) > capture.sample_rate_hz / 2:
        return np.zeros(len(time_s), dtype=np.complex128)
    audio = np.ones(len(time_s))
    if station.depth > 0.0:
        tones = rng.uniform(0.05, 1.0, 8) * station.bandwidth_hz
        phases = rng.uniform(0, 2 * np.pi, 8)
        waves = np.cos(2 * np.pi * np.outer(time_s, tones) + phases).sum(axis=1) / 2.0
        audio += station.depth * waves
    carrier = np.exp(2j * np.pi * (offset_hz * time_s + rng.uniform()))
    return np.asarray(station.amplitude * audio * carrier, dtype=np.complex128)


def _ringing(ringing: Ringing, capture: Capture) -> Complex:
    """One pole driven by the waveform; following the pulse, the pole is at the pulse's own frequency."""
    rate = capture.sample_rate_hz
    drive = np.zeros(len(capture.samples), dtype=np.complex128)
    drive[: len(capture.waveform)] = capture.waveform
    if ringing.frequency_hz is None:
        step = complex(np.vdot(drive[:-1], drive[1:]))
        turn_rad = float(np.angle(step)) if step else 0.0
    else:
        turn_rad = 2 * math.pi * (ringing.frequency_hz - capture.centre_frequency_hz) / rate
    decay = 1.0 / (ringing.time_s * rate)
    pole = np.exp(1j * turn_rad - decay)
    return np.asarray(ringing.amplitude * decay * _filter(drive, complex(pole)), dtype=np.complex128)
