"""Least-squares fits of the models to a measured distribution with its whole covariance, and their comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg, optimize, special

from acquisition.efg.density import Density
from acquisition.efg.models import MODELS, Model

Real = npt.NDArray[np.float64]

TELLING = 6.0
"""Difference of AIC from which one model is said to be better: odds of exp(6/2) = 20 to 1."""

FITS_ABOVE = 0.01
"""A model whose chi^2 would be exceeded by chance less often than this does not fit."""

_EIGENVALUE_FLOOR = 1e-6
"""Combinations of points that are known this much better than the best ones are artefacts of rounding."""

_PLACES, _WIDTHS = 24, 16
_FWHM_PER_SIGMA = 2.354820045


@dataclass(frozen=True, eq=False)
class Fit:
    """One model fitted. `values` are the model's parameters in Hz, `covariance` theirs; `area` scales P to the data."""

    model: Model
    values: tuple[float, ...]
    covariance: Real
    area: float
    area_sigma: float
    chi_squared: float
    chi_squared_without: float
    degrees_of_freedom: int

    @property
    def aic(self) -> float:
        """Akaike's criterion for known noise: chi^2 + 2 k, k counting the area too."""
        return self.chi_squared + 2.0 * (len(self.values) + 1)

    @property
    def signal_to_noise(self) -> float:
        """By how many standard deviations the data have this line rather than nothing."""
        return math.sqrt(max(self.chi_squared_without - self.chi_squared, 0.0))

    @property
    def chance(self) -> float:
        """Probability of a chi^2 at least as large if the model were true."""
        return float(special.chdtrc(self.degrees_of_freedom, self.chi_squared))

    @property
    def fits(self) -> bool:
        return self.chance > FITS_ABOVE

    def sigma(self, index: int) -> float:
        """One standard deviation of a parameter."""
        return math.sqrt(max(float(self.covariance[index, index]), 0.0))

    @property
    def mean_and_deviation_hz(self) -> tuple[float, float]:
        """Mean and standard deviation of the distribution, in Hz."""
        return self.model.mean_and_deviation(self.values)

    @property
    def mean_and_deviation_sigma_hz(self) -> tuple[float, float]:
        """Their uncertainties, by propagation of the covariance."""
        base = np.asarray(self.mean_and_deviation_hz)
        slopes = np.empty((2, len(self.values)))
        for k in range(len(self.values)):
            step = max(1e-3 * self.sigma(k), 1e-9 * self.values[k])
            moved = [value + step * (i == k) for i, value in enumerate(self.values)]
            slopes[:, k] = (np.asarray(self.model.mean_and_deviation(moved)) - base) / step
        variance = np.diag(slopes @ self.covariance @ slopes.T)
        mean, deviation = np.sqrt(np.maximum(variance, 0.0))
        return float(mean), float(deviation)

    def density(self, frequency_hz: Real) -> Real:
        """The fitted distribution in 1/Hz, without the measurement's resolution and area."""
        return self.model.density(frequency_hz, self.values)


@dataclass(frozen=True, eq=False)
class Comparison:
    """All fits, the best first, and in words what the data say about them."""

    fits: tuple[Fit, ...]
    verdict: str

    @property
    def best(self) -> Fit:
        return self.fits[0]

    def of(self, name: str) -> Fit | None:
        """The fit of the model of this name."""
        return next((fit for fit in self.fits if fit.model.name == name), None)


def compare(density: Density, models: Sequence[Model] = MODELS) -> Comparison | None:
    """Fit every model; None where none of them could be fitted."""
    whitening = _whitening(density)
    if len(whitening) == 0:
        return None
    fits = [fit for model in models if (fit := _fit(density, model, whitening)) is not None]
    if not fits:
        return None
    fits.sort(key=lambda fit: fit.aic)
    return Comparison(tuple(fits), _verdict(fits))


def _verdict(fits: Sequence[Fit]) -> str:
    best = fits[0]
    equal = [fit for fit in fits if fit.aic - best.aic < TELLING]
    worse = [fit for fit in fits if fit.aic - best.aic >= TELLING]
    names = " and ".join(fit.model.title for fit in equal)
    if not best.fits:
        return (
            f"No model fits: the best, {best.model.title}, has chi^2 = {best.chi_squared:.0f} for "
            f"{best.degrees_of_freedom} degrees of freedom."
        )
    told = f"; {' and '.join(fit.model.title for fit in worse)} does worse by an AIC of " if worse else ""
    told += " and ".join(f"{fit.aic - best.aic:.3g}" for fit in worse)
    if len(equal) > 1:
        return f"The data cannot tell {names} apart (AIC within {TELLING:g}){told}."
    return f"{names} fits{told}."


