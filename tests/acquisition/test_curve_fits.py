"""Fits of curves: true parameters, uncertainties that are what they say, and honesty about what cannot be fitted."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from acquisition import curve_fits
from acquisition.curve_fits import CurveFit, Real

DELAYS_S = np.geomspace(1e-3, 0.1, 10)
LENGTHS_S = np.linspace(2e-6, 32e-6, 12)


def fit_recovery(y: Real, sigma: Real) -> CurveFit | None:
    return curve_fits.fit(curve_fits.recovery, curve_fits.log_time_grid(DELAYS_S), DELAYS_S, y, sigma)


def fit_decay(y: Real, sigma: Real) -> CurveFit | None:
    return curve_fits.fit(curve_fits.decay, curve_fits.log_time_grid(DELAYS_S), DELAYS_S, y, sigma)


def fit_nutation(y: Real, sigma: Real) -> CurveFit | None:
    grid = np.geomspace(2e3, 100e3, 200)
    return curve_fits.fit(curve_fits.nutation_basis("3/2"), grid, LENGTHS_S, y, sigma)


CASES: dict[str, tuple[Callable[[Real, Real], CurveFit | None], Real, float]] = {
    "recovery": (fit_recovery, 1 - 1.9 * np.exp(-DELAYS_S / 20e-3), math.log(20e-3)),
    "decay": (fit_decay, np.exp(-DELAYS_S / 20e-3), math.log(20e-3)),
    "nutation": (fit_nutation, curve_fits.powder_nutation(2 * np.pi * 20e3 * LENGTHS_S, "3/2"), 20e3),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_truth_is_found_without_noise(name: str) -> None:
    fit, y, theta = CASES[name]
    found = fit(y, np.full(len(y), 0.01))
    assert found is not None
    assert found.theta == pytest.approx(theta, rel=1e-4)
    assert not found.misfit


@pytest.mark.parametrize("name", sorted(CASES))
def test_pulls_have_a_standard_deviation_of_one(name: str) -> None:
    fit, y, theta = CASES[name]
    rng = np.random.default_rng(1)
    sigma = np.full(len(y), 0.03)
    pulls = []
    for _ in range(60):
        found = fit(y + rng.normal(0, sigma), sigma)
        assert found is not None
        pulls.append((found.theta - theta) / found.theta_sigma)
    assert abs(np.mean(pulls)) < 0.4
    assert 0.75 < np.std(pulls) < 1.25


def test_a_model_that_is_not_the_truth_is_said_to_be_wrong() -> None:
    two = 0.5 * np.exp(-DELAYS_S / 3e-3) + 0.5 * np.exp(-DELAYS_S / 60e-3)
    sigma = np.full(len(two), 0.002)
    found = fit_decay(two, sigma)
    assert found is not None
    assert found.misfit
    assert found.chi2_reduced > 10


def test_too_few_points_and_points_that_say_nothing() -> None:
    x = DELAYS_S[:2]
    assert curve_fits.fit(curve_fits.recovery, curve_fits.log_time_grid(x), x, x, np.ones(2)) is None
    flat = fit_recovery(np.ones(10), np.full(10, 0.01))
    assert flat is not None
    assert not flat.theta_sigma < 0.1, "a flat curve has no time constant"


@pytest.mark.parametrize(("spin", "angle_deg", "height"), [("1", 119.3, 0.436), ("3/2", 58.6, 0.749)])
def test_powders_have_their_known_maxima(spin: str, angle_deg: float, height: float) -> None:
    angle = curve_fits.best_nutation_angle_rad(spin)
    assert math.degrees(angle) == pytest.approx(angle_deg, abs=0.1)
    assert curve_fits.powder_nutation(np.array([angle]), spin)[0] == pytest.approx(height, abs=1e-3)


def test_spin_one_is_a_spherical_bessel_function() -> None:
    x = np.linspace(0.1, 12, 50)
    expected = np.sin(x) / x**2 - np.cos(x) / x
    assert np.allclose(curve_fits.powder_nutation(x, "1"), expected, atol=1e-9)
