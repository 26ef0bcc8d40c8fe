"""The way from transmitter to receiver, from the leakage of weak sweeps: gain, delay, and the probe's resonance.

The probe is seen as one resonance of the sampled baseband, (1 - d) / (1 - d exp(-i w T)) with d = exp(-pi B T): its
answer to sample n begins in sample n. Against a resonance in continuous time this puts the delay up to half a sample
earlier, which is below what the alignment of a capture can tell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, optimize

from acquisition.shot import Capture

Real = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]

BAND_FRACTION = 0.36
"""Of the sampling rate, on each side: beyond it filters of the receiver fall off."""

SWEPT_FRACTION = 0.25
"""Frequencies at which the waveform has less than this part of its median power (in the band) say nothing."""

POINTS = 240
"""Neighbouring frequencies are averaged to about so many points of a capture."""

QUIET_FRACTION = 0.25
"""Of a capture's samples, at its end: noise alone."""

MODEL_ERROR = 0.005
"""What the model of one resonance leaves out (slow recovery of the receiver, ripple of filters), of its largest value:
added to the noise, so that points with little noise do not claim more than the model can say."""

SYSTEMATIC = 0.01
"""The same as a whole: of the bandwidth, half of it for the resonance, of the gain, and as an angle over half the band
for the delay; added to the uncertainties, because it is not averaged away."""

WIDEST = 20.0
"""Times the measured band: a resonance that is broader is not seen as one."""


@dataclass(frozen=True, eq=False)
class Response:
    """What comes back of a sweep, per transmitted amplitude: `value` (n,) with one-sigma `sigma` (n,) at `offset_hz`.

    `group` (m,) and `weight` (m,) say which of the finer frequencies `fine_hz` (m,) each value averages, and how much.
    """

    centre_hz: float
    sample_rate_hz: float
    offset_hz: Real
    value: Complex
    sigma: Real
    fine_hz: Real
    group: npt.NDArray[np.int64]
    weight: Real

    def averaged(self, fine: Complex) -> Complex:
        """Values at the finer frequencies (m,) averaged as those of the measurement, shape (n,)."""
        total = np.zeros(len(self.offset_hz), dtype=np.complex128)
        np.add.at(total, self.group, fine * self.weight)
        return np.asarray(total / np.bincount(self.group, self.weight, len(total)), dtype=np.complex128)


@dataclass(frozen=True, eq=False)
class Resonance:
    """One-sigma uncertainties beside the values; `gain` is that at the resonance, `models` (n,) one for each response.

    Where the band shows no resonance, `frequency_hz` and `bandwidth_hz` are NaN with their uncertainties.
    """

    frequency_hz: float
    frequency_sigma_hz: float
    bandwidth_hz: float
    bandwidth_sigma_hz: float
    delay_s: float
    delay_sigma_s: float
    gain: float
    gain_sigma: float
    chi2_reduced: float
    models: tuple[Complex, ...]

    @property
    def quality(self) -> tuple[float, float]:
        """The quality factor and its one-sigma."""
        value = self.frequency_hz / self.bandwidth_hz
        relative = math.hypot(self.frequency_sigma_hz / self.frequency_hz, self.bandwidth_sigma_hz / self.bandwidth_hz)
        return value, value * relative


