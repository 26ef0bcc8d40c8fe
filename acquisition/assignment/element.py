"""All lines that one site of an element can show, over eta: those of every isotope that the formula allows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from acquisition import nuclides, quadrupole
from acquisition.assignment.priors import USUAL, field_gradient_range_v_m2, usual_coupling_hz
from acquisition.coupling import coupling_of_field_gradient
from acquisition.nuclides import Nuclide

Real = npt.NDArray[np.float64]

ETA = np.linspace(0.0, 1.0, 161)

ISOTOPE_ANOMALY = 2e-5
"""Relative: the mean-square vibration, and with it the gradient, differs a little between isotopes (ours, rounded)."""


@dataclass(frozen=True)
class Column:
    """One line of a site: transition number `index` of one isotope."""

    nuclide: Nuclide
    transition: str
    index: int
    ratio_sigma: float  # relative, of C_Q over that of the reference


class Element:
    """The isotopes of an element in a sample; C_Q always means that of `reference`, the most abundant one.

    `eta_matters` is False where every isotope has spin 3/2: then C_Q stands for C_Q sqrt(1 + eta^2/3), and the
    frequencies do not depend on anything else.
    """

    def __init__(self, isotopes: Sequence[Nuclide]) -> None:
        self.isotopes = tuple(isotopes)
        self.reference = max(isotopes, key=_presence)
        self.symbol = self.reference.symbol
        self.eta_matters = any(isotope.spin != Fraction(3, 2) for isotope in isotopes)
        self.squared = all(isotope.spin.denominator == 2 for isotope in isotopes)
        self.isotope_ratios = [nuclides.coupling_ratio(isotope, self.reference).ratio for isotope in isotopes]
        self.columns = tuple(column for isotope in isotopes for column in self._columns_of(isotope))
        self.ratio_sigma = np.array([column.ratio_sigma for column in self.columns])

    def _columns_of(self, isotope: Nuclide) -> list[Column]:
        ratio = nuclides.coupling_ratio(isotope, self.reference)
        relative = math.hypot(ratio.sigma / ratio.ratio, ISOTOPE_ANOMALY) if isotope != self.reference else 0.0
        names = quadrupole.regular_names(isotope.spin)
        return [Column(isotope, name, index, relative) for index, name in enumerate(names)]

    @cached_property
    def grid(self) -> Real:
        """Values of eta at which the site is looked at; only 0 where it does not matter."""
        return ETA if self.eta_matters else ETA[:1]

    @cached_property
    def on_grid(self) -> Real:
        """nu / C_Q on the grid, shape (columns, grid)."""
        return np.asarray(self._joined(quadrupole.frequency_ratios, self.grid).T, dtype=np.float64)

    @cached_property
    def signal(self) -> Real:
        """Relative signal of every line on the grid for a powder in linear response, shape (columns, grid).

        Abundance, gamma^2 (excitation and induction), strength, nu^2 (population difference and induction) and the
        share of spins in a level, 1 / (2I + 1).
        """
        rows = []
        for column, ratios in zip(self.columns, self.on_grid, strict=True):
            strengths = quadrupole.powder_strengths(column.nuclide.spin)[:, column.index]
            strength = np.interp(self.grid, np.linspace(0.0, 1.0, len(strengths)), strengths)
            gamma = column.nuclide.gyromagnetic_hz_per_t
            size = 2.0 * float(column.nuclide.spin) + 1.0
            present = _presence(column.nuclide) * (1.0 if math.isnan(gamma) else gamma**2)
            rows.append(present * strength * ratios**2 / size)
        return np.asarray(np.maximum(np.array(rows), 1e-300), dtype=np.float64)

    @cached_property
    def coupling_range_hz(self) -> tuple[float, float]:
        """Prior range of C_Q of the reference."""
        low, high = field_gradient_range_v_m2(self.symbol)
        return coupling_of_field_gradient(self.reference, low), coupling_of_field_gradient(self.reference, high)

    @cached_property
    def usual_range_hz(self) -> tuple[float, float] | None:
        """C_Q of the reference in ordinary compounds."""
        known = usual_coupling_hz(self.symbol)
        if known is None:
            return None
        ratio = nuclides.coupling_ratio(self.reference, nuclides.nuclide(known[0])).ratio
        return ratio * known[1], ratio * known[2]

    def prior_density(self, coupling_hz: Real) -> Real:
        """Probability of C_Q per unit of ln C_Q, shape of the argument."""
        low_hz, high_hz = self.coupling_range_hz
        wide = ((coupling_hz >= low_hz) & (coupling_hz <= high_hz)) / math.log(high_hz / low_hz)
        if self.usual_range_hz is None:
            return np.asarray(wide, dtype=np.float64)
        low_hz, high_hz = self.usual_range_hz
        usual = ((coupling_hz >= low_hz) & (coupling_hz <= high_hz)) / math.log(high_hz / low_hz)
        return np.asarray(USUAL * usual + (1.0 - USUAL) * wide, dtype=np.float64)

    @cached_property
    def _table(self) -> tuple[Real, Real]:
        """nu / C_Q and its slope on the whole of ETA, both of shape (grid, columns)."""
        return self._joined(quadrupole.frequency_ratios, ETA), self._joined(quadrupole.frequency_ratio_slopes, ETA)

    def ratios(self, eta: float) -> Real:
        """nu / C_Q of every line, shape (columns,); cubic between the points of the grid, right to 1e-9."""
        values, slopes = self._table
        k, t = _place(eta)
        u, step = 1.0 - t, ETA[1]
        ends = u * u * (1.0 + 2.0 * t) * values[k] + t * t * (3.0 - 2.0 * t) * values[k + 1]
        return np.asarray(ends + step * t * u * (u * slopes[k] - t * slopes[k + 1]))

    def slopes(self, eta: float) -> Real:
        """d(nu / C_Q) / d eta of every line, shape (columns,)."""
        values, slopes = self._table
        k, t = _place(eta)
        u, step = 1.0 - t, ETA[1]
        ends = 6.0 * t * u / step * (values[k + 1] - values[k])
        return np.asarray(ends + u * (1.0 - 3.0 * t) * slopes[k] + t * (3.0 * t - 2.0) * slopes[k + 1])

    def _joined(self, function: Callable[[Fraction, npt.ArrayLike], Real], eta: npt.ArrayLike) -> Real:
        """What `function` gives for each isotope, times its C_Q over that of the reference; shape (..., columns)."""
        parts = [
            ratio * function(isotope.spin, eta)
            for isotope, ratio in zip(self.isotopes, self.isotope_ratios, strict=True)
        ]
        return np.concatenate(parts, axis=-1)


def elements_of(isotopes: Sequence[Nuclide]) -> tuple[Element, ...]:
    """The elements that can be assigned: of each its isotopes of spin 1 or half-integer spin.

    Integer spins above 1 (10B, 50V, 138La, 176Lu) have many weak lines at natural abundances of 20 % and less; they
    are left out, as nothing could be assigned to them with any confidence.
    """
    usable = [isotope for isotope in isotopes if isotope.spin.denominator == 2 or isotope.spin == 1]
    symbols = dict.fromkeys(isotope.symbol for isotope in usable)
    return tuple(Element([one for one in usable if one.symbol == symbol]) for symbol in symbols)


def _place(eta: float) -> tuple[int, float]:
    """The interval of ETA in which eta lies, and where in it from 0 to 1."""
    scaled = eta * (len(ETA) - 1)
    k = min(int(scaled), len(ETA) - 2)
    return k, scaled - k


def _presence(nuclide: Nuclide) -> float:
    """Abundance; an artificial nuclide that the formula names is taken as enriched."""
    return nuclide.abundance or 1.0
