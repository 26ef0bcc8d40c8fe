"""A small simulator of captures for tests: linear response and Bloch dynamics, independent of `sdr.simulated`.

It knows nothing of how reconstruction works: lines are integrated sample by sample from the transmitted waveform.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acquisition.shot import Capture, ComplexArray, receive_mask

Complex = npt.NDArray[np.complex128]
Real = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SyntheticLine:
    """`amplitude` is the signal of the line's full magnetisation turned into the transverse plane."""

    frequency_hz: float
    t2_star_s: float
    amplitude: float = 1.0
    phase_rad: float = 0.0
    gaussian_fwhm_hz: float = 0.0  # inhomogeneous width on top of T2*
    t1_s: float = math.inf


@dataclass(frozen=True)
class RingDown:
    """Response of the probe to the waveform: one pole."""

    amplitude: float
    time_constant_s: float
    offset_hz: float = 0.0


@dataclass(frozen=True)
class Carrier:
    """Interference of constant frequency and amplitude; offset 0 is the receiver's DC."""

    offset_hz: float
    amplitude: float
    phase_rad: float = 0.3


def synthetic_capture(
    waveform: ComplexArray,
    lines: Sequence[SyntheticLine],
    noise_sigma: float,
    *,
    sample_rate_hz: float = 10e6,
    centre_frequency_hz: float = 28e6,
    dead_time_s: float = 4e-6,
    tail_s: float = 1e-3,
    rng: np.random.Generator | int = 0,
    model: str = "linear",
    nutation_frequency_hz: float = 20e3,
    powder: bool = False,
    global_phase_rad: float = 0.7,
    gain: float = 1.0,
    ring_down: RingDown | None = None,
    carriers: Sequence[Carrier] = (),
    leakage: float = 0.0,
    averages: int = 1,
    method: str = "survey",
) -> Capture:
    """The capture of one shot. `noise_sigma` is the standard deviation of the complex noise: E|n|^2 = sigma^2.

    `model` is "linear" (small-angle response, whatever the flip angle) or "bloch"; `powder` averages the nutation and
    the reception over orientations as for I = 3/2 with eta = 0. `leakage` fills the samples that are not data.
    """
    generator = np.random.default_rng(rng)
    samples = len(waveform) + round(tail_s * sample_rate_hz)
    drive = np.zeros(samples, dtype=np.complex128)
    drive[: len(waveform)] = waveform
    signal = np.zeros(samples, dtype=np.complex128)
    weights, strengths = _orientations(powder)
    for line in lines:
        for offset_hz, fraction in _isochromats(line, centre_frequency_hz):
            for weight, strength in zip(weights, strengths, strict=True):
                amplitude = line.amplitude * fraction * weight * np.exp(1j * line.phase_rad)
                omega_1 = 2 * math.pi * nutation_frequency_hz * strength
                respond = {"linear": _linear, "bloch": _bloch}[model]
                signal += amplitude * respond(drive, omega_1, offset_hz, line, sample_rate_hz)
    signal *= gain
    time_s = np.arange(samples) / sample_rate_hz
    if ring_down is not None:
        pole = np.exp((2j * math.pi * ring_down.offset_hz - 1 / ring_down.time_constant_s) / sample_rate_hz)
        signal += ring_down.amplitude * _filter(drive, complex(pole))
    for carrier in carriers:
        phase = 2 * math.pi * carrier.offset_hz * time_s + carrier.phase_rad
        signal += carrier.amplitude * np.exp(1j * phase)
    signal *= np.exp(1j * global_phase_rad)
    noise = generator.standard_normal((2, samples)) * (noise_sigma / math.sqrt(2))
    signal += noise[0] + 1j * noise[1]
    blind = ~receive_mask(waveform, dead_time_s, sample_rate_hz, samples)
    signal[blind] += leakage
    return Capture(
        samples=signal.astype(np.complex64),
        waveform=np.asarray(waveform, dtype=np.complex64),
        sample_rate_hz=sample_rate_hz,
        centre_frequency_hz=centre_frequency_hz,
        dead_time_s=dead_time_s,
        averages=averages,
        method=method,
    )