def response(capture: Capture) -> Response | None:
    """The response that a capture of a sweep shows; None if it was not swept, or not received to its end."""
    samples = np.asarray(capture.samples, dtype=np.complex128)
    if len(samples) < 256 or not np.any(capture.waveform):
        return None
    sent = np.zeros(len(samples), dtype=np.complex128)
    sent[: len(capture.waveform)] = capture.waveform
    quiet = samples[-max(32, int(QUIET_FRACTION * len(samples))) :]
    variance = float(np.mean(np.abs(quiet) ** 2))
    offset_hz = fft.fftshift(fft.fftfreq(len(samples), 1.0 / capture.sample_rate_hz))
    x, y = fft.fftshift(fft.fft(sent)), fft.fftshift(fft.fft(samples))
    power = np.abs(x) ** 2
    inside = np.abs(offset_hz) <= BAND_FRACTION * capture.sample_rate_hz
    inside &= power >= SWEPT_FRACTION * float(np.median(power[inside & (power > 0.01 * power.max())]))
    if np.count_nonzero(inside) < 16:
        return None
    fine_hz, weight = offset_hz[inside], power[inside]
    group = np.arange(len(fine_hz)) * min(POINTS, len(fine_hz)) // len(fine_hz)
    energy = np.bincount(group, weight)
    product = np.zeros(len(energy), dtype=np.complex128)
    np.add.at(product, group, (y * np.conj(x))[inside])
    return Response(
        centre_hz=capture.centre_frequency_hz,
        sample_rate_hz=capture.sample_rate_hz,
        offset_hz=np.bincount(group, weight * fine_hz) / energy,
        value=product / energy,
        sigma=np.sqrt(len(samples) * variance / energy),
        fine_hz=fine_hz,
        group=group,
        weight=weight,
    )


def fit(responses: Sequence[Response]) -> Resonance | None:
    """One resonance and one delay through all responses; None without any.

    The phase between two tunings is unknown, so each response has its own. Weighted least squares; where the model
    leaves more than the noise, the uncertainties are larger by the square root of chi2 per degree of freedom, and what
    a single resonance cannot say at all is added to them.
    """
    if not responses:
        return None
    problem = _Problem(responses)
    start = problem.start()
    solved = optimize.least_squares(problem.residual, start, bounds=problem.bounds, x_scale="jac")
    return problem.found(np.asarray(solved.x), np.asarray(solved.jac), 2.0 * float(solved.cost))


