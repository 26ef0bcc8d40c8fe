"""Echoes at many offsets summed to one distribution of frequencies (variable-offset cumulative spectra).

The sum of the spectra of echoes that were excited at closely spaced frequencies is the shape of a line that no single
pulse could cover (VOCS: Massiot et al., Solid State Nucl. Magn. Reson. 4, 241 (1995); as point-by-point echo mapping it
is older). Here each spectrum S_j(f) is weighted with what its pulses do at f: for
S_j = e^{i phi_j} E(f - f_j) P(f) + noise the least-squares estimate is

    P(f) = sum_j Re[E*(f - f_j) e^{-i phi_j} S_j(f)] / sum_j |E(f - f_j)|^2,

linear in the data, so that its covariance is known. E is computed from the pulses as transmitted. An error in E hardly
matters where the offsets are close together, because the sums over j are then the same at every f.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from acquisition.broad.echo import EchoShot, Response
from acquisition.efg.density import Density

Complex = npt.NDArray[np.complex128]
Real = npt.NDArray[np.float64]

EDGE = 2.28
"""Exponent of the Gaussian window at the ends of the echo: what is cut off there is below exp(-EDGE) = 0.1."""

POINTS_PER_RESOLUTION = 0.75
"""Spacing of the points in units of the resolution (full width at half height): neighbours hardly correlate then."""

DELAY_MAX_S = 1.5e-6
"""The echo's top is looked for so far from its nominal place: the delay of probe and receiver."""

MUCH_NOISIER = 1.5
"""An echo whose noise is this many times what its averages let expect is disturbed, and weighs accordingly less."""

PHASE_ROUNDS = 4
INCONSISTENT = 1e-4
"""Chance below which the echoes of one tuning are taken to have phases of their own, as after a lost connection."""


@dataclass(frozen=True, eq=False)
class Echoes:
    """The echoes of one map with the response of their pulses and the standard deviation of one complex sample each."""

    shots: tuple[EchoShot, ...]
    responses: tuple[Response, ...]
    noise_sigma: Real

    @property
    def half_window_s(self) -> float:
        return min(shot.half_window_s for shot in self.shots)

    @property
    def finest_resolution_hz(self) -> float:
        """Full width at half height of the resolution when the whole reception is used."""
        return window_resolution_hz(self.half_window_s)


@dataclass(frozen=True, eq=False)
class Sum:
    """The summed map. `values` (n,) complex: the imaginary part is noise if all is well; `density` its real part.

    `phases_rad` of the shots, `delay_s` of the echo behind its nominal place, `separate` True where the echoes of a
    tuning did not share a phase, `undetermined` the tunings whose phase the data do not tell.
    """

    density: Density
    values: Complex
    resolution_hz: float
    phases_rad: Real
    delay_s: float
    separate: bool
    undetermined: int


def window_resolution_hz(half_window_s: float) -> float:
    """Resolution of a Gaussian window cut at +-half_window_s where it has fallen to exp(-EDGE)."""
    return 2.0 * math.sqrt(math.log(2.0) * EDGE) / (math.pi * half_window_s)


def noise_of(shot: EchoShot) -> float:
    """Standard deviation of the complex noise of one sample, from frequencies far outside what the pulses excite."""
    samples = np.asarray(shot.capture.samples[shot.first :], dtype=np.complex128)
    size = len(samples)
    power = np.abs(np.fft.fft(samples * np.hanning(size))) ** 2 / np.sum(np.hanning(size) ** 2)
    offset = np.fft.fftfreq(size)
    centre = (shot.frequency_hz - shot.capture.centre_frequency_hz) / shot.capture.sample_rate_hz
    distance = np.abs((offset - centre + 0.5) % 1.0 - 0.5)
    quiet = (distance > 0.15) & (np.abs(offset) < 0.42)
    # The median of an exponential distribution is ln 2 of its mean: single spurs do not disturb it.
    return math.sqrt(float(np.median(power[quiet])) / math.log(2.0)) if np.any(quiet) else 0.0


