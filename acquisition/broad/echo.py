"""One spin-echo capture as physics sees it: the pulses as transmitted, the echo's place, and the response to an offset.

Everything is taken from the waveform. Not in it is the field that it makes in the coil, so the nutation angle of the
first pulse comes with the capture's label.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from acquisition.free_decay import pulses
from acquisition.shot import Capture, ComplexArray

Complex = npt.NDArray[np.complex128]
Real = npt.NDArray[np.float64]

ORIENTATIONS = 12
"""Gauss-Legendre nodes of the powder average."""

QUANTISATION = 1e-3
"""Deviation from a constant amplitude, relative to it, that is put down to the radio's integers."""

AUDIBLE = 0.02
"""The response is used out to where it has fallen to this fraction of its largest."""


@dataclass(frozen=True, eq=False)
class Response:
    """E(offset) of a two-pulse echo: an isochromat `offset` from the pulses' frequency gives E exp(2 pi i offset t).

    t is counted from the nominal top of the echo; shape of `offset_hz` and `values` is (m,). In units of the signal of
    a single crystal turned by 90 degrees.
    """

    offset_hz: Real
    values: Complex

    def at(self, offset_hz: Real) -> Complex:
        """E at any offsets, 0 beyond those computed."""
        real = np.interp(offset_hz, self.offset_hz, self.values.real, left=0.0, right=0.0)
        imaginary = np.interp(offset_hz, self.offset_hz, self.values.imag, left=0.0, right=0.0)
        return np.asarray(real + 1j * imaginary, dtype=np.complex128)

    @property
    def bandwidth_hz(self) -> float:
        """Full width of |E| at half height."""
        size = np.abs(self.values)
        above = self.offset_hz[size >= 0.5 * size.max()]
        return float(above[-1] - above[0])

    @property
    def reach_hz(self) -> float:
        """Largest offset at which anything is heard."""
        size = np.abs(self.values)
        above = np.abs(self.offset_hz[size >= AUDIBLE * size.max()])
        return float(above.max())


@dataclass(frozen=True, eq=False)
class EchoShot:
    """A capture with two pulses. `top` is the sample of the echo's top (a fraction), `first` the first undisturbed one.

    `frequency_hz` is the pulses' absolute frequency; `turn` the phase factor that the pulses give the echo,
    exp(i (2 phi_2 - phi_1)); `envelope` the waveform in the pulses' own frame with both phases zero.
    """

    capture: Capture
    frequency_hz: float
    top: float
    first: int
    turn: complex
    envelope: ComplexArray = field(repr=False)

    @property
    def half_window_s(self) -> float:
        """Longest time that is received undisturbed on both sides of the top."""
        samples = min(self.top - self.first, len(self.capture.samples) - 1 - self.top)
        return samples / self.capture.sample_rate_hz


def echo_shot(capture: Capture) -> EchoShot | None:
    """The echo of a capture; None unless it has two pulses and the top of the echo is received."""
    found = pulses(capture.waveform)
    if len(found) != 2:
        return None
    waveform = np.asarray(capture.waveform, dtype=np.complex128)
    (a, b), (c, d) = found
    step_rad = _step_rad(waveform, found)
    place = np.arange(len(waveform))
    turned = waveform * np.exp(-1j * step_rad * place)
    first_phase = float(np.angle(np.sum(turned[a:b])))
    second_phase = float(np.angle(np.sum(turned[c:d])))
    envelope = turned.copy()
    envelope[a:b] *= np.exp(-1j * first_phase)
    envelope[c:d] *= np.exp(-1j * second_phase)
    # Sample k is held from k to k + 1, so the middle of a pulse is half a sample later than that of its indices, and
    # the echo's top is later by as much: 2 (c + d)/2 - (a + b)/2.
    top = (c + d) - 0.5 * (a + b)
    blind = math.ceil(capture.dead_time_s * capture.sample_rate_hz - 1e-9)
    first = d + blind
    if not first < top < len(capture.samples) - 1:
        return None
    # The carrier's phase is counted from sample 0; the echo's frame is that of its top.
    turn = complex(np.exp(1j * (2.0 * second_phase - first_phase)))
    frequency_hz = capture.centre_frequency_hz + step_rad * capture.sample_rate_hz / (2.0 * math.pi)
    return EchoShot(capture, frequency_hz, top, first, turn, envelope.astype(np.complex64))


def _step_rad(waveform: Complex, found: tuple[tuple[int, int], ...]) -> float:
    """Phase step per sample, first from neighbouring samples, then from the distance of the pulses' ends."""
    pairs = [(waveform[a : b - 1], waveform[a + 1 : b]) for a, b in found]
    step = float(np.angle(sum(complex(np.vdot(before, after)) for before, after in pairs)))
    a, b = max(found, key=lambda pulse: pulse[1] - pulse[0])
    half = (b - a) // 2
    if half >= 4:
        place = np.arange(a, b)
        turned = waveform[a:b] * np.exp(-1j * step * place)
        step += float(np.angle(np.vdot(turned[:half], turned[-half:])) / (b - a - half))
    return step


