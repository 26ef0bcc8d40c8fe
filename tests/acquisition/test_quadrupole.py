"""Quadrupole transition frequencies against closed forms and known values."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.quadrupole import coupling_of_spin_1, coupling_of_spin_3_2, transition_frequencies_hz

ETA = st.floats(0.0, 1.0)
COUPLING = st.floats(1e3, 1e9)


@pytest.mark.parametrize(
    ("spin", "eta", "expected"),
    [
        (Fraction(5, 2), 0.0, (0.15, 0.30)),
        (2.5, 0.5, (0.186245, 0.287153)),
        (2.5, 1.0, (0.264575, 0.264575)),
        (3.5, 0.0, (1 / 14, 2 / 14, 3 / 14)),
        (4.5, 0.0, (1 / 24, 2 / 24, 3 / 24, 4 / 24)),
        (1, 0.0, (0.75, 0.75)),
        (1.5, 0.0, (0.5,)),
    ],
)
def test_known_values(spin: float, eta: float, expected: tuple[float, ...]) -> None:
    assert transition_frequencies_hz(spin, 1.0, eta) == pytest.approx(expected, abs=1e-6)


@given(COUPLING, ETA)
def test_spin_3_2_closed_form(coupling: float, eta: float) -> None:
    (line,) = transition_frequencies_hz(1.5, coupling, eta)
    assert line == pytest.approx(0.5 * coupling * math.sqrt(1 + eta**2 / 3), rel=1e-9)
    bounds = coupling_of_spin_3_2(line)
    assert bounds.minimum_hz <= coupling * (1 + 1e-9)
    assert bounds.maximum_hz >= coupling * (1 - 1e-9)
    assert bounds.product_hz == pytest.approx(coupling * math.sqrt(1 + eta**2 / 3), rel=1e-9)


@given(COUPLING, st.floats(1e-3, 1.0))
def test_spin_1_there_and_back(coupling: float, eta: float) -> None:
    zero, minus, plus = transition_frequencies_hz(1, coupling, eta)
    assert zero == pytest.approx(plus - minus, rel=1e-6)
    assert minus == pytest.approx(0.75 * coupling * (1 - eta / 3), rel=1e-9)
    found_coupling, found_eta = coupling_of_spin_1(minus, plus)
    assert found_coupling == pytest.approx(coupling, rel=1e-9)
    assert found_eta == pytest.approx(eta, abs=1e-6)


@given(st.sampled_from([2.5, 3.5, 4.5]), COUPLING, ETA)
def test_frequencies_scale_with_the_coupling(spin: float, coupling: float, eta: float) -> None:
    scaled = [line / coupling for line in transition_frequencies_hz(spin, coupling, eta)]
    assert scaled == pytest.approx(transition_frequencies_hz(spin, 1.0, eta), rel=1e-9)


@pytest.mark.parametrize(("spin", "eta"), [(0.5, 0.0), (0, 0.0), (1.2, 0.0), (1.5, -0.1), (1.5, 1.1), (1.5, math.nan)])
def test_what_has_no_levels_is_refused(spin: float, eta: float) -> None:
    with pytest.raises(ValueError, match=r"spin|asymmetry"):
        transition_frequencies_hz(spin, 1e6, eta)


def test_a_pair_that_is_no_site_is_refused() -> None:
    with pytest.raises(ValueError, match="asymmetry"):
        coupling_of_spin_1(1e6, 3e6)
