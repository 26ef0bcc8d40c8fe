"""Weighted least-squares fits of curves with one non-linear parameter, and the models of the customary methods.

A curve y(x) = sum_k c_k b_k(x; theta) is linear in all but theta. Theta is looked for on a grid (with the best c for
each), so no starting value can be wrong, and all parameters are then refined together by `scipy.optimize`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

Real = npt.NDArray[np.float64]
Basis = Callable[[Real, float], Real]
"""basis(x (n,), theta) -> (n, k)."""

MISFIT_PROBABILITY = 0.01
"""Residuals that noise makes so rarely say that the model or the sigmas are not the whole truth."""

GRID_POINTS = 120


@dataclass(frozen=True, eq=False)
class CurveFit:
    """`theta` with one-sigma, the linear `coefficients` (k,) with theirs, and how well it all fits.

    `chi2_reduced` is the sum of squared residuals over their variances per degree of freedom. Where it is larger than
    noise explains, the sigmas have been enlarged by its square root, and `misfit` is True.
    """

    theta: float
    theta_sigma: float
    coefficients: Real
    coefficient_sigmas: Real
    chi2_reduced: float
    misfit: bool
    basis: Basis

    def __call__(self, x: Real) -> Real:
        return np.asarray(self.basis(x, self.theta) @ self.coefficients, dtype=np.float64)


def fit(basis: Basis, grid: Real, x: Real, y: Real, sigma: Real) -> CurveFit | None:
    """The best fit with theta within the grid; None with fewer points than parameters."""
    count = basis(x[:1], float(grid[0])).shape[1]
    if len(x) < count + 1:
        return None
    weighted = y / sigma

    def linear(theta: float) -> tuple[Real, float]:
        matrix = basis(x, theta) / sigma[:, None]
        found, *_ = np.linalg.lstsq(matrix, weighted, rcond=1e-10)
        return np.asarray(found, dtype=np.float64), float(np.sum((matrix @ found - weighted) ** 2))

    best = float(min(grid, key=lambda theta: linear(float(theta))[1]))
    start = np.concatenate([[best], linear(best)[0]])

    def residual(parameters: Real) -> Real:
        model = basis(x, float(parameters[0])) @ parameters[1:]
        return np.asarray((model - y) / sigma, dtype=np.float64)

    low, high = float(grid[0]), float(grid[-1])
    bounds = (np.concatenate([[low], np.full(count, -np.inf)]), np.concatenate([[high], np.full(count, np.inf)]))
    start[0] = min(max(best, low + 1e-9 * (high - low)), high - 1e-9 * (high - low))
    solved = optimize.least_squares(residual, start, bounds=bounds, x_scale="jac")
    sigmas = _sigmas(np.asarray(solved.jac))
    degrees = len(x) - count - 1
    chi2 = float(np.sum(solved.fun**2))
    misfit = degrees > 0 and float(special.chdtrc(degrees, chi2)) < MISFIT_PROBABILITY
    if misfit:
        sigmas = sigmas * math.sqrt(chi2 / degrees)
    return CurveFit(
        theta=float(solved.x[0]),
        theta_sigma=float(sigmas[0]),
        coefficients=np.asarray(solved.x[1:]),
        coefficient_sigmas=sigmas[1:],
        chi2_reduced=chi2 / degrees if degrees > 0 else math.nan,
        misfit=misfit,
        basis=basis,
    )


def _sigmas(jacobian: Real) -> Real:
    """Square roots of the diagonal of the covariance; NaN where the data do not determine a parameter."""
    scale = np.linalg.norm(jacobian, axis=0)
    if not (scale > 0).all():
        return np.full(jacobian.shape[1], math.nan)
    scaled = jacobian / scale
    normal = scaled.T @ scaled
    if np.linalg.cond(normal) > 1e12:
        return np.full(jacobian.shape[1], math.nan)
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(normal))) / scale)


def log_time_grid(x: Real) -> Real:
    """ln of the time constants that delays `x` can tell: from a third of the shortest to ten times the longest."""
    positive = x[x > 0]
    return np.asarray(np.linspace(math.log(positive.min() / 3), math.log(10 * positive.max()), GRID_POINTS))


def recovery(x: Real, log_time: float) -> Real:
    """a - b exp(-x / T): any preparation between saturation and inversion; theta = ln T."""
    return np.stack([np.ones_like(x), -np.exp(-x / math.exp(log_time))], axis=1)


def decay(x: Real, log_time: float) -> Real:
    """a exp(-x / T); theta = ln T."""
    return np.exp(-x / math.exp(log_time))[:, None]


def nutation_basis(spin: str) -> Basis:
    """(a - b x) S(2 pi nu_1 x): S is the signal of a powder after a pulse that turns by an angle; theta = nu_1.

    b stands for what damps a nutation: decay during the pulse, and a field that is not the same everywhere.
    """

    def basis(x: Real, frequency_hz: float) -> Real:
        signal = powder_nutation(2 * np.pi * frequency_hz * x, spin)
        return np.stack([signal, -x * signal], axis=1)

    return basis


def powder_nutation(angle_rad: Real, spin: str) -> Real:
    """Signal of a powder after a pulse of omega_1 t = `angle_rad`, relative to a single crystal's best.

    Averages over the sphere. Spin "1": cos(theta) sin(x cos(theta)), which is the spherical Bessel function j1(x),
    maximum 0.436 at 119.3 degrees. Half-integer spins, lowest line, eta = 0: sin(theta) sin(k x sin(theta)) with
    k = sqrt(I(I + 1) - 3/4), for I = 3/2 maximum 0.749 at 58.6 degrees. "crystal": sin(x).
    """
    angle = np.asarray(angle_rad, dtype=np.float64)
    if spin == "crystal":
        return np.sin(angle)
    cosine, sine, weight = _sphere()
    if spin == "1":
        return np.asarray(np.sin(np.multiply.outer(angle, cosine)) @ (cosine * weight), dtype=np.float64)
    number = float(spin.split("/", maxsplit=1)[0]) / 2
    strength = math.sqrt(number * (number + 1) - 0.75)
    return np.asarray(np.sin(strength * np.multiply.outer(angle, sine)) @ (sine * weight), dtype=np.float64)


def best_nutation_angle_rad(spin: str) -> float:
    """The angle of the first maximum of `powder_nutation`."""
    angles = np.linspace(0.0, np.pi, 3601)
    signal = powder_nutation(angles, spin)
    falling = np.flatnonzero(np.diff(signal) < 0)
    return float(angles[falling[0]] if len(falling) else angles[-1])


@cache
def _sphere(count: int = 64) -> tuple[Real, Real, Real]:
    """cos and sin of the polar angle, and weights that average over half a sphere."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    cosine = 0.5 * (nodes + 1.0)
    return cosine, np.sqrt(1.0 - cosine**2), 0.5 * weights
