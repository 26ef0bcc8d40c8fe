"""Pure quadrupole transition frequencies of a spin in an electric field gradient, and what a line says of them.

C_Q = e^2 q Q / h in Hz, 0 <= eta <= 1. Hamiltonian over h:
C_Q / [4 I (2I - 1)] (3 I_z^2 - I(I+1) + eta (I_x^2 - I_y^2)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Spin = Fraction | float | int


def transition_frequencies_hz(spin: Spin, coupling_hz: float, eta: float = 0.0) -> tuple[float, ...]:
    """Frequencies of the allowed transitions in Hz, ascending.

    For I = 1 those are nu_0, nu_- and nu_+ (nu_0 is left out at eta = 0, where it is zero); for half-integer I the
    transitions between neighbouring doublets, for other integers between neighbouring pairs of levels.
    Raises ValueError for a spin that has no quadrupole levels, or eta outside 0..1.
    """
    twice = _twice_spin(spin)
    _check_eta(eta)
    levels = np.sort(np.linalg.eigvalsh(_hamiltonian_hz(twice, abs(coupling_hz), eta)))
    if twice == 2:
        low, middle, high = (float(level) for level in levels)
        frequencies = sorted((high - middle, high - low, middle - low))
        return tuple(f for f in frequencies if f > 1e-9 * abs(coupling_hz))
    if twice % 2:
        doublets = levels.reshape(-1, 2).mean(axis=1)
        return tuple(sorted(float(step) for step in np.diff(doublets)))
    # Integer spins above 1: the eta = 0 pairs +-m split; their centres give the neighbouring transitions.
    pairs = np.concatenate([levels[:1], levels[1:].reshape(-1, 2).mean(axis=1)])
    return tuple(sorted(float(step) for step in np.diff(pairs)))


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


def _twice_spin(spin: Spin) -> int:
    twice = Fraction(spin) * 2
    if twice.denominator != 1 or twice < 2:
        raise ValueError(f"A spin of {spin} has no quadrupole levels; it must be 1, 3/2, 2, ...")
    return int(twice)


def _check_eta(eta: float) -> None:
    if not 0.0 <= eta <= 1.0:
        raise ValueError(f"The asymmetry parameter must be between 0 and 1, not {eta:g}.")


def _hamiltonian_hz(twice: int, coupling_hz: float, eta: float) -> npt.NDArray[np.float64]:
    """The Hamiltonian in Hz, shape (2I+1, 2I+1), basis m = I .. -I."""
    spin = twice / 2.0
    m = spin - np.arange(twice + 1)
    diagonal = 3.0 * m**2 - spin * (spin + 1.0)
    # I_x^2 - I_y^2 = (I_+^2 + I_-^2) / 2 joins m and m + 2.
    raise_once = np.sqrt(spin * (spin + 1.0) - m[1:] * (m[1:] + 1.0))
    twice_raised = raise_once[:-1] * raise_once[1:]
    matrix = np.diag(diagonal) + 0.5 * eta * (np.diag(twice_raised, 2) + np.diag(twice_raised, -2))
    return coupling_hz / (4.0 * spin * (2.0 * spin - 1.0)) * matrix
