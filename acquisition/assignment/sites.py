"""Every site of an element that explains one or more of the lines, with what it costs to believe in it.

Costs are -2 ln of probabilities (so that chi^2 is one), with densities of lines per unit of ln(frequency).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from acquisition.assignment.element import Element
from acquisition.assignment.values import Observation, SearchedRange, Terms
from acquisition.coupling import LEAST_PROBABILITY, Fit, chi2_probability, refine

Real = npt.NDArray[np.float64]
Seen = tuple[tuple[tuple[int, int], ...], float]

MODEL_FLOOR = 1e-5
"""Relative: lines of one site need not agree better than this, as sample and thermometer drift between runs (ours)."""

TEMPERATURE_SLOPE_PER_K = 2e-4
"""Relative shift per kelvin that is allowed for between measurements at different temperatures; KClO3 has 1.7e-4."""

MATCH_SIGMA = 5.0
"""A line further than this from its prediction is not a match."""

SITE_COST = 1.0
"""-2 ln of the probability that a site of an element of the formula shows any line at all (ours)."""

THRESHOLD_SNR = 5.0
SIGNAL_SPREAD = 1.1
"""A predicted signal-to-noise ratio is right within a factor of e^1.1 = 3: widths, T1 and probe are not the same."""

SIGNAL_ROOM = 5.0
"""Range of ln(signal) over which an unexplained line is as likely at any; a match is rewarded against that."""

SAME_ETA = 0.01
"""Solutions of the same match closer than this in eta are one."""

CERTAIN = 0.95
"""No line is expected with more than this probability: relaxation may hide any of them."""


@dataclass(frozen=True)
class Lines:
    """The observations as arrays, and where was searched."""

    observations: tuple[Observation, ...]
    searched: tuple[SearchedRange, ...]

    @cached_property
    def frequency_hz(self) -> Real:
        return np.array([line.frequency_hz for line in self.observations])

    @cached_property
    def sigma_hz(self) -> Real:
        """Uncertainty of each line with the floor and the temperature of its measurement in it."""
        known = [line.temperature_k for line in self.observations if line.temperature_k is not None]
        middle = float(np.median(known)) if known else 0.0
        sigmas = []
        for line in self.observations:
            away_k = 0.0 if line.temperature_k is None else abs(line.temperature_k - middle)
            relative = math.hypot(MODEL_FLOOR, TEMPERATURE_SLOPE_PER_K * away_k)
            sigmas.append(math.hypot(line.sigma_hz, relative * line.frequency_hz))
        return np.array(sigmas)

    @cached_property
    def near_hz(self) -> Real:
        """A predicted line this close to an observation is not missing: it may hide under it."""
        widths = np.array([line.fwhm_hz for line in self.observations])
        return np.asarray(np.maximum(widths, 3.0 * self.sigma_hz), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """Lines `places[i]` are columns `columns[i]` of one site of `element`.

    `fit` has C_Q and eta of the reference where the lines give both. Where they do not, `weights` are the probabilities
    of the values of eta on the element's grid, with `couplings_hz` the C_Q that goes with each.
    """

    element: Element
    places: tuple[int, ...]
    columns: tuple[int, ...]
    fit: Fit
    determined: bool
    weights: Real
    couplings_hz: Real
    terms: Terms

    @cached_property
    def prior_density(self) -> float:
        """Of its C_Q, per unit of ln C_Q."""
        return float(self.element.prior_density(np.array(self.fit.coupling_hz)))

    @cached_property
    def mask(self) -> int:
        """Bits of the lines it explains."""
        return sum(1 << place for place in self.places)

    @property
    def cost(self) -> float:
        return self.terms.total


def hypotheses(element: Element, lines: Lines) -> list[Hypothesis]:
    """All sites of the element that explain at least one line, the least costly first."""
    found: list[Hypothesis] = []
    seen: set[Seen] = set()
    for place in range(len(lines.observations)):
        for column in range(len(element.columns)):
            found += _with_anchor(element, lines, place, column, seen)
    return _distinct(sorted(found, key=lambda hypothesis: hypothesis.cost))


def _distinct(found: list[Hypothesis]) -> list[Hypothesis]:
    """Without repetitions: the same match from several starting points ends at the same eta."""
    kept: dict[tuple[tuple[int, ...], tuple[int, ...]], list[Hypothesis]] = {}
    for one in found:
        same = kept.setdefault((one.places, one.columns), [])
        if all(abs(one.fit.eta - other.fit.eta) > SAME_ETA for other in same):
            same.append(one)
    return sorted((one for same in kept.values() for one in same), key=lambda one: one.cost)


def _with_anchor(element: Element, lines: Lines, place: int, column: int, seen: set[Seen]) -> Iterator[Hypothesis]:
    """Sites on which line `place` is `column`: by itself, and with every other line that fits."""
    alone = _alone(element, lines, place, column)
    if alone is not None:
        yield alone
    with np.errstate(divide="ignore", invalid="ignore"):
        couplings = lines.frequency_hz[place] / element.on_grid[column]
    if not element.eta_matters:
        yield from _matched(element, lines, float(couplings[0]), 0.0, (place, column), None, seen)
        return
    predicted = couplings * element.on_grid  # (columns, grid)
    low_hz, high_hz = element.coupling_range_hz
    # Every pair of lines is met once, as both orders of their columns are.
    for other in range(place + 1, len(lines.observations)):
        difference = predicted - lines.frequency_hz[other]
        crossing = np.isfinite(difference[:, 1:]) & (np.sign(difference[:, :-1]) != np.sign(difference[:, 1:]))
        # Lines that touch without crossing, as at an end of the range, are caught by their distance.
        closest = np.argmin(np.where(np.isfinite(difference), np.abs(difference), np.inf), axis=1)
        for row in range(len(element.columns)):
            if row == column:
                continue
            starts = set(np.flatnonzero(crossing[row]).tolist())
            k = int(closest[row])
            if abs(difference[row, k]) < 0.005 * lines.frequency_hz[other]:
                starts.add(k)
            for start in starts:
                start_hz = float(couplings[start])
                if 0.9 * low_hz <= start_hz <= 1.1 * high_hz:
                    pair = (place, column), (other, row)
                    eta = float(element.grid[start])
                    yield from _matched(element, lines, start_hz, eta, *pair, seen)


def _matched(
    element: Element,
    lines: Lines,
    coupling_hz: float,
    eta: float,
    first: tuple[int, int],
    second: tuple[int, int] | None,
    seen: set[Seen],
) -> Iterator[Hypothesis]:
    """The site near a starting point with the lines that it was made from, and with all lines that fit it as well."""
    pairs = [first] if second is None else sorted((first, second))
    fit = _fit(element, lines, pairs, coupling_hz, eta)
    if fit is None:
        return
    if len(pairs) > 1 and _is_new(seen, pairs, fit.eta):
        yield from _judged(element, lines, pairs, fit)
    more = _all_near(element, lines, fit, pairs)
    if len(more) <= len(pairs):
        return
    # A line that fits may yet belong to another site, so each is also left out in turn.
    kept = [more] + ([more[:k] + more[k + 1 :] for k in range(len(more))] if len(more) > 2 else [])
    for chosen in kept:
        if not _is_new(seen, chosen, fit.eta):
            continue
        better = _fit(element, lines, chosen, fit.coupling_hz, fit.eta)
        if better is not None:
            yield from _judged(element, lines, chosen, better)


def _is_new(seen: set[Seen], pairs: Sequence[tuple[int, int]], eta: float) -> bool:
    """Whether this match was not met before at this eta; it is from now on."""
    key = (tuple(pairs), round(eta, 2))
    if key in seen:
        return False
    seen.add(key)
    return True


def _all_near(element: Element, lines: Lines, fit: Fit, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """`pairs` with every further line that lies where the site has one, each line and column once."""
    found = list(pairs)
    predicted = fit.coupling_hz * element.ratios(fit.eta)
    spread = predicted * np.hypot(element.ratio_sigma, fit.coupling_sigma_hz / fit.coupling_hz)
    if element.eta_matters:
        spread = np.hypot(spread, fit.coupling_hz * element.slopes(fit.eta) * min(fit.eta_sigma, 1.0))
    for column in range(len(element.columns)):
        if any(column == used for _, used in found):
            continue
        pull = np.abs(lines.frequency_hz - predicted[column]) / np.hypot(lines.sigma_hz, spread[column])
        for place, _ in pairs:
            pull[place] = np.inf
        for place, _ in found:
            pull[place] = np.inf
        best = int(np.argmin(pull))
        if pull[best] <= MATCH_SIGMA:
            found.append((best, column))
    return sorted(found)


def _sigmas(element: Element, lines: Lines, pairs: Sequence[tuple[int, int]]) -> Real:
    """Uncertainty of each pair: of the line, and of the isotope's ratio to the reference."""
    return np.array([math.hypot(lines.sigma_hz[p], element.ratio_sigma[c] * lines.frequency_hz[p]) for p, c in pairs])


