"""Models of a distribution of line frequencies, each with what it says of the field gradients of a spin 3/2.

The frequency of a spin 3/2, nu = C_Q/2 sqrt(1 + eta^2/3), is proportional to the norm of the field-gradient tensor: of
its five independent components u, nu = |u| when they are measured in the right unit. That makes the line shapes of
random tensors closed:

* Czjzek, all five components normal with mean zero (Czjzek et al., Phys. Rev. B 23, 2513 (1981)):
  P(V_zz, eta) ~ V_zz^4 eta (1 - eta^2/9) exp(-V_zz^2 (1 + eta^2/3) / (2 sigma^2)). The exponent contains the norm
  only, so that nu has the chi distribution with five degrees of freedom.
* extended Czjzek, a fixed tensor plus such a random one (Le Caer and Brand, J. Phys.: Condens. Matter 10, 10715 (1998);
  Le Caer, Bureau and Massiot, J. Phys.: Condens. Matter 22, 065402 (2010)): nu has the noncentral chi distribution with
  five degrees of freedom, whatever the asymmetry of the fixed tensor.

The step from the norm to the (noncentral) chi distribution is ours; a test draws random tensors and diagonalises them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Real = npt.NDArray[np.float64]

_SERIES_BELOW = 1e-2


@dataclass(frozen=True)
class Model:
    """A normalised distribution of frequencies nu > 0 with parameters in Hz.

    `density(nu, parameters)` gives P in 1/Hz, shape of nu. The last parameter is the width; a model with two has its
    place as the first one. `mean_and_deviation(parameters)` is of the whole distribution.
    """

    name: str
    title: str
    formula: str
    parameters: tuple[str, ...]
    density: Callable[[Real, Sequence[float]], Real]
    mean_and_deviation: Callable[[Sequence[float]], tuple[float, float]]


def gaussian_density(frequency_hz: Real, parameters: Sequence[float]) -> Real:
    """Normal distribution; parameters (mean, standard deviation)."""
    mean_hz, sigma_hz = parameters
    z = (frequency_hz - mean_hz) / sigma_hz
    return np.asarray(np.exp(-0.5 * z * z) / (math.sqrt(2.0 * math.pi) * sigma_hz), dtype=np.float64)


def czjzek_density(frequency_hz: Real, parameters: Sequence[float]) -> Real:
    """Chi distribution with five degrees of freedom; parameters (sigma of each component)."""
    (sigma_hz,) = parameters
    x = np.maximum(frequency_hz, 0.0) / sigma_hz
    return np.asarray(math.sqrt(2.0 / math.pi) / 3.0 * x**4 * np.exp(-0.5 * x * x) / sigma_hz, dtype=np.float64)


def extended_czjzek_density(frequency_hz: Real, parameters: Sequence[float]) -> Real:
    """Noncentral chi distribution with five degrees of freedom; parameters (norm of the fixed tensor, sigma).

    With x = nu nu_0 / sigma^2 the Bessel function I_3/2(x) = sqrt(2 / (pi x)) (cosh x - sinh x / x) is elementary:
    P = sqrt(2/pi) nu^2 / (sigma nu_0^2) exp(-(nu^2 + nu_0^2) / (2 sigma^2)) (cosh x - sinh x / x).
    """
    fixed_hz, sigma_hz = abs(parameters[0]), parameters[1]
    nu = np.maximum(frequency_hz, 0.0)
    # A fixed part that is small against the random one is the plain Czjzek distribution.
    fixed_hz = max(fixed_hz, 1e-6 * sigma_hz)
    x = nu * fixed_hz / sigma_hz**2
    small = x < _SERIES_BELOW
    safe = np.where(small, 1.0, x)
    # exp(-x) (cosh x - sinh x / x) over x^2, which is 1/3 at x = 0.
    turned = np.where(
        small,
        np.exp(-x) * (1.0 / 3.0 + x * x / 30.0),
        (0.5 * (1.0 + np.exp(-2.0 * safe)) - 0.5 * (1.0 - np.exp(-2.0 * safe)) / safe) / safe**2,
    )
    scaled = np.exp(-0.5 * ((nu - fixed_hz) / sigma_hz) ** 2) * turned
    return np.asarray(math.sqrt(2.0 / math.pi) * nu**4 / sigma_hz**5 * scaled, dtype=np.float64)


def _chi_mean_and_deviation(parameters: Sequence[float]) -> tuple[float, float]:
    (sigma_hz,) = parameters
    mean = math.sqrt(2.0) * math.gamma(3.0) / math.gamma(2.5)
    return mean * sigma_hz, math.sqrt(5.0 - mean**2) * sigma_hz


def _noncentral_mean_and_deviation(parameters: Sequence[float]) -> tuple[float, float]:
    fixed_hz, sigma_hz = abs(parameters[0]), parameters[1]
    low, high = max(0.0, fixed_hz - 9.0 * sigma_hz), fixed_hz + 11.0 * sigma_hz
    nu = np.linspace(low, high, 4001)
    weight = extended_czjzek_density(nu, (fixed_hz, sigma_hz))
    mean_hz = float(np.sum(weight * nu) / np.sum(weight))
    return mean_hz, math.sqrt(float(np.sum(weight * (nu - mean_hz) ** 2) / np.sum(weight)))


GAUSSIAN = Model(
    "gaussian", "Gaussian", "P(ν) ∝ exp(−(ν − ν₀)²/2σ²)", ("centre_hz", "sigma_hz"), gaussian_density,
    lambda parameters: (parameters[0], parameters[1]),
)  # fmt: skip
CZJZEK = Model("czjzek", "Czjzek", "P(ν) ∝ ν⁴ exp(−ν²/2σ²)", ("sigma_hz",), czjzek_density, _chi_mean_and_deviation)
EXTENDED_CZJZEK = Model(
    "extended_czjzek", "Extended Czjzek", "noncentral χ with 5 degrees of freedom: fixed tensor ν₀, random part σ",
    ("fixed_hz", "sigma_hz"), extended_czjzek_density, _noncentral_mean_and_deviation,
)  # fmt: skip

MODELS: tuple[Model, ...] = (GAUSSIAN, CZJZEK, EXTENDED_CZJZEK)


def eta_distribution(points: int = 401) -> tuple[Real, Real]:
    """(eta, P(eta)) of the Czjzek distribution, both (points,).

    With the norm integrated out of P(V_zz, eta): P(eta) ~ eta (1 - eta^2/9) (1 + eta^2/3)^(-5/2), independent of the
    norm, because the direction of an isotropic random vector is.
    """
    eta = np.linspace(0.0, 1.0, points)
    weight = eta * (1.0 - eta**2 / 9.0) * (1.0 + eta**2 / 3.0) ** -2.5
    return eta, weight / np.trapezoid(weight, eta)


def czjzek_asymmetry_factor() -> tuple[float, float]:
    """Mean and standard deviation of g = 1/sqrt(1 + eta^2/3) in the Czjzek distribution: C_Q = 2 nu g."""
    eta, weight = eta_distribution()
    factor = 1.0 / np.sqrt(1.0 + eta**2 / 3.0)
    mean = float(np.trapezoid(weight * factor, eta))
    return mean, math.sqrt(float(np.trapezoid(weight * (factor - mean) ** 2, eta)))
