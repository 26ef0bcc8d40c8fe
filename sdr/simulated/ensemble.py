"""One resonance as an ensemble of independent magnetisations: isochromats times crystallite orientations."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from sdr.simulated.samples import SpinLine

FloatArray = npt.NDArray[np.float64]

ORIENTATIONS = 14
_RANGE_IN_HALF_WIDTHS = 12.0  # the Lorentzian is cut here
_REVIVAL_IN_T2 = 5.0  # a grid of isochromats refocuses by itself at 1/spacing, when T2 has eaten it
_ISOCHROMATS_MAX = 1001


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Quadrature for one line.

    `offsets_hz` (k,) and `weights` (k,) of the isochromats; `nutation` (o,) is the rotation angle of an orientation in
    units of omega_1 t, `pickup` (o,) its weight in the received signal. The signal is normalised so that the best
    single pulse on the whole ensemble gives 1.
    """

    offsets_hz: FloatArray
    weights: FloatArray
    nutation: FloatArray
    pickup: FloatArray


def powder_orientations(spin: Fraction, count: int = ORIENTATIONS) -> tuple[FloatArray, FloatArray]:
    """Nutation factors and pickup weights of a powder with axial field gradients, each of shape (count,).

    Spin 1 (any of its three lines): the field component along one principal axis drives and is picked up, cos(theta),
    which gives the spherical Bessel function j1(omega_1 t), maximum 0.436 at 119.3 degrees. Half-integer spins, lowest
    line: sqrt(I(I+1) - 3/4) sin(theta), which for I = 3/2 gives the maximum 0.749 at omega_1 t = 58.6 degrees.
    The signal for a flip angle omega_1 t = x is sum(pickup * sin(nutation * x)).
    """
    nodes, weights = np.polynomial.legendre.leggauss(count)
    theta = (nodes + 1) * np.pi / 4  # 0 .. pi/2
    area = weights * np.pi / 4 * np.sin(theta)
    if spin == 1:
        return np.cos(theta), area * np.cos(theta)
    # |1/2> <-> |3/2>: <m+1|I_x|m> squared is (I(I+1) - m(m+1)) / 4 with m = 1/2.
    strength = float(spin * (spin + 1) - Fraction(3, 4)) ** 0.5
    return strength * np.sin(theta), area * np.sin(theta)


def best_powder_signal(nutation: FloatArray, pickup: FloatArray) -> tuple[float, float]:
    """Flip angle omega_1 t in radians and height of the first maximum of the nutation curve."""
    angles = np.linspace(0, 2 * np.pi / float(nutation.max()), 4001)
    curve = np.sin(np.outer(angles, nutation)) @ pickup
    best = int(np.argmax(curve))
    return float(angles[best]), float(curve[best])


def ensemble(line: SpinLine) -> Ensemble:
    """Isochromats and orientations that reproduce the line's free induction decay exp(-t/T2*)."""
    nutation, pickup = powder_orientations(line.spin)
    _, best = best_powder_signal(nutation, pickup)
    offsets, weights = isochromats(line.t2_s, line.t2_star_s)
    return Ensemble(offsets, weights, nutation, pickup / best)


def isochromats(t2_s: float, t2_star_s: float) -> tuple[FloatArray, FloatArray]:
    """Offsets in Hz and weights of a Lorentzian of half width (1/T2* - 1/T2)/2pi, on a uniform grid.

    The weights are those of the whole Lorentzian: what lies beyond the grid (5 %) would be gone after a few
    microseconds anyway.
    """
    half_width_hz = (1 / t2_star_s - 1 / t2_s) / (2 * np.pi)
    if half_width_hz * t2_s < 1e-3:
        return np.zeros(1), np.ones(1)
    reach = _RANGE_IN_HALF_WIDTHS * half_width_hz
    spacing = 1 / (_REVIVAL_IN_T2 * t2_s)
    half = int(np.clip(np.ceil(reach / spacing), 12, _ISOCHROMATS_MAX // 2))
    offsets = np.linspace(-reach, reach, 2 * half + 1)
    weights = half_width_hz / np.pi / (half_width_hz**2 + offsets**2) * (offsets[1] - offsets[0])
    return offsets, weights