def _orientations(powder: bool) -> tuple[Real, Real]:
    """Weights and relative nutation frequencies: the coil sees sin(theta) of a crystallite on both ways."""
    if not powder:
        return np.ones(1), np.ones(1)
    cosine, weight = np.polynomial.legendre.leggauss(8)
    half = cosine > 0
    sine = np.sqrt(1 - cosine[half] ** 2)
    return weight[half] * sine, sine


def _isochromats(line: SyntheticLine, centre_frequency_hz: float) -> list[tuple[float, float]]:
    """Offsets and fractions that make up a line with Gaussian inhomogeneous width."""
    offset_hz = line.frequency_hz - centre_frequency_hz
    if line.gaussian_fwhm_hz == 0:
        return [(offset_hz, 1.0)]
    grid = np.linspace(-2.5, 2.5, 41)
    sigma_hz = line.gaussian_fwhm_hz / 2.3548
    fraction = np.exp(-(grid**2) / 2)
    fraction /= fraction.sum()
    return [(offset_hz + sigma_hz * float(g), float(p)) for g, p in zip(grid, fraction, strict=True)]


def _filter(drive: Complex, pole: complex) -> Complex:
    """y[n] = pole y[n-1] + x[n], in stretches of free decay between the samples where x is not zero."""
    out = np.empty(len(drive), dtype=np.complex128)
    state = 0j
    for start, stop, driven in _stretches(drive):
        if driven:
            for n in range(start, stop):
                state = pole * state + drive[n]
                out[n] = state
        else:
            out[start:stop] = state * pole ** np.arange(1, stop - start + 1)
            state = complex(out[stop - 1])
    return out


def _linear(drive: Complex, omega_1: float, offset_hz: float, line: SyntheticLine, rate_hz: float) -> Complex:
    pole = np.exp((2j * math.pi * offset_hz - 1 / line.t2_star_s) / rate_hz)
    return 1j * omega_1 / rate_hz * _filter(drive, complex(pole))


def _bloch(drive: Complex, omega_1: float, offset_hz: float, line: SyntheticLine, rate_hz: float) -> Complex:
    """Transverse magnetisation after each sample: rotation about the effective field, then relaxation."""
    step = 1 / rate_hz
    offset = 2 * math.pi * offset_hz
    relax_2, relax_1 = math.exp(-step / line.t2_star_s), math.exp(-step / line.t1_s)
    pole = np.exp((1j * offset - 1 / line.t2_star_s) * step)
    out = np.empty(len(drive), dtype=np.complex128)
    transverse, longitudinal = 0j, 1.0
    for start, stop, driven in _stretches(drive):
        if not driven:
            out[start:stop] = transverse * pole ** np.arange(1, stop - start + 1)
            transverse = complex(out[stop - 1])
            longitudinal = 1 + (longitudinal - 1) * relax_1 ** (stop - start)
            continue
        for n in range(start, stop):
            # Turn by the angle |field| * step about `field`, by Rodrigues' formula, dM/dt = field x M.
            field_t, field_z = -omega_1 * complex(drive[n]), offset
            size = math.sqrt(abs(field_t) ** 2 + field_z**2)
            if size > 0:
                unit_t, unit_z = field_t / size, field_z / size
                cosine, sine = math.cos(size * step), math.sin(size * step)
                along = (unit_t.conjugate() * transverse).real + unit_z * longitudinal
                cross_t = 1j * (unit_z * transverse - unit_t * longitudinal)
                cross_z = (unit_t.conjugate() * transverse).imag
                transverse = transverse * cosine + cross_t * sine + unit_t * along * (1 - cosine)
                longitudinal = longitudinal * cosine + cross_z * sine + unit_z * along * (1 - cosine)
            transverse *= relax_2
            longitudinal = 1 + (longitudinal - 1) * relax_1
            out[n] = transverse
    return out


def _stretches(drive: Complex) -> list[tuple[int, int, bool]]:
    """The record cut where the drive starts or stops: (start, stop, driven)."""
    driven = drive != 0
    edges = np.flatnonzero(driven[1:] != driven[:-1]) + 1
    bounds = [0, *edges.tolist(), len(drive)]
    return [(a, b, bool(driven[a])) for a, b in itertools.pairwise(bounds)]
