"""Quadrupolar nuclides: what spin, quadrupole moment and abundance they have, and which of them a formula holds.

Data are those of the `mendeleev` package, frozen in a table (see `nuclide_table`), with measured ratios of isotope
pairs on top because ratios of tabulated quadrupole moments differ from those by up to 0.3 %.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from acquisition import formula as chemical_formula
from acquisition import nuclide_table
from acquisition.errors import AcquisitionError

_BARN_M2 = 1e-28
_NUCLEAR_MAGNETON_HZ_PER_T = 7.6225932e6  # mu_N / h, CODATA 2018

DECIMAL_POINT_MOVED: frozenset[str] = frozenset({"33S", "35S", "39K", "40K", "41K"})
"""Nuclides whose quadrupole moment mendeleev 1.3.0 gives ten times too large; we divide it by ten.

It has 0.603, -0.75 and 0.734 b for 39K, 40K and 41K, where Kelloe and Sadlej, Chem. Phys. Lett. 292, 403 (1998), found
0.0585 b (39K) and 0.0711 b (41K), and -0.694 b for 33S, where Pyykkoe, Mol. Phys. 106, 1965 (2008), lists -0.0678 b.
"""

_LABEL = re.compile(r"(\d{1,3})([A-Z][a-z]?)")


class UnknownNuclide(AcquisitionError):
    """A nuclide that does not exist, or has no quadrupole moment; the message names it."""


@dataclass(frozen=True)
class Nuclide:
    """A nuclide with a quadrupole moment. `abundance` is the natural one as a fraction (0 for artificial ones).

    What is not known is NaN.
    """

    symbol: str
    mass_number: int
    spin: Fraction
    quadrupole_moment_m2: float
    abundance: float
    quadrupole_moment_sigma_m2: float = math.nan
    gyromagnetic_hz_per_t: float = math.nan  # gamma / 2 pi, with its sign

    @property
    def label(self) -> str:
        """As people write it in plain text, e.g. "35Cl"."""
        return f"{self.mass_number}{self.symbol}"

    @property
    def quadrupole_moment_barn(self) -> float:
        """With its sign."""
        return self.quadrupole_moment_m2 / _BARN_M2

    @property
    def quadrupole_moment_sigma_barn(self) -> float:
        return self.quadrupole_moment_sigma_m2 / _BARN_M2

    @property
    def abundance_percent(self) -> float:
        return 100.0 * self.abundance

    @property
    def gyromagnetic_mhz_per_t(self) -> float:
        """gamma / 2 pi with its sign."""
        return self.gyromagnetic_hz_per_t / 1e6

    @property
    def moment_size_m2(self) -> float:
        """|Q|: frequencies do not depend on its sign."""
        return abs(self.quadrupole_moment_m2)


@dataclass(frozen=True)
class IsotopeRatio:
    """A measured ratio of two isotopes in the same compound; `of` says of what.

    For equal spins the ratio of lines is that of C_Q. Where the spins differ, lines have no common ratio: the partner's
    follow from C_Q by diagonalisation. `sigma` is one unit of the last digit that the source gives.
    """

    numerator: str
    denominator: str
    ratio: float
    of: str  # "line" (frequencies of equal transitions) or "coupling" (C_Q, where the spins differ)
    sigma: float


MEASURED_RATIOS: tuple[IsotopeRatio, ...] = (
    IsotopeRatio("35Cl", "37Cl", 1.2688, "line", 1e-4),
    IsotopeRatio("79Br", "81Br", 1.1970, "line", 1e-4),
    IsotopeRatio("63Cu", "65Cu", 1.0806, "line", 1e-4),
    IsotopeRatio("69Ga", "71Ga", 1.5867, "line", 1e-4),
    IsotopeRatio("121Sb", "123Sb", 0.785, "coupling", 1e-3),
)


def isotope_ratio(numerator: str, denominator: str) -> IsotopeRatio | None:
    """The measured ratio of two nuclides, in the order asked for; None when we hold no measured value."""
    for known in MEASURED_RATIOS:
        if (known.numerator, known.denominator) == (numerator, denominator):
            return known
        if (known.denominator, known.numerator) == (numerator, denominator):
            sigma = known.sigma / known.ratio**2
            return IsotopeRatio(numerator, denominator, 1.0 / known.ratio, known.of, sigma)
    return None


@dataclass(frozen=True)
class CouplingRatio:
    """|C_Q| of one isotope over that of another on the same site, with its uncertainty, and whether it was measured.

    A ratio that was not measured is that of the quadrupole moments. Their errors are treated as independent; as part of
    them is common (the calculated field gradient of the reference compound), the uncertainty is rather too large.
    """

    ratio: float
    sigma: float
    measured: bool


def coupling_ratio(numerator: Nuclide, denominator: Nuclide) -> CouplingRatio:
    """C_Q(numerator) / C_Q(denominator) for two isotopes of one element."""
    if numerator == denominator:
        return CouplingRatio(1.0, 0.0, True)
    known = isotope_ratio(numerator.label, denominator.label)
    if known is not None:
        return CouplingRatio(known.ratio, known.sigma, True)
    ratio = numerator.moment_size_m2 / denominator.moment_size_m2
    relative = math.hypot(*(_relative_uncertainty(nuclide) for nuclide in (numerator, denominator)))
    return CouplingRatio(ratio, ratio * relative, False)


def _relative_uncertainty(nuclide: Nuclide) -> float:
    """Of the quadrupole moment; a moment without a stated uncertainty is trusted to a tenth."""
    sigma = nuclide.quadrupole_moment_sigma_m2
    return 0.1 if math.isnan(sigma) else sigma / nuclide.moment_size_m2


@cache
def all_nuclides() -> tuple[Nuclide, ...]:
    """Every quadrupolar nuclide of the table, by element and mass number."""
    return tuple(_of_row(row) for row in nuclide_table.rows())


@cache
def quadrupolar_isotopes(symbol: str) -> tuple[Nuclide, ...]:
    """Every nuclide of the element with spin >= 1 and a known quadrupole moment, by mass number."""
    return tuple(nuclide for nuclide in all_nuclides() if nuclide.symbol == symbol)


def _of_row(row: nuclide_table.Row) -> Nuclide:
    sigma, g_factor = row.quadrupole_moment_sigma_barn, row.g_factor
    unit_m2 = _BARN_M2 / 10.0 if f"{row.mass_number}{row.symbol}" in DECIMAL_POINT_MOVED else _BARN_M2
    return Nuclide(
        symbol=row.symbol,
        mass_number=row.mass_number,
        spin=row.spin,
        quadrupole_moment_m2=row.quadrupole_moment_barn * unit_m2,
        abundance=row.abundance_percent / 100.0,
        quadrupole_moment_sigma_m2=math.nan if sigma is None else sigma * unit_m2,
        gyromagnetic_hz_per_t=math.nan if g_factor is None else g_factor * _NUCLEAR_MAGNETON_HZ_PER_T,
    )


def nuclide(label: str) -> Nuclide:
    """The nuclide of a label such as "35Cl"; raises UnknownNuclide."""
    match = _LABEL.fullmatch(label.strip())
    if match is None:
        raise UnknownNuclide(f"{label!r} is not a nuclide; write mass number and symbol, such as 35Cl.")
    mass_number, symbol = int(match[1]), match[2]
    if not chemical_formula.is_element(symbol):
        raise UnknownNuclide(f"There is no element {symbol}.")
    for candidate in quadrupolar_isotopes(symbol):
        if candidate.mass_number == mass_number:
            return candidate
    raise UnknownNuclide(f"{label} has no known quadrupole moment.")


def nuclides_of(formula: str, minimum_abundance: float = 0.001) -> tuple[Nuclide, ...]:
    """The quadrupolar nuclides of a formula, in its order; raises FormulaError.

    Of an element without isotope label, those with at least `minimum_abundance` (a fraction); a labelled isotope
    counts whatever its abundance.
    """
    found: dict[str, Nuclide] = {}
    for species in chemical_formula.parse(formula).counts:
        for candidate in quadrupolar_isotopes(species.symbol):
            wanted = (
                candidate.abundance >= minimum_abundance
                if species.mass_number is None
                else candidate.mass_number == species.mass_number
            )
            if wanted:
                found.setdefault(candidate.label, candidate)
    return tuple(found.values())
