"""The inverse problem: coupling constant C_Q and asymmetry eta of a site from the frequencies of its lines.

Which transition each line is need not be known: every possible assignment is tried, and all that are consistent with
the lines are given, best first. chi^2(eta) with the best C_Q for each eta is a function of one variable, so no solution
is missed; its minima are refined by Gauss-Newton steps.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from acquisition import quadrupole
from acquisition.nuclides import Nuclide
from acquisition.quadrupole import Spin

Real = npt.NDArray[np.float64]

LEAST_PROBABILITY = 1e-4
"""A solution that explains the lines worse than this (probability of a chi^2 as large) is not consistent with them."""

HOPELESS_SIGMA = 8.0
"""A minimum that cannot come below this many sigma is not refined; LEAST_PROBABILITY would refuse it."""

PLANCK_J_S = 6.62607015e-34  # exact, SI
ELEMENTARY_CHARGE_C = 1.602176634e-19  # exact, SI

_GRID = np.linspace(0.0, 1.0, 401)


@dataclass(frozen=True)
class MeasuredFrequency:
    """A line's frequency with its one-sigma uncertainty, both in Hz."""

    frequency_hz: float
    sigma_hz: float


@dataclass(frozen=True)
class Solution:
    """A site that explains the lines: `transitions[i]` is what line i is.

    Uncertainties are one sigma and follow from those of the lines; `correlation` is that of C_Q and eta. Towards
    eta = 0, where frequencies depend on eta^2 only, `eta_sigma` is the distance to the upper one-sigma limit. `chi2`
    has `freedom` = lines - 2 degrees of freedom; with two lines it is zero, and nothing tests the solution.
    """

    spin: Spin
    coupling_hz: float
    coupling_sigma_hz: float
    eta: float
    eta_sigma: float
    correlation: float
    chi2: float
    freedom: int
    transitions: tuple[str, ...]

    @property
    def probability(self) -> float:
        """That a true solution has a chi^2 as large as this.

        Two lines are explained exactly unless eta had to stop at 0 or 1, which leaves one degree of freedom.
        """
        return chi2_probability(self.chi2, max(self.freedom, 1))


def solve(spin: Spin, lines: Sequence[MeasuredFrequency]) -> tuple[Solution, ...]:
    """Every (C_Q, eta) and assignment that explains two or more lines of one site, by ascending chi^2.

    Raises ValueError for fewer than two lines, for more lines than the spin has regular transitions, and for a spin
    whose lines do not determine both (3/2 has a single one: see `quadrupole.coupling_of_spin_3_2`) or that is an
    integer above 1, whose many levels this does not treat.
    """
    names = quadrupole.regular_names(spin)
    twice = quadrupole.twice_spin(spin)
    if twice == 3:
        raise ValueError("A spin 3/2 has a single line, which gives C_Q sqrt(1 + eta^2/3) only.")
    if twice % 2 == 0 and twice > 2:
        raise ValueError("The inverse problem is solved for a spin of 1 and for half-integer spins.")
    if not 2 <= len(lines) <= len(names):
        raise ValueError(f"A spin of {spin} needs 2 to {len(names)} lines, not {len(lines)}.")
    for line in lines:
        if not (0 < line.frequency_hz < math.inf and 0 < line.sigma_hz < math.inf):
            raise ValueError("Frequencies and their uncertainties must be above 0 and finite.")
    frequency = np.array([line.frequency_hz for line in lines])
    sigma = np.array([line.sigma_hz for line in lines])
    found: list[Solution] = []
    for columns in itertools.permutations(range(len(names)), len(lines)):
        for solution in _of_assignment(spin, frequency, sigma, columns):
            if solution.probability >= LEAST_PROBABILITY and not any(_same(solution, known) for known in found):
                found.append(solution)
    return tuple(sorted(found, key=lambda solution: (solution.chi2, solution.eta)))


def product_of_spin_3_2(line: MeasuredFrequency) -> tuple[float, float]:
    """C_Q sqrt(1 + eta^2/3) and its uncertainty in Hz from the line of a spin 3/2."""
    return 2.0 * line.frequency_hz, 2.0 * line.sigma_hz


