"""How much of one line there is in each of several captures: a signed number per capture, without bias by noise.

All captures show the same line, so they share its frequency, its decay and, because the driver turns every capture to
the phase of its own leakage, its phase. These are fitted to all of them together; each capture then gives one number,
the linear least-squares amplitude of that signal. Noise therefore averages to zero in it, and its sign is kept, unlike
in the largest value or the magnitude of a spectrum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, optimize

from acquisition.decimation import decimate, root_raised_cosine
from acquisition.lines import Line, LineStatus
from acquisition.reconstruction.statistics import detection_threshold, log_tail
from acquisition.shot import Capture

Real = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]

LOWEST_RATE_HZ = 400e3
"""Captures are brought down to about this rate, which holds the band that a hard pulse excites."""

SAMPLES_LEAST = 24
"""Fewer samples than this at the lower rate are kept at a higher one."""

T2_STARS_PER_OCTAVE = 1.5
SHORTEST_T2_STAR_S = 10e-6


@dataclass(frozen=True, eq=False)
class Trace:
    """The signal near a frequency, `data` (n,) at `time_s` (n,) after the time at which all spins are in phase.

    `around_hz` has been taken out, and the phase that the pulses give. `step_s` is the distance of the samples.
    """

    time_s: Real
    data: Complex
    around_hz: float
    step_s: float

    def mean_with(self, others: Sequence[Trace], weights: Sequence[float]) -> Trace:
        """The weighted mean of this trace and others at the same times; weights in the order (this, *others)."""
        total = sum(weights)
        data = sum((weight / total) * trace.data for weight, trace in zip(weights, (self, *others), strict=True))
        return Trace(self.time_s, np.asarray(data, dtype=np.complex128), self.around_hz, self.step_s)


def trace(capture: Capture, around_hz: float, first: int, end: int, origin: float, phase_rad: float) -> Trace | None:
    """Samples first..end of a capture, with times counted from sample `origin` and `phase_rad` taken out.

    A reception that is known to be late is counted from as much later. None where too few samples are left.
    """
    rate = capture.sample_rate_hz
    origin += capture.delay_s * rate
    first, end = max(first, 0), min(end, len(capture.samples))
    step = max(1, math.floor(rate / LOWEST_RATE_HZ))
    step = max(1, min(step, (end - first) // (2 * SAMPLES_LEAST)))
    taps = root_raised_cosine(step) if step > 1 else np.ones(1)
    if end - first < len(taps) + 8 * step:
        return None
    place = np.arange(first, end)
    turns = (around_hz - capture.centre_frequency_hz) / rate * (place - origin)
    received = np.asarray(capture.samples[first:end], dtype=np.complex128)
    turned = received * np.exp(-1j * (2 * np.pi * turns + phase_rad))
    data = decimate(turned, taps, step)
    time_s = (first + (len(taps) - 1) / 2 + step * np.arange(len(data)) - origin) / rate
    return Trace(np.asarray(time_s, dtype=np.float64), np.asarray(data, dtype=np.complex128), around_hz, step / rate)


@dataclass(frozen=True, eq=False)
class LineSignal:
    """What the traces say of their common line: its amplitude in each of them, `values` (p,) with `sigmas` (p,).

    `line` is None where nothing rises above the threshold; the values are then those at the strongest place.
    `shape(time_s)` is the line's signal of amplitude 1.
    """

    line: Line | None
    values: Real
    sigmas: Real
    offset_hz: float
    t2_star_s: float
    phase_rad: float

    def shape(self, time_s: Real) -> Complex:
        shape = _shape(time_s, self.offset_hz, self.t2_star_s)
        return np.asarray(shape * np.exp(1j * self.phase_rad), dtype=np.complex128)


def measure(
    traces: Sequence[Trace], half_width_hz: float, false_alarms: float, positive: int | None = None
) -> LineSignal | None:
    """The strongest line within +- half_width_hz of the traces' frequency, and its amplitude in each trace.

    The signal is exp(2 pi i f t - |t| / T2*). `positive` is the number of the trace whose amplitude counts as positive
    (the largest without it). `false_alarms` is the expected number of noise peaks taken for a line in the range.
    """
    if not traces or min(len(one.data) for one in traces) < SAMPLES_LEAST // 2:
        return None
    variances = np.asarray([_noise_variance(one.data) for one in traces])
    t2_stars = _t2_stars_s(traces)
    offset_hz, t2_star_s, best = _search(traces, variances, t2_stars, half_width_hz)
    found = float(log_tail(best, len(traces))) >= detection_threshold(false_alarms, 2 * half_width_hz, t2_stars)

    def cost(place: Real) -> float:
        return -_power(traces, variances, float(place[0]), math.exp(float(place[1])))

    width_hz = 1.0 / (math.pi * t2_star_s)
    start = np.asarray([offset_hz, math.log(t2_star_s)])
    simplex = start + np.asarray([[0.0, 0.0], [0.2 * width_hz, 0.0], [0.0, 0.3]])
    refined = optimize.minimize(
        cost, start, method="Nelder-Mead", options={"initial_simplex": simplex, "xatol": 1e-4, "fatol": 1e-4}
    )
    offset_hz, t2_star_s = float(refined.x[0]), math.exp(float(refined.x[1]))
    complex_values, energies = _project(traces, offset_hz, t2_star_s)
    phase_rad = 0.5 * float(np.angle(np.sum(complex_values**2 * energies / variances)))
    values = np.real(complex_values * np.exp(-1j * phase_rad))
    reference = int(np.argmax(np.abs(values))) if positive is None else positive
    if values[reference] < 0:
        values, phase_rad = -values, phase_rad + math.pi
    residual = _residual_variances(traces, complex_values, offset_hz, t2_star_s)
    sigmas = np.sqrt(residual / (2.0 * energies))
    line = None
    if found:
        sigma_hz, log_sigma = _uncertainty(cost, np.asarray(refined.x), width_hz)
        strongest = int(np.argmax(np.abs(values)))
        fwhm_hz = 1.0 / (math.pi * t2_star_s)
        line = Line(
            frequency_hz=traces[0].around_hz + offset_hz,
            frequency_sigma_hz=sigma_hz,
            fwhm_hz=fwhm_hz,
            fwhm_sigma_hz=fwhm_hz * log_sigma,
            amplitude=float(abs(values[strongest])),
            amplitude_sigma=float(sigmas[strongest]),
            phase_rad=phase_rad,
            snr=float(abs(values[strongest]) / (math.sqrt(2.0) * sigmas[strongest])),
            unfolding_confidence=1.0,
            status=LineStatus.CONFIRMED,
        )
    return LineSignal(line, values, sigmas, offset_hz, t2_star_s, phase_rad)


def _shape(time_s: Real, offset_hz: float, t2_star_s: float) -> Complex:
    return np.asarray(np.exp(2j * np.pi * offset_hz * time_s - np.abs(time_s) / t2_star_s), dtype=np.complex128)


def _noise_variance(data: Complex) -> float:
    """E|n|^2 from the median of the power spectrum, which lines do not move."""
    power = np.abs(np.fft.fft(data)) ** 2 / len(data)
    return max(float(np.median(power)) / math.log(2.0), 1e-300)


def _t2_stars_s(traces: Sequence[Trace]) -> tuple[float, ...]:
    """The decay times that are tried: from what the samples can show to the length of the reception."""
    shortest = max(SHORTEST_T2_STAR_S, 2.0 * traces[0].step_s)
    longest = max(2 * shortest, max(float(one.time_s[-1] - one.time_s[0]) for one in traces))
    count = 1 + math.ceil(T2_STARS_PER_OCTAVE * math.log2(longest / shortest))
    return tuple(float(value) for value in np.geomspace(shortest, longest, count))


def _search(
    traces: Sequence[Trace], variances: Real, t2_stars: Sequence[float], half_width_hz: float
) -> tuple[float, float, float]:
    """(offset, T2*, statistic) at which the matched filters of all traces together show most."""
    longest = max(len(one.data) for one in traces)
    best = (0.0, t2_stars[0], -1.0)
    points = fft.next_fast_len(4 * longest)
    for t2_star_s in t2_stars:
        total = np.zeros(points)
        for one, variance in zip(traces, variances, strict=True):
            envelope = np.exp(-np.abs(one.time_s) / t2_star_s)
            total += np.abs(fft.fft(one.data * envelope, points)) ** 2 / (np.sum(envelope**2) * variance)
        offsets = fft.fftfreq(points, traces[0].step_s)
        total[np.abs(offsets) > half_width_hz] = -1.0
        top = int(np.argmax(total))
        if total[top] > best[2]:
            best = (float(offsets[top]), t2_star_s, float(total[top]))
    return best


def _project(traces: Sequence[Trace], offset_hz: float, t2_star_s: float) -> tuple[Complex, Real]:
    """(amplitudes, energies) of the signal in every trace; an amplitude's noise is that of a sample / sqrt(energy)."""
    values, energies = [], []
    for one in traces:
        shape = _shape(one.time_s, offset_hz, t2_star_s)
        energy = float(np.vdot(shape, shape).real)
        values.append(complex(np.vdot(shape, one.data)) / max(energy, 1e-300))
        energies.append(max(energy, 1e-300))
    return np.asarray(values), np.asarray(energies)