def _fit(
    element: Element, lines: Lines, pairs: Sequence[tuple[int, int]], coupling_hz: float, eta: float
) -> Fit | None:
    """C_Q (and eta, where it matters) of the reference from these lines; None where nothing fits."""
    places, columns = [p for p, _ in pairs], [c for _, c in pairs]
    frequency, sigma = lines.frequency_hz[places], _sigmas(element, lines, pairs)
    if element.eta_matters:
        return refine(
            lambda eta: element.ratios(eta)[columns],
            lambda eta: element.slopes(eta)[columns],
            frequency,
            sigma,
            coupling_hz,
            eta,
            squared=element.squared,
        )
    weighted = element.ratios(0.0)[columns] / sigma
    norm = float(weighted @ weighted)
    best = float(weighted @ (frequency / sigma)) / norm
    chi2 = float(np.square(frequency / sigma - best * weighted).sum())
    return Fit(best, 1.0 / math.sqrt(norm), 0.0, 0.0, 0.0, chi2)


def _judged(
    element: Element,
    lines: Lines,
    pairs: list[tuple[int, int]],
    fit: Fit,
) -> Iterator[Hypothesis]:
    """The hypothesis of a fit to two or more lines, if it fits at all and C_Q is in its prior range."""
    unknowns = 2 if element.eta_matters else 1
    if chi2_probability(fit.chi2, max(len(pairs) - unknowns, 1)) < LEAST_PROBABILITY:
        return
    prior = float(element.prior_density(np.array(fit.coupling_hz)))
    if prior <= 0.0:
        return
    places, columns = zip(*pairs, strict=True)
    relative = _sigmas(element, lines, pairs) / lines.frequency_hz[list(places)]
    # Laplace's integral over ln C_Q and eta of the lines' densities in ln(frequency).
    log_density = -float(np.log(math.sqrt(2.0 * math.pi) * relative).sum()) + math.log(prior)
    narrow = fit.coupling_sigma_hz / fit.coupling_hz
    if element.eta_matters:
        narrow *= math.sqrt(max(1.0 - fit.correlation**2, 1e-12))
        log_density += math.log(min(math.sqrt(2.0 * math.pi) * max(fit.eta_sigma, 1e-9), 1.0))
    log_density += math.log(math.sqrt(2.0 * math.pi) * narrow)
    at = int(np.argmin(np.abs(element.grid - fit.eta)))
    signal = element.signal[:, at]
    frequency = fit.coupling_hz * element.ratios(fit.eta)
    chance = chances(element, lines, pairs, frequency[:, None], signal[:, None])[:, 0]
    unseen = [c for c in range(len(element.columns)) if c not in columns]
    missing = -2.0 * float(np.log1p(-chance[unseen]).sum()) + _rarity(signal, columns)
    missing += _signals_cost(lines, pairs, signal)
    terms = Terms(fit.chi2, -2.0 * log_density, SITE_COST, 0.0, missing)
    one = np.ones(1)
    yield Hypothesis(element, tuple(places), tuple(columns), fit, True, one, one * fit.coupling_hz, terms)


