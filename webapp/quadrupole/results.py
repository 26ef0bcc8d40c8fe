"""What the calculator finds: lines from C_Q and eta, C_Q and eta from lines, isotope partners, V_zz."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from acquisition import quadrupole
from acquisition.coupling import MeasuredFrequency, Solution, field_gradient, product_of_spin_3_2, solve
from acquisition.nuclides import CouplingRatio, Nuclide, coupling_ratio, quadrupolar_isotopes
from acquisition.quadrupole import CouplingBounds, Transition

STRENGTH_SHOWN = 1e-3


@dataclass(frozen=True)
class ShownTransition:
    """A transition with its powder strength relative to the strongest."""

    transition: Transition
    relative_strength: float


@dataclass(frozen=True)
class Partner:
    """Another isotope on the same site."""

    nuclide: Nuclide
    ratio: CouplingRatio
    coupling_hz: float
    transitions: tuple[ShownTransition, ...]

    @property
    def regular(self) -> tuple[Transition, ...]:
        """The transitions that do not need eta."""
        return tuple(shown.transition for shown in self.transitions if shown.transition.regular)


@dataclass(frozen=True)
class Site:
    """Everything that follows from C_Q and eta."""

    coupling_hz: float
    eta: float
    transitions: tuple[ShownTransition, ...]
    field_gradient_v_m2: float | None
    field_gradient_sigma_v_m2: float | None
    partners: tuple[Partner, ...]


@dataclass(frozen=True)
class Inverse:
    """What lines say: solutions, best first, or for spin 3/2 only bounds; `reason` where there is neither."""

    solutions: tuple[Solution, ...] = ()
    bounds: CouplingBounds | None = None
    bounds_sigma_hz: float = 0.0
    reason: str = ""


def site(spin: Fraction, nuclide: Nuclide | None, coupling_hz: float, eta: float, sigma_hz: float = 0.0) -> Site:
    """Lines, field gradient and partners of one site; the last two only of a nuclide."""
    gradient, gradient_sigma, partners = None, None, ()
    if nuclide is not None and coupling_hz > 0:
        gradient, uncertainty = field_gradient(nuclide, coupling_hz, sigma_hz)
        gradient_sigma = uncertainty if math.isfinite(uncertainty) else None
        others = [other for other in quadrupolar_isotopes(nuclide.symbol) if other.abundance > 0 and other != nuclide]
        partners = tuple(_partner(other, nuclide, coupling_hz, eta) for other in others)
    return Site(coupling_hz, eta, _transitions(spin, coupling_hz, eta), gradient, gradient_sigma, partners)


def inverse(spin: Fraction, lines: list[MeasuredFrequency]) -> Inverse:
    """C_Q and eta from lines of one site."""
    if spin == Fraction(3, 2):
        if len(lines) != 1:
            return Inverse(reason="A site of spin 3/2 has one line; give that one.")
        return Inverse(
            bounds=quadrupole.coupling_of_spin_3_2(lines[0].frequency_hz),
            bounds_sigma_hz=product_of_spin_3_2(lines[0])[1],
        )
    try:
        found = solve(spin, lines)
    except ValueError as error:
        return Inverse(reason=str(error))
    reason = "" if found else "No C_Q and η explain these lines as one site of this spin."
    return Inverse(solutions=found, reason=reason)


def _partner(other: Nuclide, nuclide: Nuclide, coupling_hz: float, eta: float) -> Partner:
    ratio = coupling_ratio(other, nuclide)
    partner_hz = ratio.ratio * coupling_hz
    return Partner(other, ratio, partner_hz, _transitions(other.spin, partner_hz, eta))


def _transitions(spin: Fraction, coupling_hz: float, eta: float) -> tuple[ShownTransition, ...]:
    """Transitions with at least a thousandth of the strongest one's strength, by frequency."""
    found = quadrupole.transitions(spin, coupling_hz, eta)
    strongest = max((one.strength for one in found), default=1.0)
    shown = [ShownTransition(one, one.strength / strongest) for one in found]
    return tuple(one for one in shown if one.relative_strength >= STRENGTH_SHOWN)
