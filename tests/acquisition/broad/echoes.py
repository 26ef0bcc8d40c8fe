"""Captures of echoes of a broad line, by rotating magnetisation vectors: independent of what reconstructs them.

Vectors are turned by Rodrigues' formula about the effective field, one rotation per pulse and frequency, and precess
freely in between. The line is a set of isochromats; each gives a signal in proportion to the square of its frequency.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from acquisition.limits import InstrumentLimits
from acquisition.shot import Capture, Shot

Real = npt.NDArray[np.float64]


def isochromats(
    density_of: Callable[[Real], Real], low_hz: float, high_hz: float, spacing_hz: float
) -> tuple[Real, Real]:
    """(frequencies, weights) of a density; the weights are probabilities times the frequency squared."""
    frequency_hz = np.arange(low_hz, high_hz, spacing_hz)
    weight = density_of(frequency_hz)
    mean_hz = float(np.sum(weight * frequency_hz) / np.sum(weight))
    return frequency_hz, weight / np.sum(weight) * (frequency_hz / mean_hz) ** 2


def powder(orientations: int = 10) -> tuple[Real, Real]:
    """Nutation and pick-up of I = 3/2, eta = 0: sqrt(3) sin(theta) and sin(theta)."""
    cosine, weight = np.polynomial.legendre.leggauss(2 * orientations)
    sine = np.sqrt(1 - cosine[cosine > 0] ** 2)
    return math.sqrt(3) * sine, weight[cosine > 0] * sine


def _turned(vectors: Real, offset: Real, omega: Real, phase_rad: float, time_s: float) -> Real:
    """Vectors (3, isochromats, orientations) turned about (omega cos phase, omega sin phase, 2 pi offset)."""
    axis = np.stack(
        [
            np.broadcast_to(omega * math.cos(phase_rad), offset.shape + omega.shape),
            np.broadcast_to(omega * math.sin(phase_rad), offset.shape + omega.shape),
            np.broadcast_to((2 * np.pi * offset)[:, None], offset.shape + omega.shape),
        ]
    )
    size = np.sqrt(np.sum(axis**2, axis=0))
    unit, angle = axis / size, size * time_s
    along = np.sum(unit * vectors, axis=0)
    return (
        vectors * np.cos(angle) + np.cross(unit, vectors, axis=0) * np.sin(angle) + unit * along * (1 - np.cos(angle))
    )


def echo_signal(shot: Shot, frequency_hz: Real, weight: Real, limits: InstrumentLimits) -> npt.NDArray[np.complex128]:
    """The signal of one shot, shape (capture_samples,), from its waveform."""
    rate = shot.sample_rate_hz
    wave = np.asarray(shot.waveform, dtype=np.complex128)
    on = np.flatnonzero(np.diff(np.concatenate([[0], (wave != 0).astype(int), [0]])))
    pulses = [(int(a), int(b)) for a, b in on.reshape(-1, 2)]
    a, b = pulses[0]
    step = float(np.angle(np.vdot(wave[a : b - 1], wave[a + 1 : b])))
    carrier_hz = shot.centre_frequency_hz + step * rate / (2 * np.pi)
    audible = np.abs(frequency_hz - carrier_hz) < 6.0 * rate / (b - a)
    offset, weight = frequency_hz[audible] - carrier_hz, weight[audible]
    nutation, pickup = powder()
    vectors = np.zeros((3, len(offset), len(nutation)))
    vectors[2] = 1.0
    position = 0
    for a, b in pulses:
        free = np.exp(2j * np.pi * offset * (a - position) / rate)[:, None]
        plus = (vectors[0] + 1j * vectors[1]) * free
        vectors[0], vectors[1] = plus.real, plus.imag
        # The phase is referred to the carrier that runs on from sample 0.
        phase = float(np.angle(np.sum(wave[a:b] * np.exp(-1j * step * np.arange(a, b)))))
        omega = 2 * np.pi * limits.nutation_frequency_hz * float(np.mean(np.abs(wave[a:b]))) * nutation
        vectors = _turned(vectors, offset, omega, phase, (b - a) / rate)
        position = b
    plus = ((vectors[0] + 1j * vectors[1]) @ pickup) * weight
    time_s = (np.arange(shot.capture_samples) - position) / rate
    out = np.zeros(shot.capture_samples, dtype=np.complex128)
    after = time_s >= 0
    out[after] = plus @ np.exp(2j * np.pi * np.outer(offset, time_s[after]))
    return out * np.exp(1j * step * np.arange(shot.capture_samples))


def captures(
    shots: Sequence[Shot],
    noise_sigma: float,
    rng: np.random.Generator,
    *,
    signals: Sequence[npt.NDArray[np.complex128]],
    delay_s: float = 0.0,
) -> list[Capture]:
    """A capture of every shot; `noise_sigma` is that of one sample of a single excitation. Every tuning has a phase."""
    phases: dict[float, complex] = {}
    found = []
    for shot, signal in zip(shots, signals, strict=True):
        turn = phases.setdefault(shot.centre_frequency_hz, complex(np.exp(2j * np.pi * rng.random())))
        size = len(signal)
        cycles = np.fft.fftfreq(size) * delay_s * shot.sample_rate_hz
        delayed = np.fft.ifft(np.fft.fft(signal) * np.exp(-2j * np.pi * cycles))
        noise = rng.standard_normal((2, size)) * noise_sigma / math.sqrt(2 * shot.averages)
        found.append(
            Capture(
                samples=(delayed * turn + noise[0] + 1j * noise[1]).astype(np.complex64),
                waveform=shot.waveform,
                sample_rate_hz=shot.sample_rate_hz,
                centre_frequency_hz=shot.centre_frequency_hz,
                dead_time_s=shot.dead_time_s,
                averages=shot.averages,
                method=shot.method,
                purpose=shot.purpose,
            )
        )
    return found