def _power(traces: Sequence[Trace], variances: Real, offset_hz: float, t2_star_s: float) -> float:
    values, energies = _project(traces, offset_hz, t2_star_s)
    return float(np.sum(np.abs(values) ** 2 * energies / variances))


def _residual_variances(traces: Sequence[Trace], values: Complex, offset_hz: float, t2_star_s: float) -> Real:
    left = []
    for one, value in zip(traces, values, strict=True):
        rest = one.data - value * _shape(one.time_s, offset_hz, t2_star_s)
        left.append(float(np.sum(np.abs(rest) ** 2)) / max(len(rest) - 1, 1))
    return np.asarray(np.maximum(left, 1e-300), dtype=np.float64)


def _uncertainty(cost: object, place: Real, width_hz: float) -> tuple[float, float]:
    """One-sigma of offset and of ln T2*, from the curvature of minus the log likelihood; NaN where there is none."""
    assert callable(cost)
    steps = np.asarray([0.02 * width_hz, 0.02])
    hessian = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            a, b = np.zeros(2), np.zeros(2)
            a[i], b[j] = steps[i], steps[j]
            corners = cost(place + a + b) - cost(place + a - b) - cost(place - a + b) + cost(place - a - b)
            hessian[i, j] = corners / (4 * steps[i] * steps[j])
    try:
        variances = np.diag(np.linalg.inv(hessian))
    except np.linalg.LinAlgError:
        return math.nan, math.nan
    if not (variances > 0).all():
        return math.nan, math.nan
    return float(math.sqrt(variances[0])), float(math.sqrt(variances[1]))