def summed(echoes: Echoes, resolution_hz: float, band_hz: tuple[float, float] | None = None) -> Sum:
    """The map at a resolution (full width at half height), not finer than the reception allows."""
    resolution_hz = max(resolution_hz, echoes.finest_resolution_hz)
    low_hz, high_hz = band_hz or covered_band_hz(echoes)
    spacing_hz = POINTS_PER_RESOLUTION * resolution_hz
    count = max(8, math.floor((high_hz - low_hz) / spacing_hz) + 1)
    frequency_hz: Real = 0.5 * (low_hz + high_hz) + spacing_hz * (
        np.arange(count, dtype=np.float64) - 0.5 * (count - 1)
    )
    spectra = [
        _Spectrum(shot, response.offset_hz[-1], resolution_hz, echoes.half_window_s, frequency_hz)
        for shot, response in zip(echoes.shots, echoes.responses, strict=True)
    ]
    correlation = spectra[0].gram(spacing_hz, count)
    models = [
        response.at(frequency_hz - shot.frequency_hz)
        for shot, response in zip(echoes.shots, echoes.responses, strict=True)
    ]
    weights = 1.0 / np.maximum(echoes.noise_sigma, 1e-300) ** 2
    matched = np.stack(
        [w * np.conj(model) * one.values for w, model, one in zip(weights, models, spectra, strict=True)]
    )
    energy = np.sum([w * np.abs(model) ** 2 for w, model in zip(weights, models, strict=True)], axis=0)
    unknown = _Phases(echoes, frequency_hz, matched, energy, correlation, weights, models)
    phases, reliability, delay_s, separate = unknown.solve()
    factor = np.exp(-1j * phases[:, None] - 2j * np.pi * delay_s * (frequency_hz[None, :] - frequency_hz.mean()))
    values = np.sum(matched * factor * reliability[:, None], axis=0) / energy
    covariance = np.zeros((count, count))
    distance = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
    gram = correlation[distance]
    for weight, model in zip(weights, models, strict=True):
        audible = np.flatnonzero(model)
        part = model[audible]
        place = np.ix_(audible, audible)
        covariance[place] += 0.5 * weight * np.real(np.conj(part)[:, None] * part[None, :] * gram[place])
    covariance /= np.outer(energy, energy)
    # A transition's signal per spin goes with its frequency twice: polarisation and induction.
    sensitivity = (frequency_hz / frequency_hz.mean()) ** 2
    density = Density(
        frequency_hz=frequency_hz,
        values=values.real / sensitivity,
        covariance=covariance / np.outer(sensitivity, sensitivity),
        kernel=spectra[0].kernel(spacing_hz),
    )
    weak = len({round(float(p), 9) for p, r in zip(phases, reliability, strict=True) if r < 0.5})
    return Sum(density, values / sensitivity, resolution_hz, phases, delay_s, separate, weak)


def covered_band_hz(echoes: Echoes) -> tuple[float, float]:
    """Where the pulses excite as much as between two offsets: to half of |E| beyond the outermost ones."""
    half_hz = 0.5 * float(np.median([response.bandwidth_hz for response in echoes.responses]))
    places = [shot.frequency_hz for shot in echoes.shots]
    return min(places) - half_hz, max(places) + half_hz


