"""Broad lines in a survey: what is left of a short free decay in the gaps between teeth.

A line of inhomogeneous width W answers a tooth with h(t), the Fourier transform of its distribution: for a Gaussian
exp(-(pi W t)^2 / (4 ln 2)). Only what lives longer than the dead time is received, and with W T_g > 1 nothing of it
reaches the next gap. So the gaps are summed to the answer to one tooth,

    h(t) = sum_g conj(c_g) y(t_g + t) / sum_g |c_g|^2,

c_g being the transmitted wave at tooth g, and a Gaussian decay is looked for in it. Narrow lines and the ringing of the
probe are in h(t) too: the former go on in the gap after next, the latter is shorter than any line that could be seen,
and both are projected out. The threshold is that of a maximum of noise over all frequencies and widths tried.

What cannot be seen: at a dead time t_d (from the middle of the tooth) the signal is down to
exp(-(pi W t_d)^2 / 2.77), which at 4.5 us is 0.49 for 100 kHz, 0.06 for 200 kHz and 0.0016 for 300 kHz. Echoes of the
teeth do not help: equally spaced teeth refocus on one another, where the receiver is blind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy import optimize

from acquisition.free_decay import pulses
from acquisition.lines import Line, LineStatus
from acquisition.reconstruction import ReconstructionParameters
from acquisition.shot import Capture, receive_mask

Complex = npt.NDArray[np.complex128]
Real = npt.NDArray[np.float64]

NARROW_HZ = 25e3
"""Lines of the survey below this width are taken out before anything broad is looked for."""

LEAST_FWHM_HZ = 35e3
"""Features from this width on are called broad: below it the survey sees lines as they are."""

WIDTHS_HZ = (8e3, 16e3, 25e3, 35e3, 50e3, 70e3, 100e3, 140e3, 200e3, 280e3)
RINGING_S = (0.3e-6, 0.6e-6, 1.2e-6)
FEATURES_MAX = 4

FEATURE = "Broad feature"
"""How the reason of every candidate that is one begins."""

HEARD = 0.9
"""Part of the teeth, by energy, after which a place in the gap must be free of transmission and dead time to count."""

CLEARLY_BROAD = 5.0
"""Logarithm of the likelihood ratio by which a broad shape must beat a narrow one."""

STANDING = 0.5
STANDING_LEAST = 18.0
"""A line stands beside a broad feature if so much of its likelihood, and at least so much, is left to it there."""

MODEL_ERROR = 0.02
SHAPE_ERROR = 0.3
"""Systematic part of both uncertainties in units of the width: of the model, and, times the part of the signal that the
dead time takes, of the shape, which the rest cannot tell from others."""

_STEP_OF_WIDTH = 0.25
_NODES = (-math.sqrt(0.6), 0.0, math.sqrt(0.6))
_SHARES = (5.0 / 18.0, 8.0 / 18.0, 5.0 / 18.0)


@dataclass(frozen=True)
class BroadFeature:
    """Something broad in a survey: its middle and full width at half height with one sigma, and its significance."""

    frequency_hz: float
    frequency_sigma_hz: float
    fwhm_hz: float
    fwhm_sigma_hz: float
    amplitude: float
    snr: float

    @property
    def reason(self) -> str:
        """Why it is no line like others."""
        return (
            f"{FEATURE}, about {self.fwhm_hz / 1e3:.0f} kHz wide: its free decay is nearly over within the dead "
            "time. An echo map measures it."
        )

    def line(self) -> Line:
        """As a candidate among the lines of the survey."""
        return Line(
            frequency_hz=self.frequency_hz,
            frequency_sigma_hz=self.frequency_sigma_hz,
            fwhm_hz=self.fwhm_hz,
            fwhm_sigma_hz=self.fwhm_sigma_hz,
            amplitude=self.amplitude,
            amplitude_sigma=self.amplitude / self.snr,
            phase_rad=0.0,
            snr=self.snr,
            unfolding_confidence=1.0,
            status=LineStatus.CANDIDATE,
            reason=self.reason,
        )


def broad_features(
    captures: Sequence[Capture], parameters: ReconstructionParameters, known: Sequence[Line] = ()
) -> tuple[BroadFeature, ...]:
    """Broad features in the captures of a survey, by rising frequency; `known` are the lines found in it.

    Captures of one centre frequency and comb are taken together. Nothing is found where there are no gaps.
    """
    windows = _windows(captures)
    found: list[BroadFeature] = []
    chance = parameters.false_alarms_per_survey / max(len(windows), 1)
    for answer in windows:
        for feature in _search(answer, known, chance):
            # Neighbouring windows overlap: the same feature counts where it is seen best.
            same = [other for other in found if abs(other.frequency_hz - feature.frequency_hz) < feature.fwhm_hz]
            if all(other.snr < feature.snr for other in same):
                found = [other for other in found if other not in same]
                found.append(feature)
    return tuple(sorted(found, key=lambda feature: feature.frequency_hz))


def unexplained(
    lines: Sequence[Line], captures: Sequence[Capture], features: Sequence[BroadFeature]
) -> tuple[Line, ...]:
    """Those of the lines that stand by themselves: most of their signal is there beside the features as well."""
    windows = _windows(captures) if lines else []
    return tuple(line for line in lines if any(_stands(line, answer, features) for answer in windows))


def _stands(line: Line, answer: _Answer, features: Sequence[BroadFeature]) -> bool:
    offset_hz = line.frequency_hz - answer.centre_hz
    if abs(offset_hz) >= 0.5 * answer.band_hz:
        return False

    def decay(time_s: Real) -> Complex:
        return np.asarray(np.exp((2j * np.pi * offset_hz - np.pi * line.fwhm_hz) * time_s), dtype=np.complex128)

    atom = _of_all_teeth(answer, decay)[None, :]
    data = answer.values / answer.sigma
    ringing = [_of_all_teeth(answer, partial(_ringing, decay_s)) for decay_s in RINGING_S]
    broad = [_atom(answer, one.frequency_hz - answer.centre_hz, one.fwhm_hz) for one in features]
    alone, beside = (float(_gains(atom, data, columns)[0]) for columns in (ringing, [*ringing, *broad]))
    return beside > STANDING * alone and beside > STANDING_LEAST


def _windows(captures: Sequence[Capture]) -> list[_Answer]:
    """The answers to the comb of every window, all its captures taken together."""
    by_window: dict[tuple[float, bytes], list[_Answer]] = {}
    for capture in captures:
        answer = _answer(capture)
        if answer is not None:
            key = (capture.centre_frequency_hz, np.asarray(capture.waveform).tobytes())
            by_window.setdefault(key, []).append(answer)
    return [_mean(answers) for answers in by_window.values()]


@dataclass(frozen=True, eq=False)
class _Answer:
    """The answer to one tooth: `values` (n,) at `time_s` (n,) after its middle, with noise `sigma` each.

    `within_s` are places in the tooth about its middle: the answer is the mean of theirs. The waves of
    neighbouring teeth are not quite orthogonal: `previous` and `following` are what a tooth has in common with the one
    before and after it, `spacing_s` apart.
    """

    time_s: Real
    within_s: Real
    spacing_s: float
    previous: complex
    following: complex
    values: Complex
    sigma: float
    centre_hz: float
    band_hz: float
    weight: float


def _answer(capture: Capture) -> _Answer | None:
    """The mean answer in the gap after a tooth and in the one after that; None without teeth."""
    teeth = pulses(capture.waveform)
    if len(teeth) < 8:
        return None
    starts = np.asarray([first for first, _ in teeth])
    lengths = np.asarray([end - first for first, end in teeth])
    spacing = int(np.median(np.diff(starts)))
    length = int(np.median(lengths))
    blind = length + math.ceil(capture.dead_time_s * capture.sample_rate_hz - 1e-9)
    if spacing - blind < 8:
        return None
    waveform = np.asarray(capture.waveform, dtype=np.complex128)
    samples = np.asarray(capture.samples, dtype=np.complex128)
    wave = np.asarray([waveform[first:end].sum() for first, end in teeth])
    inside = starts + 2 * spacing <= len(samples)
    starts, wave = starts[inside], wave[inside]
    energy = float(np.sum(np.abs(wave) ** 2))
    if energy == 0.0 or len(starts) < 8:
        return None
    lags = np.concatenate([np.arange(blind, spacing), np.arange(spacing + blind, 2 * spacing)])
    power = np.abs(wave) ** 2
    # Where the period is no whole number of samples, the last lags of some gaps are the next tooth.
    free = receive_mask(capture.waveform, capture.dead_time_s, capture.sample_rate_hz, len(samples))
    lags = lags[power @ free[starts[:, None] + lags] >= HEARD * energy]
    if min(np.count_nonzero(lags < spacing), np.count_nonzero(lags > spacing)) < 8:
        return None
    place = starts[:, None] + lags
    data = capture.receive_mask[place]
    heard = power @ data
    if np.min(heard) < 0.5 * HEARD * energy:
        return None
    rest = np.where(data, samples[place], 0.0)
    values = np.conj(wave) @ rest / heard
    rate = capture.sample_rate_hz
    # Noise from what differs between neighbouring samples: no line of any width does within three.
    neighbours = data[:, :-2] & data[:, 1:-1] & data[:, 2:]
    differences = np.abs(np.diff(rest, n=2, axis=1))[neighbours]
    noise = float(np.sqrt(np.median(differences**2) / math.log(2.0) / 6.0))
    time_s = (lags - (length - 1) / 2) / rate
    weight = float(capture.averages)
    # Gauss-Legendre nodes stand for the samples of a tooth.
    within_s = 0.5 * length / rate * np.asarray(_NODES)
    sigma = noise / math.sqrt(float(np.mean(heard)))
    common = complex(np.vdot(wave[:-1], wave[1:])) / energy
    return _Answer(
        time_s, within_s, spacing / rate, common.conjugate(), common, values, sigma, capture.centre_frequency_hz,
        rate / length, weight,
    )  # fmt: skip


def _mean(answers: Sequence[_Answer]) -> _Answer:
    """Answers of equal shots; each is turned to the phase of the sum, in case a retuning lies between them."""
    if len(answers) == 1:
        return answers[0]
    total = np.zeros_like(answers[0].values)
    for answer in sorted(answers, key=lambda one: -one.weight):
        overlap = complex(np.vdot(answer.values, total))
        scatter = answer.sigma * float(np.linalg.norm(total))
        turn = overlap / abs(overlap) if abs(overlap) > 3.0 * scatter > 0 else 1.0
        total = total + answer.weight * turn * answer.values
    weight = sum(answer.weight for answer in answers)
    sigma = math.sqrt(sum((answer.weight * answer.sigma) ** 2 for answer in answers)) / weight
    first = answers[0]
    return replace(first, values=total / weight, sigma=sigma, weight=weight)


def _atom(answer: _Answer, offset_hz: float, fwhm_hz: float) -> Complex:
    """Answer of a Gaussian distribution of this width."""
    rate = (math.pi * fwhm_hz) ** 2 / (4.0 * math.log(2.0))

    def decay(time_s: Real) -> Complex:
        total = np.zeros(len(time_s), dtype=np.complex128)
        for place_s, share in zip(answer.within_s, _SHARES, strict=True):
            moved_s = time_s - place_s
            total += share * np.exp(2j * np.pi * offset_hz * moved_s - rate * moved_s**2)
        return total

    return _of_all_teeth(answer, decay)


def _ringing(decay_s: float, time_s: Real) -> Complex:
    """Decay of the probe at its centre."""
    return np.exp(-time_s / decay_s).astype(np.complex128)


def _of_all_teeth(answer: _Answer, decay: Callable[[Real], Complex]) -> Complex:
    """What the sum over the gaps makes of a decay: the tooth's own answer and what it has of its neighbours'."""
    second = answer.time_s > answer.spacing_s
    made = decay(answer.time_s)
    made[~second] += answer.previous * decay(answer.time_s[~second] + answer.spacing_s)
    made[second] += answer.following * decay(answer.time_s[second] - answer.spacing_s)
    return made


def _search(answer: _Answer, known: Sequence[Line], chance: float) -> list[BroadFeature]:
    """Features one after the other, the strongest first, as long as noise would hardly make them."""
    time_s, data = answer.time_s, answer.values / answer.sigma
    columns = [_of_all_teeth(answer, partial(_ringing, decay_s)) for decay_s in RINGING_S]
    second = time_s > answer.spacing_s
    for line in known:
        offset_hz = line.frequency_hz - answer.centre_hz
        if line.fwhm_hz < NARROW_HZ and abs(offset_hz) < 0.5 * answer.band_hz:
            # Many teeth are still heard in a gap then, so both gaps have an amplitude of their own.
            column = np.exp((2j * np.pi * offset_hz - np.pi * line.fwhm_hz) * time_s)
            columns += [np.where(second, column, 0.0), np.where(second, 0.0, column)]
            if line.snr > 10.0:  # a strong line's width is not known well enough to take all of it out
                columns.append(time_s * column)
    grid = _grid(answer.band_hz)
    threshold = math.log(len(grid) / chance)
    atoms = _atoms(_Geometry(time_s.tobytes(), answer.within_s.tobytes(), answer.spacing_s, answer.following), answer)
    widths = np.asarray([width_hz for _, width_hz in grid])
    found: list[BroadFeature] = []
    while len(found) < FEATURES_MAX:
        gains = _gains(atoms, data, columns)
        best = int(np.argmax(gains))
        narrow = float(np.max(gains[widths < LEAST_FWHM_HZ]))
        if gains[best] < threshold:
            break
        if widths[best] < LEAST_FWHM_HZ or gains[best] - narrow < CLEARLY_BROAD:
            # A line by itself, which is the survey's business: it is only taken out of the way.
            offset_hz, width_hz = grid[int(np.argmax(np.where(widths < LEAST_FWHM_HZ, gains, -1.0)))]
            columns.append(_atom(answer, float(offset_hz), width_hz))
            if len(columns) > len(RINGING_S) + 3 * len(known) + FEATURES_MAX:
                break
            continue
        offset_hz, width_hz = grid[best]
        feature, atom = _refined(answer, data, columns, float(offset_hz), width_hz)
        columns.append(atom)
        found.append(feature)
    return found


def _grid(band_hz: float) -> list[tuple[float, float]]:
    """Offsets and widths that are tried."""
    return [
        (float(offset_hz), width_hz)
        for width_hz in WIDTHS_HZ
        for offset_hz in np.arange(-0.5 * band_hz, 0.5 * band_hz, _STEP_OF_WIDTH * max(width_hz, 20e3))
    ]


@dataclass(frozen=True)
class _Geometry:
    """All that the answers to a comb depend on: windows of one survey have it in common."""

    time_s: bytes
    within_s: bytes
    spacing_s: float
    following: complex


_KNOWN: dict[_Geometry, Complex] = {}


def _atoms(geometry: _Geometry, answer: _Answer) -> Complex:
    """The answers of the whole grid, shape (grid, n); those of the last comb are remembered."""
    if geometry not in _KNOWN:
        _KNOWN.clear()
        _KNOWN[geometry] = np.stack([_atom(answer, *place) for place in _grid(answer.band_hz)])
    return _KNOWN[geometry]


def _gains(atoms: Complex, data: Complex, columns: Sequence[Complex]) -> Real:
    """Logarithm of the likelihood that each atom (k, n) adds to what the columns explain."""
    basis = np.linalg.qr(np.stack(columns, axis=1))[0]
    left = data - basis @ (basis.conj().T @ data)
    free = np.sum(np.abs(atoms) ** 2, axis=1) - np.sum(np.abs(atoms.conj() @ basis) ** 2, axis=1)
    overlap = np.abs(atoms.conj() @ left) ** 2
    # An atom that the columns explain nearly by themselves says nothing.
    useful = free > 0.05 * np.sum(np.abs(atoms) ** 2, axis=1)
    return np.asarray(np.where(useful, overlap / np.maximum(free, 1e-12), 0.0), dtype=np.float64)


def _refined(
    answer: _Answer, data: Complex, columns: Sequence[Complex], offset_hz: float, fwhm_hz: float
) -> tuple[BroadFeature, Complex]:
    """Frequency and width of greatest likelihood, with uncertainties from the Fisher information."""
    basis = np.linalg.qr(np.stack(columns, axis=1))[0]

    def atom(values: Real) -> Complex:
        return _atom(answer, offset_hz + float(values[0]) * fwhm_hz, abs(float(values[1])) * fwhm_hz)

    def miss(values: Real) -> float:
        return -float(_gains(atom(values)[None, :], data, columns)[0])

    place = np.asarray(optimize.minimize(miss, np.asarray([0.0, 1.0]), method="Nelder-Mead").x, dtype=np.float64)
    best = atom(place)
    free = best - basis @ (basis.conj().T @ best)
    amplitude = complex(np.vdot(free, data)) / float(np.vdot(free, free).real)
    step = 0.02
    moves = np.eye(2) * step
    slopes = np.stack([amplitude * (atom(place + move) - atom(place - move)) / (2.0 * step) for move in moves], axis=1)
    # The amplitude and everything in the columns are free as well: only what they cannot imitate tells anything.
    others = np.linalg.qr(np.stack([*columns, best], axis=1))[0]
    slopes -= others @ (others.conj().T @ slopes)
    sigma = np.sqrt(np.diag(np.linalg.pinv(2.0 * np.real(slopes.conj().T @ slopes)))) * fwhm_hz
    width_hz = abs(float(place[1])) * fwhm_hz
    left = abs(_atom(answer, 0.0, width_hz)[0])
    systematic_hz = (MODEL_ERROR + SHAPE_ERROR * (1.0 - left)) * width_hz
    feature = BroadFeature(
        frequency_hz=answer.centre_hz + offset_hz + float(place[0]) * fwhm_hz,
        frequency_sigma_hz=math.hypot(float(sigma[0]), systematic_hz),
        fwhm_hz=width_hz,
        fwhm_sigma_hz=math.hypot(float(sigma[1]), systematic_hz),
        amplitude=abs(amplitude) * answer.sigma,
        snr=math.sqrt(max(-miss(place), 0.0)),
    )
    return feature, best
