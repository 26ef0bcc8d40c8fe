"""How a powder answers: nutation and pick-up over its orientations, and the steady state of repeated excitation.

Orientations are those of a half-integer spin's lowest line in an axial field gradient (I = 3/2): an orientation turns
by sqrt(3) sin(theta) times omega_1 t and is picked up with sin(theta). The planner knows no sample, so this is its
guess for all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

Real = npt.NDArray[np.float64]

ORIENTATIONS = 8


@dataclass(frozen=True, eq=False)
class Powder:
    """Quadrature over orientations: `nutation` and `pickup`, both shape (o,).

    The signal after a pulse of flip angle x = omega_1 t is sum(pickup sin(nutation x)); it is 1 after the best pulse.
    """

    nutation: Real
    pickup: Real


@cache
def powder() -> Powder:
    """The quadrature; its best pulse is omega_1 t = 58.6 degrees, as for any I = 3/2 powder."""
    nodes, weights = np.polynomial.legendre.leggauss(ORIENTATIONS)
    theta = (nodes + 1.0) * math.pi / 4.0
    nutation = math.sqrt(3.0) * np.sin(theta)
    pickup = weights * np.sin(theta) ** 2
    angles = np.linspace(0.0, math.pi / math.sqrt(3.0), 2001)
    best = float((np.sin(np.outer(angles, nutation)) @ pickup).max())
    return Powder(nutation, pickup / best)


def steady_state(cosine: Real | float, recovery: Real | float) -> Real:
    """Longitudinal magnetisation before each of many equal pulses, in units of equilibrium.

    `cosine` is what a pulse leaves of it, `recovery` is exp(-TR / T1): z = (1 - E) / (1 - E cos a) (Ernst and Anderson,
    Rev. Sci. Instrum. 37, 93 (1966)). Transverse magnetisation is taken to be gone before the next pulse.
    """
    return np.asarray((1.0 - recovery) / (1.0 - np.multiply(recovery, cosine)), dtype=np.float64)


def ernst_energy(flip_rad: float, repetition_time_s: float, t1_s: float) -> float:
    """Squared steady-state signal of a powder under perfect pulses, relative to the best pulse at equilibrium."""
    grains = powder()
    angle = grains.nutation * flip_rad
    z = steady_state(np.cos(angle), math.exp(-repetition_time_s / t1_s))
    return float(np.sum(grains.pickup * np.sin(angle) * z)) ** 2


def bound_rate_hz(t1_s: float, t2_star_s: float) -> float:
    """Largest signal energy per time of a line at its Ernst angle all the time under a receiver that is never blind.

    The energy of one decay is S(a, TR)^2 integral_0^TR exp(-2 t / T2*) dt, the rate that over TR; flip angle and TR are
    chosen for the largest rate, which for T2* << T1 tends to T2* / (4 T1) per second for a single crystal. Multiplied
    with the density SNR^2 / s of a line it is the growth of the detection statistic.
    """

    def rate(log_time: float) -> float:
        time_s = math.exp(log_time)
        heard_s = 0.5 * t2_star_s * -math.expm1(-2.0 * time_s / t2_star_s)
        best = minimize_scalar(
            lambda flip: -ernst_energy(flip, time_s, t1_s), bounds=(1e-3, 1.6), method="bounded"
        )  # fmt: skip
        return float(-best.fun) * heard_s / time_s

    low, high = math.log(0.05 * t2_star_s), math.log(10.0 * (t1_s + t2_star_s))
    found = minimize_scalar(lambda x: -rate(x), bounds=(low, high), method="bounded")
    return float(-found.fun)


@dataclass(frozen=True, eq=False)
class Affine:
    """What some stretch of time makes of longitudinal magnetisation: z becomes offset + factor z."""

    offset: Real
    factor: Real

    def then(self, later: Affine) -> Affine:
        """This stretch and another one after it."""
        return Affine(later.offset + later.factor * self.offset, later.factor * self.factor)


def recovering(recovery: Real | float) -> Affine:
    """Recovery towards equilibrium by a time whose exp(-t / T1) is given."""
    left = np.asarray(recovery, dtype=np.float64)
    return Affine(1.0 - left, left)


def series(cosine: Real, recovery: Real | float, shots: Real | float) -> tuple[Affine, Affine]:
    """A series of equal pulses: what it makes of the magnetisation, and the sum over its values before each pulse.

    With q = E cos(a) and z* = (1 - E) / (1 - q) a series of n that starts from z sums up to
    n z* + (z - z*) (1 - q^n) / (1 - q) and ends, one repetition time after its last pulse, at z* + (z - z*) q^n.
    """
    q = np.multiply(recovery, cosine)
    steady = steady_state(cosine, recovery)
    left = _power(q, shots)
    geometric = (1.0 - left) / (1.0 - q)
    return Affine(steady * (1.0 - left), left), Affine((shots - geometric) * steady, geometric)


def summed(turn: Affine, total: Affine, turns: Real | float, start: Real | float = 1.0) -> Real:
    """Sum of `total` over so many turns, of which each begins where the one before has ended; the first at `start`."""
    rest = np.maximum(1.0 - turn.factor, 1e-12)
    fixed = turn.offset / rest
    starts = turns * fixed + (start - fixed) * (1.0 - _power(turn.factor, turns)) / rest
    return np.asarray(turns * total.offset + total.factor * starts, dtype=np.float64)


def _power(base: Real, number: Real | float) -> Real:
    """base ** number for whole numbers given as floats, where the base may be negative."""
    odd = np.mod(number, 2.0) == 1.0
    return np.asarray(np.where((base < 0.0) & odd, -1.0, 1.0) * np.abs(base) ** number)