class _Spectrum:
    """The windowed Fourier transform of one echo about its top, at given frequencies, where its pulses excite them."""

    def __init__(
        self, shot: EchoShot, reach_hz: float, resolution_hz: float, half_window_s: float, frequency_hz: Real
    ) -> None:
        rate = shot.capture.sample_rate_hz
        reach = math.floor(half_window_s * rate)
        first, last = math.ceil(shot.top - reach), math.floor(shot.top + reach)
        place = np.arange(max(first, shot.first), min(last, len(shot.capture.samples) - 1) + 1)
        self._time_s = (place - shot.top) / rate
        self._window = np.exp(-((math.pi * resolution_hz * self._time_s) ** 2) / (4.0 * math.log(2.0))) / rate
        samples = np.asarray(shot.capture.samples[place], dtype=np.complex128)
        turns = (shot.frequency_hz - shot.capture.centre_frequency_hz) * place / rate
        # In the pulses' frame the carrier counts from sample 0 of the waveform, as its phases do.
        echo = samples * np.exp(-2j * np.pi * turns) * np.conj(shot.turn)
        offset_hz = frequency_hz - shot.frequency_hz
        self.values = np.zeros(len(frequency_hz), dtype=np.complex128)
        heard = np.abs(offset_hz) <= reach_hz
        self.values[heard] = np.exp(-2j * np.pi * np.outer(offset_hz[heard], self._time_s)) @ (self._window * echo)

    def gram(self, spacing_hz: float, count: int) -> Real:
        """Correlation of the noise of two points k spacings apart, k < count, for noise of variance 1 per sample."""
        lags_hz = spacing_hz * np.arange(count)
        return np.asarray(np.cos(2.0 * np.pi * np.outer(lags_hz, self._time_s)) @ (self._window**2), dtype=np.float64)

    def kernel(self, spacing_hz: float) -> Real:
        """The resolution function with unit area, at quarters of the spacing."""
        offset_hz = Density.offsets_hz(round(4 * 3.0 / POINTS_PER_RESOLUTION), spacing_hz)
        values = np.cos(2.0 * np.pi * np.outer(offset_hz, self._time_s)) @ self._window
        return np.asarray(values / (np.sum(values) * spacing_hz / 4.0), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class _Phases:
    """The unknown phases: one of each tuning, and a delay common to all."""

    echoes: Echoes
    frequency_hz: Real
    matched: Complex
    energy: Real
    gram: Real
    weights: Real
    models: Sequence[Complex]

    def solve(self) -> tuple[Real, Real, float, bool]:
        """(phases (shots,), reliabilities (shots,), delay in s, whether every echo got a phase of its own)."""
        tunings = self._tunings()
        delay_s = self._delay_s(tunings)
        turned = self.matched * np.exp(-2j * np.pi * delay_s * (self.frequency_hz[None, :] - self.frequency_hz.mean()))
        phases, reliability, expected = self._iterate(turned, tunings)
        separate = self._inconsistent(turned, phases, expected)
        if separate:
            tunings = np.arange(len(self.matched))
            phases, reliability, _ = self._iterate(turned, tunings)
        return phases, reliability, delay_s, separate

    def _tunings(self) -> npt.NDArray[np.int64]:
        """Number of the tuning of every shot: the oscillators keep their phases while they stay at one frequency."""
        centres = np.asarray([shot.capture.centre_frequency_hz for shot in self.echoes.shots])
        return np.unique(np.round(centres), return_inverse=True)[1].astype(np.int64)

    def _delay_s(self, tunings: npt.NDArray[np.int64]) -> float:
        """The delay that makes every tuning's sum as real as one phase can: a distribution has no negative parts."""
        groups = np.stack([self.matched[tunings == k].sum(axis=0) for k in range(int(tunings.max()) + 1)])
        # Frequencies without signal add noise to the sum, so each counts as much as it stands out.
        size = np.abs(groups) ** 2
        floor = np.median(size)
        groups = groups * (size / (size + 4.0 * floor + 1e-300))
        offset_hz = self.frequency_hz - self.frequency_hz.mean()

        def miss(delay_s: float) -> float:
            return -float(np.sum(np.abs(groups @ np.exp(-2j * np.pi * delay_s * offset_hz)) ** 2))

        span_hz = float(offset_hz[-1] - offset_hz[0])
        grid = np.arange(-DELAY_MAX_S, DELAY_MAX_S, min(0.1e-6, 0.1 / span_hz))
        start = float(grid[int(np.argmin([miss(float(delay)) for delay in grid]))])
        step = float(grid[1] - grid[0])
        found = optimize.minimize_scalar(miss, bounds=(start - step, start + step), method="bounded")
        return float(found.x)

    def _iterate(self, turned: Complex, tunings: npt.NDArray[np.int64]) -> tuple[Real, Real, Real]:
        """Phases and reliabilities of every shot, and the smooth distribution that they were found with.

        The phase of a tuning is that of its overlap with a smooth shape of the whole, never with its own noise. Where
        the overlap is in the noise, the expected value over the phase's distribution is taken (the factor I1/I0 of a
        von Mises distribution): an unknown phase must not turn noise into signal.
        """
        count = int(tunings.max()) + 1
        groups = np.stack([turned[tunings == k].sum(axis=0) for k in range(count)])
        each = self.weights[:, None] * np.abs(np.stack(self.models)) ** 2
        strength = [each[tunings == k].sum(axis=0) for k in range(count)]
        phases = np.angle(groups.sum(axis=1))
        reliability = np.ones(count)
        expected = np.ones(len(self.frequency_hz))
        for _ in range(PHASE_ROUNDS):
            estimate = np.sum(groups * (reliability * np.exp(-1j * phases))[:, None], axis=0).real / self.energy
            expected = self._smooth(estimate)
            overlap = groups @ expected
            phases = np.angle(overlap)
            # log-likelihood of a phase: 2 Re(e^{-i phi} overlap) / variance of the noise in the overlap's units
            variance = self._overlap_variances(expected)
            noise = [float(np.sum(variance[tunings == k])) for k in range(count)]
            signal = [float(np.sum(expected**2 * s)) for s in strength]
            concentration = 2.0 * np.abs(overlap) * np.asarray(signal) / np.maximum(noise, 1e-300)
            reliability = np.asarray(special.i1e(concentration) / special.i0e(concentration))
        return phases[tunings], reliability[tunings], expected

    def _overlap_variances(self, expected: Real) -> Real:
        """E|noise|^2 of sum_f expected(f) matched_j(f) of every shot, shape (shots,)."""
        distance = np.abs(np.subtract.outer(np.arange(len(expected)), np.arange(len(expected))))
        vectors = expected[None, :] * np.conj(np.stack(self.models))
        energies = np.sum(np.real(np.conj(vectors) * (vectors @ self.gram[distance])), axis=1)
        return np.asarray(self.weights * energies, dtype=np.float64)

    def _smooth(self, estimate: Real) -> Real:
        """A Gaussian fitted to an estimate, from its weighted moments refined by least squares; never negative."""
        x = (self.frequency_hz - self.frequency_hz.mean()) / float(np.ptp(self.frequency_hz))
        weight = np.sqrt(self.energy / self.energy.max())
        best = (0.0, 0.0, 0.2)
        for place in np.linspace(-0.5, 0.5, 41):
            for width in np.geomspace(0.02, 1.0, 16):
                shape = weight * np.exp(-0.5 * ((x - place) / width) ** 2)
                score = float(shape @ (weight * estimate)) / math.sqrt(float(shape @ shape))
                if score > best[0]:
                    best = (score, float(place), float(width))
        score, place, width = best
        shape = np.exp(-0.5 * ((x - place) / width) ** 2)
        scale = score / math.sqrt(float(np.sum((weight * shape) ** 2)))
        return np.asarray(max(scale, 0.0) * shape + 1e-300, dtype=np.float64)

    def _inconsistent(self, turned: Complex, phases: Real, expected: Real) -> bool:
        """Whether echoes of one tuning scatter about its phase by more than noise does."""
        variances = self._overlap_variances(expected)
        total, count = 0.0, 0
        for j, variance in enumerate(variances.tolist()):
            overlap = complex(turned[j] @ expected) * np.exp(-1j * phases[j])
            if variance > 0 and abs(overlap) ** 2 > 25.0 * variance:
                # Half of the variance is in the imaginary part; a few degrees more are those of the probe.
                total += overlap.imag**2 / (0.5 * variance + (0.35 * abs(overlap)) ** 2)
                count += 1
        return count > 1 and float(special.gammaincc(0.5 * count, 0.5 * total)) < INCONSISTENT


def prepared(shots: Sequence[EchoShot], respond: Callable[[EchoShot], Response]) -> Echoes:
    """The echoes of one map: opposite signs of the first pulse of one place and tuning are taken together.

    Their difference holds the echo alone: what the second pulse leaves by itself, its free decay and the ringing of
    probe and crystal, does not change sign with the first.
    """
    by_place: dict[tuple[int, int], list[EchoShot]] = {}
    for shot in shots:
        key = (round(shot.frequency_hz / 10.0), round(shot.capture.centre_frequency_hz))
        by_place.setdefault(key, []).append(shot)
    joined = [_joined(group) for group in by_place.values()]
    joined.sort(key=lambda shot: shot.frequency_hz)
    sigma = np.asarray([noise_of(shot) for shot in joined])
    # Noise is the same everywhere but for the averages, and its median is known better than each; unless there is more.
    averages = np.asarray([float(shot.capture.averages) for shot in joined])
    expected = math.sqrt(float(np.median(sigma**2 * averages))) / np.sqrt(averages)
    trusted = np.where(sigma > MUCH_NOISIER * expected, sigma, expected)
    return Echoes(tuple(joined), tuple(respond(shot) for shot in joined), trusted)


def _joined(group: Sequence[EchoShot]) -> EchoShot:
    """Equal echoes averaged, each turned by its own pulses' phases; of both signs alike where both are there."""
    first = group[0]
    signs: dict[int, list[EchoShot]] = {}
    for shot in group:
        signs.setdefault(round(float(np.angle(shot.turn * np.conj(first.turn))) * 8 / math.pi), []).append(shot)
    means = []
    for alike in signs.values():
        averages = sum(shot.capture.averages for shot in alike)
        means.append(
            sum(np.conj(s.turn) * np.asarray(s.capture.samples, np.complex128) * s.capture.averages for s in alike)
            / averages
        )
    samples = np.mean(means, axis=0)
    averages = sum(shot.capture.averages for shot in group)
    capture = replace(first.capture, samples=samples.astype(np.complex64), averages=averages)
    return replace(first, capture=capture, turn=1.0 + 0j)