def _alone(element: Element, lines: Lines, place: int, column: int) -> Hypothesis | None:
    """A site of which only this line was seen; eta stays open, C_Q within the prior range."""
    with np.errstate(divide="ignore"):
        couplings = lines.frequency_hz[place] / element.on_grid[column]
    prior = element.prior_density(couplings) / len(element.grid)
    possible = prior > 0
    if not possible.any():
        return None
    pairs = [(place, column)]
    couplings = np.where(possible, couplings, 1.0)
    frequency = couplings * element.on_grid
    chance = chances(element, lines, pairs, frequency, element.signal)
    chance[column] = 0.0
    unseen = np.exp(np.log1p(-chance).sum(axis=0))  # of no other line being seen, for each eta
    posterior = prior * unseen
    density = float(prior.sum())
    weights = posterior / posterior.sum()
    rarity = _rarity(element.signal @ weights, (column,))
    missing = -2.0 * math.log(float(posterior.sum()) / float(prior.sum())) + rarity
    best = int(np.argmax(weights))
    relative = float(_sigmas(element, lines, pairs)[0]) / lines.frequency_hz[place]
    coupling_hz = float(couplings[best])
    fit = Fit(coupling_hz, relative * coupling_hz, float(element.grid[best]), 1.0, 0.0, 0.0)
    terms = Terms(0.0, -2.0 * math.log(density), SITE_COST, 0.0, missing)
    determined = not element.eta_matters
    return Hypothesis(element, (place,), (column,), fit, determined, weights, couplings, terms)