def field_gradient(nuclide: Nuclide, coupling_hz: float, coupling_sigma_hz: float = 0.0) -> tuple[float, float]:
    """|V_zz| = h C_Q / (e |Q|) in V m^-2 with its uncertainty from those of C_Q and Q (pure NQR does not give signs).

    The uncertainty is NaN where that of Q is not known.
    """
    value = PLANCK_J_S * abs(coupling_hz) / (ELEMENTARY_CHARGE_C * abs(nuclide.quadrupole_moment_m2))
    if coupling_hz == 0.0:
        return 0.0, math.nan
    relative = math.hypot(coupling_sigma_hz / coupling_hz, nuclide.quadrupole_moment_sigma_m2 / nuclide.moment_size_m2)
    return value, value * relative


def coupling_of_field_gradient(nuclide: Nuclide, field_gradient_v_m2: float) -> float:
    """|C_Q| in Hz of a nuclide in a field gradient |V_zz| in V m^-2."""
    return ELEMENTARY_CHARGE_C * nuclide.moment_size_m2 * abs(field_gradient_v_m2) / PLANCK_J_S


def chi2_probability(chi2: float, freedom: int) -> float:
    """Probability that chi^2 with this many degrees of freedom is at least as large; 1 without any.

    Q(1/2, x) = erfc(sqrt x), Q(1, x) = e^-x and Q(a + 1, x) = Q(a, x) + x^a e^-x / Gamma(a + 1), x = chi2 / 2.
    """
    if freedom <= 0:
        return 1.0
    x = chi2 / 2.0
    if freedom % 2:
        total, a = math.erfc(math.sqrt(x)), 0.5
    else:
        total, a = math.exp(-x), 1.0
    while 2 * a < freedom:
        total += math.exp(a * math.log(x) - x - math.lgamma(a + 1.0)) if x > 0 else 0.0
        a += 1.0
    return min(total, 1.0)


def eta_uncertainty(eta: float, sigma: float, in_square: bool) -> float:
    """One sigma of eta from that of the variable that was fitted: eta itself, or eta^2 (half-integer spins)."""
    return math.sqrt(eta * eta + sigma) - eta if in_square else sigma


def _of_assignment(spin: Spin, frequency: Real, sigma: Real, columns: tuple[int, ...]) -> Iterator[Solution]:
    """Solutions in which line i is the transition of column `columns[i]`."""
    picked = list(columns)
    ratios = _ratios_on_grid(spin)[:, picked] / sigma
    target = frequency / sigma
    norm = np.einsum("gi,gi->g", ratios, ratios)
    best = (ratios @ target) / np.where(norm > 0, norm, 1.0)
    chi2 = np.square(target - best[:, None] * ratios).sum(axis=1)
    padded = np.concatenate([[np.inf], chi2, [np.inf]])
    minima = np.flatnonzero((padded[1:-1] <= padded[:-2]) & (padded[1:-1] <= padded[2:]))
    slopes = _slopes_on_grid(spin)[:, picked] / sigma
    for k in minima:
        # Between here and the next points of the grid the residuals change by no more than this.
        around = slopes[max(k - 1, 0) : k + 2]
        change = best[k] * float(np.sqrt(np.square(around).sum(axis=1)).max()) * float(_GRID[1])
        if math.sqrt(chi2[k]) > HOPELESS_SIGMA + 2.0 * change:
            continue
        solution = _refined(spin, frequency, sigma, columns, float(best[k]), float(_GRID[k]))
        if solution is not None:
            yield solution


def _refined(
    spin: Spin, frequency: Real, sigma: Real, columns: tuple[int, ...], coupling: float, eta: float
) -> Solution | None:
    """The solution at the minimum near a point of the grid; None where the fit leads nowhere."""
    picked = list(columns)
    fitted = refine(
        lambda eta: quadrupole.frequency_ratios(spin, eta)[picked],
        lambda eta: quadrupole.frequency_ratio_slopes(spin, eta)[picked],
        frequency,
        sigma,
        coupling,
        eta,
        squared=quadrupole.twice_spin(spin) % 2 == 1,
    )
    if fitted is None:
        return None
    names = quadrupole.regular_names(spin)
    return Solution(
        spin=spin,
        coupling_hz=fitted.coupling_hz,
        coupling_sigma_hz=fitted.coupling_sigma_hz,
        eta=fitted.eta,
        eta_sigma=fitted.eta_sigma,
        correlation=fitted.correlation,
        chi2=fitted.chi2,
        freedom=len(frequency) - 2,
        transitions=tuple(names[column] for column in columns),
    )


