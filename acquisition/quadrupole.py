"""Pure quadrupole levels and transitions of a spin in an electric field gradient.

C_Q = e^2 q Q / h in Hz, 0 <= eta <= 1. Hamiltonian over h:
C_Q / [4 I (2I - 1)] (3 I_z^2 - I(I+1) + eta (I_x^2 - I_y^2)).

Levels are counted upwards for C_Q > 0; the frequencies do not depend on its sign. Half-integer spins have I + 1/2
doublets, named by the |m| that they have at eta = 0; they never cross, because all belong to one representation of the
double group. Integer spins have 2I + 1 single levels: "0", then pairs "1-", "1+", "2-", "2+", ... in ascending order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
import numpy.typing as npt

Spin = Fraction | float | int
Real = npt.NDArray[np.float64]

STRONG = 0.02
"""A transition with less than this share of the strongest one's powder strength is called weak (ours)."""

_DEGREE = 40
"""Of the Chebyshev series in eta that stand for the diagonalisation; they agree with it to about 1e-13 C_Q."""


@dataclass(frozen=True)
class Transition:
    """A transition between two levels of a spin.

    `strength` is sum |<a|I_k|b>|^2 / 3 over the axes k and over the members of both levels: what a powder answers in
    linear response, apart from populations and induction. `regular` transitions are allowed at eta = 0, or are
    nu_0 of a spin 1; the others gain strength from eta only.
    """

    name: str
    lower: str
    upper: str
    frequency_hz: float
    strength: float
    regular: bool


def transition_frequencies_hz(spin: Spin, coupling_hz: float, eta: float = 0.0) -> tuple[float, ...]:
    """Frequencies of the regular transitions in Hz, ascending; where two coincide both are given.

    For I = 1 those are nu_0, nu_- and nu_+ (nu_0 is left out at eta = 0, where it is zero); for half-integer I the
    transitions between neighbouring doublets; for other integers the strong ones between neighbouring pairs.
    Raises ValueError for a spin that has no quadrupole levels, or eta outside 0..1.
    """
    twice = twice_spin(spin)
    if twice % 2 == 0 and twice > 2:
        found = [t.frequency_hz for t in transitions(spin, coupling_hz, eta) if t.regular]
    else:
        _check_eta(eta)
        levels = _levels(twice, np.array([eta]))[0]
        found = [abs(coupling_hz) * float(levels[b] - levels[a]) for a, b in _regular_pairs(twice)]
    return tuple(sorted(f for f in found if f > 1e-9 * abs(coupling_hz)))


def levels_hz(spin: Spin, coupling_hz: float, eta: float = 0.0) -> tuple[tuple[str, float], ...]:
    """Name and energy over h (Hz) of every level, in ascending order for C_Q > 0; a doublet counts once."""
    twice = twice_spin(spin)
    _check_eta(eta)
    energies = _levels(twice, np.array([eta]))[0] * coupling_hz
    return tuple((name, float(energy)) for name, energy in zip(level_names(spin), energies, strict=True))


def transitions(spin: Spin, coupling_hz: float, eta: float = 0.0) -> tuple[Transition, ...]:
    """Every transition between two levels that has any strength, by frequency in Hz."""
    twice = twice_spin(spin)
    _check_eta(eta)
    energies, states = np.linalg.eigh(_hamiltonian(twice, eta))
    members = 2 if twice % 2 else 1
    count = len(energies) // members
    names = level_names(spin)
    strengths = _strengths(twice, states).reshape(count, members, count, members).sum(axis=(1, 3))
    centres = energies.reshape(count, members).mean(axis=1)
    floor = 1e-9 * float(strengths[~np.eye(count, dtype=bool)].max())
    regular = set(_regular_pairs(twice))
    found = []
    for a in range(count):
        for b in range(a + 1, count):
            frequency_hz = abs(coupling_hz) * float(centres[b] - centres[a])
            if strengths[a, b] <= floor or frequency_hz <= 1e-9 * abs(coupling_hz):
                continue
            name = transition_name(twice, a, b)
            strength = float(strengths[a, b])
            strong = twice % 2 == 1 or twice == 2 or strength > STRONG * float(strengths.max())
            found.append(Transition(name, names[a], names[b], frequency_hz, strength, strong and (a, b) in regular))
    return tuple(sorted(found, key=lambda transition: transition.frequency_hz))


