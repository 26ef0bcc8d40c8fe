"""Distributions of field gradients: models against random tensors, conversions against their definitions, fits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from acquisition.efg import Density, Unconvertible, compare, conversion, gradient_v_per_m2
from acquisition.efg.models import (
    CZJZEK,
    EXTENDED_CZJZEK,
    GAUSSIAN,
    MODELS,
    czjzek_asymmetry_factor,
    eta_distribution,
)
from acquisition.nuclides import nuclide


def random_tensors(count: int, sigma: float, fixed: tuple[float, float] = (0.0, 0.0), seed: int = 0) -> np.ndarray:
    """(V_zz, eta) of diagonalised tensors: a fixed one (V_zz, eta) plus five normal components, shape (count, 2).

    Components in the units of Czjzek et al.: U0 = V_zz/2, and so on, all of equal variance.
    """
    rng = np.random.default_rng(seed)
    u = sigma * rng.standard_normal((count, 5))
    zz = 2.0 * u[:, 0] / 2.0
    xx_yy = math.sqrt(3.0) * u[:, 4]
    tensors = np.zeros((count, 3, 3))
    tensors[:, 0, 0] = 0.5 * (-zz + xx_yy)
    tensors[:, 1, 1] = 0.5 * (-zz - xx_yy)
    tensors[:, 2, 2] = zz
    for (i, j), k in (((0, 1), 3), ((0, 2), 1), ((1, 2), 2)):
        tensors[:, i, j] = tensors[:, j, i] = 0.5 * math.sqrt(3.0) * u[:, k]
    v_zz, eta = fixed
    tensors += np.diag([-0.5 * v_zz * (1 - eta), -0.5 * v_zz * (1 + eta), v_zz])
    values = np.linalg.eigvalsh(tensors)
    order = np.argsort(np.abs(values), axis=1)
    x, y, z = (np.take_along_axis(values, order[:, k : k + 1], axis=1)[:, 0] for k in range(3))
    return np.stack([z, np.abs((y - x) / z)], axis=1)


def frequencies(tensors: np.ndarray) -> np.ndarray:
    return np.abs(tensors[:, 0]) * np.sqrt(1 + tensors[:, 1] ** 2 / 3)


def cumulative(model: object, values: tuple[float, ...], high: float) -> tuple[np.ndarray, np.ndarray]:
    nu = np.linspace(1e-9, high, 20001)
    density = model.density(nu, values)
    return nu, np.cumsum(density) * (nu[1] - nu[0])


def test_the_norm_of_random_tensors_has_the_densities_of_the_models() -> None:
    for model, values, fixed in (
        (CZJZEK, (1.0,), (0.0, 0.0)),
        (EXTENDED_CZJZEK, (2.0, 1.0), (2.0, 0.0)),
        # The asymmetry of the fixed tensor does not matter: its norm does.
        (EXTENDED_CZJZEK, (2.0 * math.sqrt(1 + 0.64 / 3), 1.0), (2.0, 0.8)),
    ):
        nu, share = cumulative(model, values, 12.0)
        drawn = frequencies(random_tensors(20000, 1.0, fixed))
        assert share[-1] == pytest.approx(1.0, abs=1e-3)
        assert stats.kstest(drawn, lambda x, nu=nu, share=share: np.interp(x, nu, share)).pvalue > 1e-3
        mean, deviation = model.mean_and_deviation(values)
        assert drawn.mean() == pytest.approx(mean, rel=0.01)
        assert drawn.std() == pytest.approx(deviation, rel=0.02)


def test_eta_of_random_tensors() -> None:
    drawn = random_tensors(20000, 1.0)[:, 1]
    eta, density = eta_distribution()
    share = np.cumsum(density) * (eta[1] - eta[0])
    assert stats.kstest(drawn, lambda x: np.interp(x, eta, share / share[-1])).pvalue > 1e-3
    factor = 1 / np.sqrt(1 + drawn**2 / 3)
    assert czjzek_asymmetry_factor() == pytest.approx((factor.mean(), factor.std()), abs=1e-3)


def test_the_extended_model_runs_into_its_limits() -> None:
    nu = np.linspace(0.01, 8, 500)
    assert np.allclose(EXTENDED_CZJZEK.density(nu, (1e-9, 1.0)), CZJZEK.density(nu, (1.0,)), rtol=1e-6)
    narrow = EXTENDED_CZJZEK.density(30 + nu / 10, (30.0, 0.05))
    assert np.all(np.isfinite(narrow))
    assert narrow.max() == pytest.approx(GAUSSIAN.density(np.array([0.0]), (0.0, 0.05))[0], rel=0.01)


def test_conversion_of_spin_three_halves_and_its_bounds() -> None:
    chlorine = nuclide("35Cl")
    one = conversion(chlorine)
    assert (one.coupling_per_hz, one.coupling_per_hz_max) == (2.0, 2.0)
    assert one.lower == pytest.approx(math.sqrt(3) / 2)
    # V_zz = h C_Q / (e Q) with CODATA's h and e: written out.
    expected = 6.62607015e-34 * 60e6 / (1.602176634e-19 * abs(chlorine.quadrupole_moment_m2))
    assert gradient_v_per_m2(60e6, chlorine.quadrupole_moment_m2) == pytest.approx(expected)
    assert one.gradient_per_hz * 60e6 == pytest.approx(expected)


def test_conversion_of_other_spins_follows_the_golden_values() -> None:
    iodine = nuclide("127I")
    for number, frequency in enumerate((0.15, 0.30)):
        assert conversion(iodine, number).coupling_per_hz == pytest.approx(1 / frequency)
    assert conversion(iodine, 0).coupling_per_hz_min == pytest.approx(1 / 0.264575, rel=1e-5)
    nitrogen = conversion(nuclide("14N"), 1)  # nu_+ = 3/4 C_Q (1 + eta/3)
    assert (nitrogen.coupling_per_hz, nitrogen.lower) == (pytest.approx(4 / 3), pytest.approx(0.75))
    with pytest.raises(Unconvertible, match="0 to 1"):
        conversion(iodine, 2)


def measured(model: object, values: tuple[float, ...], noise: float, seed: int) -> Density:
    frequency_hz = np.arange(0.5e6, 6e6, 40e3)
    distance = np.subtract.outer(frequency_hz, frequency_hz)
    covariance = noise**2 * np.exp(-0.5 * (distance / 25e3) ** 2) + 1e-9 * noise**2 * np.eye(len(frequency_hz))
    kernel = np.exp(-0.5 * (Density.offsets_hz(12, 40e3) / 15e3) ** 2)
    kernel /= kernel.sum() * 10e3
    empty = Density(frequency_hz, np.zeros(len(frequency_hz)), covariance, kernel)
    truth = empty.as_measured(model.density(empty.fine_frequency_hz(), values))
    drawn = np.linalg.cholesky(covariance) @ np.random.default_rng(seed).standard_normal(len(frequency_hz))
    return Density(frequency_hz, truth + drawn, covariance, kernel)


@pytest.mark.parametrize(
    ("model", "values"),
    [(GAUSSIAN, (3.0e6, 0.6e6)), (CZJZEK, (1.2e6,)), (EXTENDED_CZJZEK, (2.0e6, 0.8e6))],
    ids=lambda value: getattr(value, "name", ""),
)
def test_fits_recover_their_model_with_pulls_of_one(model: object, values: tuple[float, ...]) -> None:
    pulls = []
    for seed in range(24):
        fit = compare(measured(model, values, 4e-8, seed), [model]).best
        assert fit.chance > 1e-4
        pulls.append(
            [(found - true) / fit.sigma(k) for k, (found, true) in enumerate(zip(fit.values, values, strict=True))]
        )
    deviation = np.sqrt(np.mean(np.square(pulls), axis=0))
    assert np.all((deviation > 0.65) & (deviation < 1.4))


def test_the_comparison_says_whether_the_data_can_tell() -> None:
    clear = compare(measured(CZJZEK, (1.2e6,), 1e-8, 1))
    assert clear.best.model.name in ("czjzek", "extended_czjzek")
    assert "Gaussian does worse" in clear.verdict
    unclear = compare(measured(GAUSSIAN, (3.0e6, 0.3e6), 1e-7, 2))
    assert "cannot tell" in unclear.verdict
    assert {fit.model.name for fit in unclear.fits} == {model.name for model in MODELS}


def test_a_shape_that_no_model_has_is_said_to_fit_none() -> None:
    two = measured(GAUSSIAN, (2.0e6, 0.2e6), 1e-8, 3)
    other = measured(GAUSSIAN, (4.5e6, 0.2e6), 1e-8, 4)
    found = compare(Density(two.frequency_hz, two.values + other.values, 2 * two.covariance, two.kernel))
    assert found.verdict.startswith("No model fits")