@dataclass(frozen=True)
class Fit:
    """C_Q and eta where chi^2 is least, with one-sigma uncertainties."""

    coupling_hz: float
    coupling_sigma_hz: float
    eta: float
    eta_sigma: float
    correlation: float
    chi2: float


def refine(
    ratios_of: Callable[[float], Real],
    slopes_of: Callable[[float], Real],
    frequency: Real,
    sigma: Real,
    coupling: float,
    eta: float,
    *,
    squared: bool,
) -> Fit | None:
    """Gauss-Newton from (coupling, eta) to the least chi^2 within 0 <= eta <= 1; None where it does not settle.

    `ratios_of(eta)` gives nu / C_Q of each line and `slopes_of` its slope. With `squared` the fit is in eta^2, on which
    half-integer spins depend smoothly and with a slope at zero; the frequencies of a spin 1 are linear in eta.
    """
    value = eta * eta if squared else eta
    covariance = np.zeros((2, 2))
    for _ in range(40):
        now = math.sqrt(value) if squared else value
        ratios = ratios_of(now)
        # The slope in eta^2 at zero is taken a little beside it, where it can be divided.
        beside = max(now, 1e-3) if squared else now
        slopes = slopes_of(beside) / (2.0 * beside if squared else 1.0)
        residual = (frequency - coupling * ratios) / sigma
        normal = _normal_equations(ratios / sigma, coupling * slopes / sigma)
        if normal is None:
            return None
        covariance = normal
        step = normal @ np.array([ratios / sigma @ residual, coupling * slopes / sigma @ residual])
        moved = min(max(value + float(step[1]), 0.0), 1.0)
        if moved != value + float(step[1]):  # at an end of the range only C_Q is free
            weighted = ratios_of(math.sqrt(moved) if squared else moved) / sigma
            coupling_new = float(weighted @ (frequency / sigma) / (weighted @ weighted))
        else:
            coupling_new = coupling + float(step[0])
        settled = abs(moved - value) < 1e-12 and abs(coupling_new - coupling) <= 1e-12 * abs(coupling)
        stuck = moved == value and moved in (0.0, 1.0)
        coupling, value = coupling_new, moved
        if settled or stuck:
            break
    if not coupling > 0:
        return None
    eta = math.sqrt(value) if squared else value
    residual = (frequency - coupling * ratios_of(eta)) / sigma
    sigma_c, sigma_v = (math.sqrt(max(float(covariance[i, i]), 0.0)) for i in range(2))
    return Fit(
        coupling_hz=coupling,
        coupling_sigma_hz=sigma_c,
        eta=eta,
        eta_sigma=eta_uncertainty(eta, sigma_v, squared),
        correlation=float(covariance[0, 1]) / (sigma_c * sigma_v) if sigma_c * sigma_v > 0 else 0.0,
        chi2=float(residual @ residual),
    )


def _normal_equations(by_coupling: Real, by_eta: Real) -> Real | None:
    """Covariance of the two unknowns from the slopes of the residuals with each; None where one has no effect.

    Where both have the same effect, which lines never have exactly, rounding is kept from making it infinite.
    """
    a, b, c = float(by_coupling @ by_coupling), float(by_coupling @ by_eta), float(by_eta @ by_eta)
    if not (a > 0 and c > 0):
        return None
    independent = max(a * c - b * b, 1e-12 * a * c)
    return np.array([[c, -b], [-b, a]]) / independent


@cache
def _slopes_on_grid(spin: Spin) -> Real:
    return quadrupole.frequency_ratio_slopes(spin, _GRID)


@cache
def _ratios_on_grid(spin: Spin) -> Real:
    return quadrupole.frequency_ratios(spin, _GRID)


def _same(one: Solution, other: Solution) -> bool:
    """Minima that refinement has brought to the same place."""
    return (
        one.transitions == other.transitions
        and abs(one.eta - other.eta) <= 1e-6
        and abs(one.coupling_hz - other.coupling_hz) <= 1e-6 * one.coupling_hz
    )