def level_names(spin: Spin) -> tuple[str, ...]:
    """Names of the levels in ascending order (C_Q > 0): "1/2", "3/2", ... or "0", "1-", "1+", ..."""
    twice = twice_spin(spin)
    if twice % 2:
        return tuple(f"{k}/2" for k in range(1, twice + 1, 2))
    return ("0", *(f"{m}{sign}" for m in range(1, twice // 2 + 1) for sign in "-+"))


def transition_name(twice: int, a: int, b: int) -> str:
    """What people call the transition between levels a < b of a spin with 2I = `twice`."""
    if twice == 2:
        return {(0, 1): "ν−", (0, 2): "ν+", (1, 2): "ν0"}[a, b]
    names = level_names(Fraction(twice, 2))
    return f"{names[a]}–{names[b]}".replace("-", "−")


def regular_names(spin: Spin) -> tuple[str, ...]:
    """Names of the transitions in the order of the columns of `frequency_ratios`."""
    twice = twice_spin(spin)
    return tuple(transition_name(twice, a, b) for a, b in _regular_pairs(twice))


def frequency_ratios(spin: Spin, eta: npt.ArrayLike) -> Real:
    """nu / C_Q of the regular transitions for every eta; shape eta.shape + (transitions,). For the inverse problem.

    Evaluates Chebyshev series in eta that were made once for each spin by diagonalisation.
    """
    series, _ = _series(twice_spin(spin))
    x = 2.0 * np.asarray(eta, dtype=np.float64) - 1.0
    return np.moveaxis(np.asarray(np.polynomial.chebyshev.chebval(x, series), dtype=np.float64), 0, -1)


def frequency_ratio_slopes(spin: Spin, eta: npt.ArrayLike) -> Real:
    """d(nu / C_Q) / d eta of the regular transitions; shape as `frequency_ratios`."""
    _, slopes = _series(twice_spin(spin))
    x = 2.0 * np.asarray(eta, dtype=np.float64) - 1.0
    return np.moveaxis(np.asarray(np.polynomial.chebyshev.chebval(x, slopes), dtype=np.float64), 0, -1)


@cache
def powder_strengths(spin: Spin) -> Real:
    """Strengths of the regular transitions at 21 equally spaced eta from 0 to 1; shape (21, transitions)."""
    names = regular_names(spin)
    rows = []
    for eta in np.linspace(0.0, 1.0, 21):
        found = {transition.name: transition.strength for transition in transitions(spin, 1.0, float(eta))}
        rows.append([found.get(name, 0.0) for name in names])
    table = np.array(rows)
    if twice_spin(spin) == 2:
        table[0] = table[1]  # nu_0 is at zero frequency for eta = 0, but its strength does not depend on eta
    table.setflags(write=False)
    return table


@dataclass(frozen=True)
class CouplingBounds:
    """What one line of a spin 3/2 says: C_Q sqrt(1 + eta^2/3) exactly, and C_Q only within bounds."""

    product_hz: float
    minimum_hz: float  # at eta = 1
    maximum_hz: float  # at eta = 0


def coupling_of_spin_3_2(line_hz: float) -> CouplingBounds:
    """nu = C_Q/2 sqrt(1 + eta^2/3): one line cannot separate C_Q and eta."""
    product_hz = 2.0 * line_hz
    return CouplingBounds(product_hz, product_hz / math.sqrt(4.0 / 3.0), product_hz)


def coupling_of_spin_1(nu_minus_hz: float, nu_plus_hz: float) -> tuple[float, float]:
    """(C_Q in Hz, eta) from both lines of a spin 1: nu_+- = 3/4 C_Q (1 +- eta/3).

    Raises ValueError where the pair cannot be two lines of one site (eta would leave 0..1).
    """
    coupling_hz = 2.0 * (nu_minus_hz + nu_plus_hz) / 3.0
    eta = 2.0 * (nu_plus_hz - nu_minus_hz) / coupling_hz
    if 1.0 < eta < 1.0 + 1e-9:
        eta = 1.0  # rounding
    _check_eta(eta)
    return coupling_hz, eta


def twice_spin(spin: Spin) -> int:
    """2I; raises ValueError for a spin that has no quadrupole levels."""
    try:
        twice = Fraction(spin) * 2
    except (ValueError, OverflowError):
        raise ValueError(f"A spin of {spin} has no quadrupole levels; it must be 1, 3/2, 2, ...") from None
    if twice.denominator != 1 or twice < 2:
        raise ValueError(f"A spin of {spin} has no quadrupole levels; it must be 1, 3/2, 2, ...")
    return int(twice)


def _check_eta(eta: float) -> None:
    if not 0.0 <= eta <= 1.0:
        raise ValueError(f"The asymmetry parameter must be between 0 and 1, not {eta:g}.")


@cache
def _regular_pairs(twice: int) -> tuple[tuple[int, int], ...]:
    """Levels (lower, upper) of the regular transitions."""
    if twice == 2:
        return ((1, 2), (0, 1), (0, 2))
    if twice % 2:
        return tuple((k, k + 1) for k in range((twice + 1) // 2 - 1))
    # Levels 2m - 1 and 2m are the pair of m. Of the four transitions between neighbouring pairs two are strong.
    pairs = [(0, 1), (0, 2), (1, 2)]
    for m in range(1, twice // 2):
        pairs += [(a, b) for a in (2 * m - 1, 2 * m) for b in (2 * m + 1, 2 * m + 2)]
    return tuple(pairs)


@cache
def _series(twice: int) -> tuple[Real, Real]:
    """Chebyshev coefficients over eta in 0..1 of the regular transitions and of their slopes; (degree, transitions)."""
    nodes = np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))
    levels = _levels(twice, (nodes + 1.0) / 2.0)
    ratios = np.stack([levels[:, b] - levels[:, a] for a, b in _regular_pairs(twice)], axis=1)
    series = np.polynomial.chebyshev.chebfit(nodes, ratios, _DEGREE)
    slopes = 2.0 * np.polynomial.chebyshev.chebder(series)
    return np.asarray(series), np.asarray(slopes)


def _levels(twice: int, eta: Real) -> Real:
    """Energies in units of C_Q, ascending, a doublet once; shape (len(eta), levels)."""
    base, mixing = _blocks(twice)
    energies = np.concatenate(
        [np.linalg.eigvalsh(b + eta[:, None, None] * m) for b, m in zip(base, mixing, strict=True)], axis=1
    )
    return np.sort(energies, axis=1)


@cache
def _blocks(twice: int) -> tuple[list[Real], list[Real]]:
    """The Hamiltonian over C_Q at eta = 0 and its slope with eta, for every block that eta leaves apart.

    m and m +- 2 are joined. Of the two such blocks of a half-integer spin one is the time reversal of the other.
    """
    base, full = _hamiltonian(twice, 0.0), _hamiltonian(twice, 1.0)
    starts = (0,) if twice % 2 else (0, 1)
    picks = [np.ix_(range(start, twice + 1, 2), range(start, twice + 1, 2)) for start in starts]
    return [base[pick] for pick in picks], [full[pick] - base[pick] for pick in picks]


def _hamiltonian(twice: int, eta: float) -> Real:
    """The Hamiltonian in units of C_Q, shape (2I+1, 2I+1), basis m = I .. -I."""
    spin = twice / 2.0
    m = spin - np.arange(twice + 1)
    diagonal = 3.0 * m**2 - spin * (spin + 1.0)
    # I_x^2 - I_y^2 = (I_+^2 + I_-^2) / 2 joins m and m + 2.
    raise_once = _raising(twice)
    twice_raised = raise_once[:-1] * raise_once[1:]
    matrix = np.diag(diagonal) + 0.5 * eta * (np.diag(twice_raised, 2) + np.diag(twice_raised, -2))
    return matrix / (4.0 * spin * (2.0 * spin - 1.0))


def _raising(twice: int) -> Real:
    """<m + 1|I_+|m> for m = I - 1 .. -I, shape (2I,)."""
    spin = twice / 2.0
    m = spin - np.arange(1, twice + 1)
    return np.sqrt(spin * (spin + 1.0) - m * (m + 1.0))


def _strengths(twice: int, states: Real) -> Real:
    """sum over k of |<a|I_k|b>|^2 / 3 between the columns of `states`, shape (2I+1, 2I+1)."""
    plus = np.diag(_raising(twice), 1)
    up = states.T @ plus @ states
    along = states.T @ np.diag(twice / 2.0 - np.arange(twice + 1)) @ states
    # I_x^2 + I_y^2 parts: |<I_+>|^2 / 2 + |<I_->|^2 / 2.
    return np.asarray((0.5 * (up**2 + up.T**2) + along**2) / 3.0)
