"""C_Q and eta from lines: there and back, every assignment that fits, and honest uncertainties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from acquisition.coupling import (
    MeasuredFrequency,
    Solution,
    chi2_probability,
    coupling_of_field_gradient,
    field_gradient,
    product_of_spin_3_2,
    solve,
)
from acquisition.nuclides import nuclide
from acquisition.quadrupole import frequency_ratios, regular_names


def lines_of(spin: float, coupling_hz: float, eta: float, columns: tuple[int, ...], sigma_hz: float = 50.0):
    ratios = frequency_ratios(spin, eta)
    return [MeasuredFrequency(float(coupling_hz * ratios[column]), sigma_hz) for column in columns]


def true_one(spin: float, eta: float, columns: tuple[int, ...], found: tuple[Solution, ...]) -> Solution:
    """The solution with the right assignment that is nearest to the true eta."""
    names = tuple(regular_names(spin)[column] for column in columns)
    return min((s for s in found if s.transitions == names), key=lambda s: abs(s.eta - eta))


@settings(deadline=None, max_examples=60)
@example((4.5, (1, 3)), 1e6, 0.37890625)
@given(
    st.sampled_from([(1, (0, 2)), (1, (0, 1, 2)), (2.5, (0, 1)), (3.5, (0, 1, 2)), (3.5, (2, 0)), (4.5, (1, 3))]),
    st.floats(1e6, 1e9),
    st.floats(0.05, 0.999),
)
def test_there_and_back(case: tuple[float, tuple[int, ...]], coupling_hz: float, eta: float) -> None:
    spin, columns = case
    found = solve(spin, lines_of(spin, coupling_hz, eta, columns, 1e-7 * coupling_hz))
    best = true_one(spin, eta, columns, found)
    # Where the ratio of two lines has its maximum over eta (0.38 for the example), a solution on either side of it is
    # as good; within a few sigma of each other they are given as one.
    assert best.coupling_hz == pytest.approx(coupling_hz, rel=1e-6, abs=4 * best.coupling_sigma_hz)
    assert best.eta == pytest.approx(eta, abs=max(1e-5, 4 * best.eta_sigma))
    assert best.chi2 < 1e-3


def test_sodium_nitrite() -> None:
    """All three lines leave one solution; any two leave several, which are all given."""
    triple = [MeasuredFrequency(f, 1e3) for f in (4.642e6, 3.604e6, 1.038e6)]
    (only,) = solve(1, triple)
    assert only.transitions == ("ν+", "ν−", "ν0")
    assert only.coupling_hz == pytest.approx(5.497e6, abs=1e3)
    assert only.eta == pytest.approx(0.378, abs=1e-3)
    assert only.freedom == 1 and only.probability > 0.5
    pair = solve(1, triple[:2])
    assert {s.transitions for s in pair} == {("ν+", "ν−"), ("ν−", "ν0")}
    assert all(s.chi2 < 1e-6 and s.freedom == 0 for s in pair)


def test_a_triple_that_is_none_has_no_solution() -> None:
    assert solve(1, [MeasuredFrequency(f, 1e3) for f in (4.642e6, 3.604e6, 1.238e6)]) == ()


def test_equal_lines_of_spin_5_2_are_eta_one() -> None:
    found = solve(2.5, [MeasuredFrequency(10e6, 100.0), MeasuredFrequency(10e6, 100.0)])
    assert found[0].eta == pytest.approx(1.0, abs=1e-4)
    assert found[0].coupling_hz == pytest.approx(10e6 / 0.2645751, rel=1e-4)


def test_an_axial_site_has_eta_zero_with_an_upper_limit() -> None:
    best = solve(3.5, lines_of(3.5, 140e6, 0.0, (0, 1, 2), 1e3))[0]
    assert best.eta == pytest.approx(0, abs=1e-3) and 0 < best.eta_sigma < 0.05


@pytest.mark.parametrize(
    ("spin", "eta", "columns"),
    [(1, 0.378, (1, 2)), (1, 0.378, (0, 1, 2)), (2.5, 0.4, (0, 1)), (3.5, 0.4, (0, 1, 2)), (4.5, 0.6, (0, 2, 3))],
)
def test_pulls(spin: float, eta: float, columns: tuple[int, ...]) -> None:
    """Monte Carlo: errors over their stated uncertainty have standard deviation 1; chi^2 has the right mean."""
    rng = np.random.default_rng(11)
    coupling_hz, sigma_hz = 30e6, np.array([150.0, 400.0, 250.0])[: len(columns)]
    true_hz = coupling_hz * frequency_ratios(spin, eta)[list(columns)]
    pulls, chi2 = [], []
    for _ in range(80):
        measured = true_hz + rng.normal(0.0, sigma_hz)
        lines = [MeasuredFrequency(float(f), float(s)) for f, s in zip(measured, sigma_hz, strict=True)]
        best = true_one(spin, eta, columns, solve(spin, lines))
        pulls.append(((best.coupling_hz - coupling_hz) / best.coupling_sigma_hz, (best.eta - eta) / best.eta_sigma))
        chi2.append(best.chi2)
    deviation = np.std(np.array(pulls), axis=0)
    assert deviation == pytest.approx(1.0, abs=0.2)
    assert np.mean(chi2) == pytest.approx(len(columns) - 2, abs=0.35)


@pytest.mark.parametrize(("spin", "count"), [(1.5, 1), (1.5, 2), (1, 1), (2.5, 3), (3, 2), (4.5, 5), (0.5, 2)])
def test_what_cannot_be_solved_is_refused(spin: float, count: int) -> None:
    with pytest.raises(ValueError):
        solve(spin, [MeasuredFrequency(1e6 * (k + 1), 10.0) for k in range(count)])


@pytest.mark.parametrize("bad", [(0.0, 1.0), (1e6, 0.0), (math.nan, 1.0), (1e6, math.inf)])
def test_impossible_values_are_refused(bad: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        solve(1, [MeasuredFrequency(*bad), MeasuredFrequency(2e6, 1.0)])


def test_field_gradient_of_chlorate() -> None:
    """h C_Q / (e Q) by hand: 6.626e-34 * 56.169e6 / (1.602e-19 * 8.17e-30) = 2.843e22 V/m^2; Q is known to 1 %."""
    chlorine = nuclide("35Cl")
    product_hz, sigma_hz = product_of_spin_3_2(MeasuredFrequency(28.0846e6, 50.0))
    gradient, uncertainty = field_gradient(chlorine, product_hz, sigma_hz)
    assert gradient == pytest.approx(2.843e22, rel=1e-3)
    assert uncertainty == pytest.approx(gradient * 0.0008 / 0.0817, rel=1e-3)
    assert coupling_of_field_gradient(chlorine, gradient) == pytest.approx(product_hz)


def test_chi2_probabilities() -> None:
    """Tabulated 5 % points."""
    for freedom, point in ((1, 3.841), (2, 5.991), (3, 7.815), (4, 9.488), (7, 14.067)):
        assert chi2_probability(point, freedom) == pytest.approx(0.05, abs=1e-4)
    assert chi2_probability(0.0, 3) == 1.0
    assert chi2_probability(5.0, 0) == 1.0
