"""Captures of shots for tests of methods: hard pulses as rotations of a powder with an inhomogeneous line.

Independent of `sdr.simulated` and of the reconstruction: ideal pulses, no ring-down, no receiver.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from acquisition.free_decay import pulses
from acquisition.shot import Capture, Shot

Complex = npt.NDArray[np.complex128]

ISOCHROMATS = 201
ORIENTATIONS = 10
COARSE = 12
LISTENING_S = 2.5e-3


@dataclass(frozen=True)
class SpinLine:
    """A line of a powder with spin 3/2; `amplitude` is the signal of a full rotation by 90 degrees of a crystal."""

    frequency_hz: float = 28.0846e6
    amplitude: float = 1e-3
    t1_s: float = 20e-3
    t2_s: float = 1.5e-3
    t2_star_s: float = 0.3e-3
    nutation_frequency_hz: float = 20e3


def noiseless(shot: Shot, line: SpinLine) -> Complex:
    """What a receiver without noise gets, shape (capture_samples,); zero while the transmitter is on."""
    rate = shot.sample_rate_hz
    nodes, weights = np.polynomial.legendre.leggauss(ORIENTATIONS)
    sine = np.sqrt(1.0 - (0.5 * (nodes + 1.0)) ** 2)
    half_width_hz = (1.0 / line.t2_star_s - 1.0 / line.t2_s) / (2.0 * np.pi)
    offsets_hz = half_width_hz * np.tan(np.pi * ((np.arange(ISOCHROMATS) + 0.5) / ISOCHROMATS - 0.5))
    plus = np.zeros((ISOCHROMATS, ORIENTATIONS), dtype=complex)
    z = np.ones((ISOCHROMATS, ORIENTATIONS))
    received = np.zeros(shot.capture_samples, dtype=complex)
    beat_hz = line.frequency_hz - shot.centre_frequency_hz
    stretches = pulses(shot.waveform)
    middle = 0.0
    for number, (first, end) in enumerate(stretches):
        new_middle = (first + end - 1) / 2
        plus, z = _rest(plus, z, offsets_hz, (new_middle - middle) / rate, line)
        middle = new_middle
        place = np.arange(first, end)
        driven = np.sum(shot.waveform[first:end] * np.exp(-2j * np.pi * beat_hz / rate * place))
        angle = 2 * np.pi * line.nutation_frequency_hz * abs(driven) / rate * np.sqrt(3.0) * sine[None, :]
        plus, z = _rotate(plus, z, angle, float(np.angle(driven)))
        until = stretches[number + 1][0] if number + 1 < len(stretches) else shot.capture_samples
        seen = np.arange(end, min(until, end + round(LISTENING_S * rate)))
        # In the line's own frame its signal changes slowly: some of the samples tell all of them.
        some = np.unique(np.append(seen[::COARSE], seen[-1]))
        picked_up = plus @ (0.5 * weights * sine)
        precession = np.exp(np.outer((some - middle) / rate, 2j * np.pi * offsets_hz - 1.0 / line.t2_s))
        envelope = precession @ picked_up / ISOCHROMATS
        slow = np.interp(seen, some, envelope.real) + 1j * np.interp(seen, some, envelope.imag)
        received[seen] = slow * np.exp(2j * np.pi * beat_hz / rate * seen)
    return line.amplitude * received


def _rest(
    plus: Complex, z: npt.NDArray[np.float64], offsets_hz: npt.NDArray[np.float64], time_s: float, line: SpinLine
) -> tuple[Complex, npt.NDArray[np.float64]]:
    turned = plus * np.exp((2j * np.pi * offsets_hz - 1.0 / line.t2_s) * time_s)[:, None]
    return turned, 1.0 + (z - 1.0) * np.exp(-time_s / line.t1_s)


def _rotate(
    plus: Complex, z: npt.NDArray[np.float64], angle: npt.NDArray[np.float64], phase_rad: float
) -> tuple[Complex, npt.NDArray[np.float64]]:
    """A rotation about the axis in the plane at `phase_rad`; magnetisation along z goes towards i exp(i phase)."""
    along, across = np.real(plus * np.exp(-1j * phase_rad)), np.imag(plus * np.exp(-1j * phase_rad))
    new_across = across * np.cos(angle) + z * np.sin(angle)
    new_z = z * np.cos(angle) - across * np.sin(angle)
    return (along + 1j * new_across) * np.exp(1j * phase_rad), new_z


def captured(shot: Shot, signal: Complex, noise_sigma: float, rng: np.random.Generator) -> Capture:
    """The capture of a shot: a signal with complex noise of E|n|^2 = noise_sigma^2 per average."""
    count = len(signal)
    noise = rng.normal(size=count) + 1j * rng.normal(size=count)
    scale = noise_sigma / np.sqrt(2.0 * shot.averages)
    return Capture(
        samples=(signal + scale * noise).astype(np.complex64),
        waveform=shot.waveform,
        sample_rate_hz=shot.sample_rate_hz,
        centre_frequency_hz=shot.centre_frequency_hz,
        dead_time_s=shot.dead_time_s,
        averages=shot.averages,
        method=shot.method,
        purpose=shot.purpose,
    )


def nothing(shot: Shot) -> Capture:
    """A capture without a transmission, of which nothing is made: for tests of the shots alone."""
    empty = captured(shot, np.zeros(1, dtype=complex), 0.0, np.random.default_rng(0))
    return replace(empty, waveform=empty.waveform[:0])