class _Problem:
    """The fit of all responses. Its parameters: the resonance's frequency from the middle of the band, in bands; the
    logarithm of its width; the delay in samples; the logarithm of the gain."""

    def __init__(self, responses: Sequence[Response]) -> None:
        self._responses = responses
        self._sigmas = [np.hypot(one.sigma, MODEL_ERROR * float(np.abs(one.value).max())) for one in responses]
        low = min(one.centre_hz + one.offset_hz[0] for one in responses)
        high = max(one.centre_hz + one.offset_hz[-1] for one in responses)
        self._middle_hz, self._band_hz = (low + high) / 2, high - low
        self._step_s = 1.0 / responses[0].sample_rate_hz
        widths = math.log(self._band_hz / 1000.0), math.log(WIDEST * self._band_hz)
        self.bounds = np.asarray([-1.0, widths[0], -64.0, -50.0]), np.asarray([1.0, widths[1], 64.0, 50.0])

    def start(self) -> Real:
        """From |H|^-2, which is a parabola of the frequency, and the slope of the phase that is then left."""
        place = np.concatenate([self._places(one) for one in self._responses])
        size = np.concatenate([np.abs(one.value) for one in self._responses])
        sigma = np.concatenate(self._sigmas)
        # The inverse square of a value h has an uncertainty of 2 sigma / h^3; what is all noise says nothing.
        clear = size > 0.2 * float(size.max())
        c, b, a = np.polynomial.polynomial.polyfit(
            place[clear], size[clear] ** -2.0, 2, w=size[clear] ** 3 / sigma[clear]
        )
        frequency, width, gain = float(place[np.argmax(size)]), 0.5, float(size.max())
        if a > 0 and c - b * b / (4 * a) > 0:
            least = c - b * b / (4 * a)
            frequency, width, gain = -b / (2 * a), 2 * math.sqrt(least / a), least**-0.5
        values = np.asarray([frequency, math.log(width * self._band_hz), 0.0, math.log(gain)])
        values = np.clip(values, self.bounds[0] + 1e-6, self.bounds[1] - 1e-6)
        slopes = []
        for one, shape in zip(self._responses, self._shapes(values), strict=True):
            left = one.value * np.conj(shape)
            slopes.append(np.angle(np.vdot(left[:-1], left[1:])) / float(np.mean(np.diff(one.offset_hz))))
        values[2] = np.clip(-float(np.mean(slopes)) / (2 * np.pi * self._step_s), -60.0, 60.0)
        return np.asarray(values, dtype=np.float64)

    def residual(self, values: Real) -> Real:
        """What is left, in standard deviations of real and imaginary parts."""
        models = self._models(values)
        parts = [
            (one.value - model) / sigma for one, model, sigma in zip(self._responses, models, self._sigmas, strict=True)
        ]
        together = np.concatenate(parts)
        return np.concatenate([together.real, together.imag]) * math.sqrt(2.0)

    def found(self, values: Real, jacobian: Real, chi2: float) -> Resonance:
        """The result of the best values."""
        degrees = max(2 * sum(len(one.value) for one in self._responses) - len(values), 1)
        sigmas = _sigmas(jacobian) * math.sqrt(max(1.0, chi2 / degrees))
        bandwidth_hz = math.exp(float(values[1]))
        seen = bandwidth_hz < 0.5 * WIDEST * self._band_hz and sigmas[1] < 0.5 and abs(values[0]) < 0.99
        nan = math.nan
        gain = math.exp(float(values[3]))
        return Resonance(
            frequency_hz=self._middle_hz + float(values[0]) * self._band_hz if seen else nan,
            frequency_sigma_hz=math.hypot(float(sigmas[0]) * self._band_hz, SYSTEMATIC * bandwidth_hz / 2)
            if seen
            else nan,
            bandwidth_hz=bandwidth_hz if seen else nan,
            bandwidth_sigma_hz=bandwidth_hz * math.hypot(float(sigmas[1]), SYSTEMATIC) if seen else nan,
            delay_s=float(values[2]) * self._step_s,
            delay_sigma_s=math.hypot(float(sigmas[2]) * self._step_s, SYSTEMATIC / (np.pi * self._band_hz)),
            gain=gain,
            gain_sigma=gain * math.hypot(float(sigmas[3]), SYSTEMATIC),
            chi2_reduced=chi2 / degrees,
            models=tuple(self._models(values)),
        )

    def _places(self, one: Response) -> Real:
        return np.asarray((one.centre_hz + one.offset_hz - self._middle_hz) / self._band_hz, dtype=np.float64)

    def _shapes(self, values: Real) -> list[Complex]:
        frequency_hz = self._middle_hz + float(values[0]) * self._band_hz
        delay_s = float(values[2]) * self._step_s
        return [_shape(one, frequency_hz, math.exp(float(values[1])), delay_s) for one in self._responses]

    def _models(self, values: Real) -> list[Complex]:
        made = []
        for one, shape, sigma in zip(self._responses, self._shapes(values), self._sigmas, strict=True):
            phase = np.angle(np.vdot(shape / sigma, one.value / sigma))
            made.append(math.exp(float(values[3])) * np.exp(1j * phase) * shape)
        return made


def _shape(one: Response, frequency_hz: float, bandwidth_hz: float, delay_s: float) -> Complex:
    """The response of a resonance of gain 1, averaged as the measured one."""
    away_hz = one.fine_hz - (frequency_hz - one.centre_hz)
    if abs(frequency_hz - one.centre_hz) < one.sample_rate_hz / 2:
        decay = math.exp(-math.pi * bandwidth_hz / one.sample_rate_hz)
        fine = (1 - decay) / (1 - decay * np.exp(-2j * np.pi * away_hz / one.sample_rate_hz))
    else:  # beyond the sampled band only its wing is seen
        fine = 1 / (1 + 2j * away_hz / bandwidth_hz)
    return one.averaged(fine * np.exp(-2j * np.pi * one.fine_hz * delay_s))


def _sigmas(jacobian: Real) -> Real:
    """Square roots of the diagonal of the covariance; infinite where the data do not determine a parameter."""
    normal = jacobian.T @ jacobian
    scale = np.sqrt(np.diag(normal))
    if not (scale > 0).all():
        return np.full(len(scale), np.inf)
    scaled = normal / np.outer(scale, scale)
    if np.linalg.cond(scaled) > 1e12:
        return np.full(len(scale), np.inf)
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(scaled))) / scale)
