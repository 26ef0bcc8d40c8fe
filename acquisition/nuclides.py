"""Quadrupolar nuclides: what spin, quadrupole moment and abundance they have, and which of them a formula holds.

Data come from the `mendeleev` package, with measured frequency ratios of isotope pairs on top because packaged
quadrupole moments differ from those by up to 0.3 %. `mendeleev` takes seconds to import, so that is done on first use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from acquisition import formula as chemical_formula
from acquisition.errors import AcquisitionError

_BARN_M2 = 1e-28
_LABEL = re.compile(r"(\d{1,3})([A-Z][a-z]?)")


class UnknownNuclide(AcquisitionError):
    """A nuclide that does not exist, or has no quadrupole moment; the message names it."""


@dataclass(frozen=True)
class Nuclide:
    """A nuclide with a quadrupole moment. `abundance` is the natural one as a fraction (0 for artificial ones)."""

    symbol: str
    mass_number: int
    spin: Fraction
    quadrupole_moment_m2: float
    abundance: float

    @property
    def label(self) -> str:
        """As people write it in plain text, e.g. "35Cl"."""
        return f"{self.mass_number}{self.symbol}"


@dataclass(frozen=True)
class IsotopeRatio:
    """A measured ratio of two isotopes in the same compound; `of` says of what."""

    numerator: str
    denominator: str
    ratio: float
    of: str  # "line" (frequencies of equal transitions) or "coupling" (C_Q, where the spins differ)


MEASURED_RATIOS: tuple[IsotopeRatio, ...] = (
    IsotopeRatio("35Cl", "37Cl", 1.2688, "line"),
    IsotopeRatio("79Br", "81Br", 1.1970, "line"),
    IsotopeRatio("63Cu", "65Cu", 1.0806, "line"),
    IsotopeRatio("69Ga", "71Ga", 1.5867, "line"),
    IsotopeRatio("121Sb", "123Sb", 0.785, "coupling"),
)


def isotope_ratio(numerator: str, denominator: str) -> IsotopeRatio | None:
    """The measured ratio of two nuclides, in the order asked for; None when we hold no measured value."""
    for known in MEASURED_RATIOS:
        if (known.numerator, known.denominator) == (numerator, denominator):
            return known
        if (known.denominator, known.numerator) == (numerator, denominator):
            return IsotopeRatio(numerator, denominator, 1.0 / known.ratio, known.of)
    return None


@cache
def quadrupolar_isotopes(symbol: str) -> tuple[Nuclide, ...]:
    """Every nuclide of the element with spin >= 1 and a known quadrupole moment, by mass number."""
    from mendeleev.mendeleev import element  # slow: only when asked for

    found = []
    for isotope in element(symbol).isotopes:
        if not isotope.spin or not isotope.quadrupole_moment:
            continue
        spin = Fraction(str(isotope.spin))
        if spin < 1:
            continue
        moment_m2 = float(isotope.quadrupole_moment) * _BARN_M2
        abundance = float(isotope.abundance or 0.0) / 100.0
        found.append(Nuclide(symbol, int(isotope.mass_number), spin, moment_m2, abundance))
    return tuple(sorted(found, key=lambda nuclide: nuclide.mass_number))


def nuclide(label: str) -> Nuclide:
    """The nuclide of a label such as "35Cl"; raises UnknownNuclide."""
    match = _LABEL.fullmatch(label.strip())
    if match is None:
        raise UnknownNuclide(f"{label!r} is not a nuclide; write mass number and symbol, such as 35Cl.")
    mass_number, symbol = int(match[1]), match[2]
    try:
        isotopes = quadrupolar_isotopes(symbol)
    except ValueError:
        raise UnknownNuclide(f"There is no element {symbol}.") from None
    for candidate in isotopes:
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