def response(shot: EchoShot, flip_rad: float, spin: Fraction) -> Response:
    """The echo's response for a nutation angle omega_1 t of the first pulse, averaged over a powder of this spin."""
    shape = _without_quantisation(shot.envelope)
    return _response(shape.tobytes(), shot.capture.sample_rate_hz, round(flip_rad, 6), spin)


def _without_quantisation(envelope: ComplexArray) -> ComplexArray:
    """The envelope relative to its first pulse, (n,), the same for equal pulses at different frequencies.

    Each frequency is quantised by the radio in its own way. What of it a pulse of constant amplitude has is taken out,
    and the response is computed once instead of for every echo.
    """
    found = pulses(envelope)
    scale = complex(np.mean(envelope[slice(*found[0])]))
    shape = envelope / scale
    for first, end in found:
        level = complex(np.mean(shape[first:end]))
        if np.max(np.abs(shape[first:end] - level)) < QUANTISATION:
            shape[first:end] = level
    return np.asarray(np.round(shape, 4) + 0.0, dtype=np.complex64)  # + 0.0 makes -0 a 0


@lru_cache(maxsize=32)
def _response(envelope: bytes, sample_rate_hz: float, flip_rad: float, spin: Fraction) -> Response:
    """From the samples of the envelope, each a rotation about the field in the frame of an offset.

    The pathway is that of the refocused echo: coherence conjugated by the second pulse. Cayley-Klein parameters
    multiply as in `u' = [[alpha, -conj(beta)], [beta, conj(alpha)]] u`.
    """
    waveform = np.frombuffer(envelope, dtype=np.complex64).astype(np.complex128)
    (a, b), (c, d) = pulses(waveform.astype(np.complex64))
    nutation, pickup = powder(spin)
    per_sample = flip_rad / float(np.sum(np.abs(waveform[a:b])))
    shortest_s = min(b - a, d - c) / sample_rate_hz
    offset_hz = np.linspace(-6.0 / shortest_s, 6.0 / shortest_s, 1201)
    offset_hz = offset_hz[np.abs(offset_hz) < 0.5 * sample_rate_hz]
    first = _rotation(waveform[a:b], offset_hz, nutation, per_sample, sample_rate_hz)
    second = _rotation(waveform[c:d], offset_hz, nutation, per_sample, sample_rate_hz)
    # Right after a rotation: M+' = conj(alpha)^2 M+ - beta^2 conj(M+) + 2 conj(alpha) beta Mz.
    made = 2.0 * np.conj(first[0]) * first[1]
    refocused = -(second[1] ** 2) * np.conj(made)
    # Free from sample b to c before, and from d to the top after the second pulse.
    after = (c + d) - 0.5 * (a + b) - d
    turn = np.exp(2j * np.pi * offset_hz / sample_rate_hz * (after - (c - b)))
    values = (refocused @ pickup) * turn
    return Response(offset_hz, np.asarray(values, dtype=np.complex128))


def _rotation(
    field: Complex, offset_hz: Real, nutation: Real, per_sample: float, sample_rate_hz: float
) -> tuple[Complex, Complex]:
    """Cayley-Klein parameters (offsets, orientations) of a pulse whose samples are held for a sample period each."""
    half_precession = np.pi * offset_hz[:, None] / sample_rate_hz
    alpha = np.ones((len(offset_hz), len(nutation)), dtype=np.complex128)
    beta = np.zeros_like(alpha)
    for sample in field:
        half_nutation = 0.5 * per_sample * abs(sample) * nutation[None, :]
        angle = np.hypot(half_nutation, half_precession)
        sinc = np.sinc(angle / np.pi)
        one = np.cos(angle) - 1j * half_precession * sinc
        two = -1j * half_nutation * sinc * np.exp(1j * np.angle(sample))
        alpha, beta = one * alpha - np.conj(two) * beta, two * alpha + np.conj(one) * beta
    return alpha, beta


def powder(spin: Fraction) -> tuple[Real, Real]:
    """Nutation relative to omega_1, and weight in the signal, of the orientations of a powder with eta = 0.

    Spin 1: cos(theta) both ways; half-integer spins, lowest transition: sqrt(I(I+1) - 3/4) sin(theta) for the nutation,
    sin(theta) for the pick-up (see docs/explanation/simulated-spins.md).
    """
    nodes, weights = np.polynomial.legendre.leggauss(ORIENTATIONS)
    theta = (nodes + 1.0) * np.pi / 4.0
    area = weights * np.pi / 4.0 * np.sin(theta)
    if spin == 1:
        return np.cos(theta), area * np.cos(theta)
    strength = math.sqrt(float(spin * (spin + 1) - Fraction(3, 4)))
    return strength * np.sin(theta), area * np.sin(theta)
