"""Nutation of a powder: how strongly the RF field along a crystallite's direction drives a transition, and is heard.

A linearly polarised field along the unit vector n couples the levels a and b of a transition by <b| n.I |a>. For
the three lines of spin 1 that is one number, the projection of n on a principal axis. Between two doublets of a
half-integer spin it is a 2 x 2 matrix W(n); because I changes sign under time reversal and the doublets are Kramers
pairs, W = lambda(n) times a unitary matrix, so that the two doublets behave as two equal two-level systems whatever eta
is (derived in docs/explanation/simulated-spins.md). Rotation angle and received signal go with the same lambda, and
lambda^2 = n^T M n is a quadratic form, so a powder is nothing but a distribution of lambda.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]

ORIENTATIONS = 14
_FINE_THETA, _FINE_PHI = 48, 48  # grid of directions from which the distribution of lambda is taken


@lru_cache(maxsize=64)
def powder_orientations(
    spin: Fraction, count: int = ORIENTATIONS, eta: float | None = None, transition: int = 1
) -> tuple[FloatArray, FloatArray]:
    """Nutation factors and pickup weights of a powder, each of shape (count,).

    The signal for a flip angle omega_1 t = x is sum(pickup * sin(nutation * x)), in units of what a single crystal in
    its best orientation gives. omega_1 is gamma times the amplitude of the linear field for spin 1, and half of that
    (the circular component) for half-integer spins, which are the conventions behind the golden values: spin 1 has
    its first maximum, 0.436, at 119.3 degrees (j1, the spherical Bessel function) and spin 3/2 with eta = 0 has 0.749
    at 58.6 degrees.

    The nodes are those of the Gauss quadrature for the distribution of lambda^2 over the sphere (Lanczos process on a
    fine product grid; Golub and Welsch, Math. Comp. 23, 221 (1969)): with n nodes every polynomial in lambda^2 up to
    degree 2n - 1 is averaged exactly.
    """
    strengths = np.clip(np.linalg.eigvalsh(coupling_form(spin, eta, transition)), 0, None)
    squared, weights = _gauss_over_sphere(strengths / strengths.max(), count)
    relative = np.sqrt(np.clip(squared, 0, None))
    largest = float(np.sqrt(strengths.max()))
    nutation = relative * (largest if spin == 1 else 2 * largest)
    return nutation, weights * relative


def coupling_form(spin: Fraction, eta: float | None, transition: int) -> FloatArray:
    """M (3, 3) in the principal axes: lambda(n)^2 = n^T M n for the transition, counted from the lowest doublet."""
    if spin == 1:
        # Each of the three lines has an axis of its own; two of them coincide at eta = 0, and then share the field.
        return np.diag([1.0, 1.0, 0.0]) if eta == 0 else np.diag([0.0, 0.0, 1.0])
    eta = eta or 0.0
    components = spin_matrices(spin)
    i_x, i_y, i_z = components
    number = float(spin * (spin + 1))
    levels = 3 * i_z @ i_z - number * np.eye(len(i_z)) + eta * (i_x @ i_x - i_y @ i_y)
    _, states = np.linalg.eigh(levels)
    lower = states[:, 2 * transition - 2 : 2 * transition]
    upper = states[:, 2 * transition : 2 * transition + 2]
    blocks = [upper.conj().T @ component @ lower for component in components]
    return np.array([[0.5 * np.vdot(a, b).real for b in blocks] for a in blocks])


def spin_matrices(spin: Fraction) -> tuple[Complex, Complex, Complex]:
    """I_x, I_y, I_z, each (2I + 1, 2I + 1), basis m = I .. -I."""
    m = float(spin) - np.arange(int(2 * spin) + 1)
    raising = np.diag(np.sqrt(float(spin * (spin + 1)) - m[1:] * (m[1:] + 1)), 1).astype(complex)
    lowering = raising.conj().T
    return (raising + lowering) / 2, (raising - lowering) / 2j, np.diag(m).astype(complex)


def best_powder_signal(nutation: FloatArray, pickup: FloatArray) -> tuple[float, float]:
    """Flip angle omega_1 t in radians and height of the first maximum of the nutation curve."""
    angles = np.linspace(0, 2 * np.pi / float(nutation.max()), 4001)
    curve = np.sin(np.outer(angles, nutation)) @ pickup
    best = int(np.argmax(curve))
    return float(angles[best]), float(curve[best])


def _gauss_over_sphere(strengths: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights (sum 1) for averages over the sphere of functions of sum(strengths * n^2)."""
    z, z_weights = np.polynomial.legendre.leggauss(_FINE_THETA)
    z, z_weights = (z + 1) / 2, z_weights / 2  # one octant is enough
    phi = (np.arange(_FINE_PHI) + 0.5) * np.pi / (2 * _FINE_PHI)
    across = strengths[0] * np.cos(phi) ** 2 + strengths[1] * np.sin(phi) ** 2
    values = (np.outer(1 - z**2, across) + strengths[2] * (z**2)[:, None]).ravel()
    measure = np.repeat(z_weights / _FINE_PHI, _FINE_PHI)
    diagonal, beside = np.zeros(count), np.zeros(count - 1)
    basis = np.zeros((count, len(values)))
    basis[0] = np.sqrt(measure)
    for k in range(count):
        following = values * basis[k]
        diagonal[k] = basis[k] @ following
        if k + 1 == count:
            break
        for _ in range(2):  # once more against rounding
            following -= basis[: k + 1].T @ (basis[: k + 1] @ following)
        beside[k] = np.linalg.norm(following)
        basis[k + 1] = following / beside[k]
    nodes, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))
    return nodes, vectors[0] ** 2