def gain_of_narrower(density: Density, fwhm_hz: float) -> float:
    """By how much a single line of this width or less, wherever it is, lowers chi^2 at best: the square of a
    signal-to-noise ratio."""
    whitening = _whitening(density)
    data = whitening @ density.values
    fine_hz = density.fine_frequency_hz()
    best = 0.0
    for width_hz in (fwhm_hz, 0.5 * fwhm_hz, 0.0):
        sigma_hz = max(width_hz / _FWHM_PER_SIGMA, 0.25 * density.spacing_hz)
        for place_hz in np.arange(fine_hz[0], fine_hz[-1], 0.5 * density.spacing_hz):
            shape = whitening @ density.as_measured(np.exp(-0.5 * ((fine_hz - place_hz) / sigma_hz) ** 2))
            energy, overlap = float(shape @ shape), float(shape @ data)
            if energy > 0.0 and overlap > 0.0:
                best = max(best, overlap**2 / energy)
    return best


def _whitening(density: Density) -> Real:
    """W with W C W^T = 1 in the space that is known at all, shape (rank, n); zero for points that are not used."""
    size = len(density.frequency_hz)
    used = np.arange(size) if density.used is None else np.flatnonzero(density.used)
    if len(used) == 0:
        return np.zeros((0, size))
    values, vectors = linalg.eigh(density.covariance[np.ix_(used, used)])
    kept = values > _EIGENVALUE_FLOOR * values[-1]
    whitening = np.zeros((int(np.count_nonzero(kept)), size))
    whitening[:, used] = (vectors[:, kept] / np.sqrt(values[kept])).T
    return whitening


def _fit(density: Density, model: Model, whitening: Real) -> Fit | None:
    data = whitening @ density.values
    fine_hz = density.fine_frequency_hz()

    def shape(parameters: Sequence[float]) -> Real:
        return np.asarray(whitening @ density.as_measured(model.density(fine_hz, parameters)), dtype=np.float64)

    start = _start(density, model, shape, data)
    if start is None:
        return None
    parameters, area = start
    scale = np.asarray([*[parameters[-1]] * len(parameters), area])
    low, high = _bounds(density, model)

    def residual(scaled: Real) -> Real:
        values = scaled * scale
        return np.asarray(values[-1] * shape(values[:-1].tolist()) - data, dtype=np.float64)

    try:
        found = optimize.least_squares(
            residual,
            np.clip(np.asarray([*parameters, area]) / scale, np.append(low, -np.inf) / scale,
                    np.append(high, np.inf) / scale),
            bounds=(np.append(low, -np.inf) / scale, np.append(high, np.inf) / scale),
            x_scale="jac", max_nfev=200,
        )  # fmt: skip
    except ValueError:
        return None
    values = found.x * scale
    slopes = np.asarray(found.jac, dtype=np.float64)
    try:
        factor = linalg.cho_factor(slopes.T @ slopes)
    except linalg.LinAlgError:  # a parameter that the data do not tell at all
        return None
    covariance = linalg.cho_solve(factor, np.eye(len(scale))) * np.outer(scale, scale)
    return Fit(
        model=model,
        values=tuple(float(value) for value in values[:-1]),
        covariance=np.asarray(covariance[:-1, :-1], dtype=np.float64),
        area=float(values[-1]),
        area_sigma=math.sqrt(max(float(covariance[-1, -1]), 0.0)),
        chi_squared=float(2.0 * found.cost),
        chi_squared_without=float(data @ data),
        degrees_of_freedom=max(1, len(data) - len(values)),
    )


def _bounds(density: Density, model: Model) -> tuple[Real, Real]:
    """Least and greatest parameters: a line outside the measured range, or finer than its points, cannot be seen."""
    low_hz, high_hz = float(density.frequency_hz[0]), float(density.frequency_hz[-1])
    span_hz = high_hz - low_hz
    finest_hz = 0.1 * density.spacing_hz
    if len(model.parameters) == 1:
        # The top of the distribution lies at twice its parameter.
        return np.asarray([max(low_hz / 4.0, finest_hz)]), np.asarray([high_hz])
    lowest = 0.0 if model.name == "extended_czjzek" else low_hz - 0.5 * span_hz
    return np.asarray([lowest, finest_hz]), np.asarray([high_hz + 0.5 * span_hz, 2.0 * span_hz])


def _start(density: Density, model: Model, shape: object, data: Real) -> tuple[list[float], float] | None:
    """Best of a grid of parameters, with its area by linear least squares; None where every area is negative."""
    assert callable(shape)
    low_hz, high_hz = float(density.frequency_hz[0]), float(density.frequency_hz[-1])
    span_hz = high_hz - low_hz
    if len(model.parameters) == 1:
        grid = [[float(value)] for value in np.geomspace(1.01 * max(low_hz, 0.02 * high_hz) / 4.0, high_hz / 1.5, 40)]
    else:
        widths = np.geomspace(max(density.spacing_hz, span_hz / 200.0), 0.4 * span_hz, _WIDTHS)
        places = np.linspace(low_hz, high_hz, _PLACES)
        grid = [[float(place), float(width)] for place in places for width in widths]
    best: tuple[float, list[float], float] | None = None
    for parameters in grid:
        vector = shape(parameters)
        energy = float(vector @ vector)
        overlap = float(vector @ data)
        if energy > 0 and overlap > 0 and (best is None or overlap**2 / energy > best[0]):
            best = (overlap**2 / energy, parameters, overlap / energy)
    return None if best is None else (best[1], best[2])