def chances(element: Element, lines: Lines, pairs: Sequence[tuple[int, int]], frequency_hz: Real, signal: Real) -> Real:
    """Probability that each line of the site would have been seen where it was searched; shape (columns, n).

    Signals are compared with the strongest line of `pairs`; a line that may hide under an observation cannot be missed.
    """
    reference, column = max(pairs, key=lambda pair: lines.observations[pair[0]].snr)
    seen = lines.observations[reference]
    log_snr = np.log(seen.snr * signal / signal[column]) - 0.5 * math.log(max(seen.averages, 1))
    chance = np.zeros(frequency_hz.shape)
    for part in lines.searched:
        inside = (frequency_hz >= part.low_hz) & (frequency_hz <= part.high_hz)
        x = (log_snr + 0.5 * math.log(max(part.averages, 1)) - math.log(THRESHOLD_SNR)) / SIGNAL_SPREAD
        # The logistic curve stands for the normal distribution's integral; they differ by less than 0.01.
        chance = np.maximum(chance, np.where(inside, CERTAIN / (1.0 + np.exp(-1.702 * np.clip(x, -30, 30))), 0.0))
    hidden = np.abs(frequency_hz[..., None] - lines.frequency_hz) <= lines.near_hz
    return np.where(hidden.any(axis=-1), 0.0, chance)


def _rarity(signal: Real, columns: Sequence[int]) -> float:
    """What it costs that the strongest line seen is not the strongest of the site."""
    return float(np.log(signal.max() / signal[list(columns)].max()))


def _signals_cost(lines: Lines, pairs: Sequence[tuple[int, int]], signal: Real) -> float:
    """How well the signals of the matched lines agree with each other; bounded, as relaxation may weaken any line."""
    strength = [
        math.log(lines.observations[place].snr / signal[column])
        - 0.5 * math.log(max(lines.observations[place].averages, 1))
        for place, column in pairs
    ]
    middle = float(np.median(strength))
    reward = 2.0 * math.log(SIGNAL_ROOM / (math.sqrt(2.0 * math.pi) * SIGNAL_SPREAD))
    misfit = sum(min(((one - middle) / SIGNAL_SPREAD) ** 2, 9.0) for one in strength)
    return misfit - reward * (len(pairs) - 1)
