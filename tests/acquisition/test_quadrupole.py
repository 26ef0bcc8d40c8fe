"""Quadrupole transition frequencies against closed forms and known values."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.quadrupole import (
    coupling_of_spin_1,
    coupling_of_spin_3_2,
    frequency_ratio_slopes,
    frequency_ratios,
    levels_hz,
    powder_strengths,
    regular_names,
    transition_frequencies_hz,
    transitions,
)

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


@pytest.mark.parametrize("spin", [1, 1.5, 2.5, 3, 3.5, 4.5, 6, 7])
def test_levels_agree_with_the_full_matrix(spin: float) -> None:
    """The blocks and the Chebyshev series against a plain diagonalisation with spin matrices made another way."""
    size = int(2 * spin + 1)
    m = np.array([spin - k for k in range(size)])
    lower = np.zeros((size, size))
    for k in range(size - 1):
        lower[k + 1, k] = math.sqrt(spin * (spin + 1) - m[k] * (m[k] - 1))
    i_x, i_y, i_z = (lower + lower.T) / 2, (lower.T - lower) / 2j, np.diag(m)
    for eta in (0.0, 0.123, 0.6, 1.0):
        matrix = 3 * i_z @ i_z - spin * (spin + 1) * np.eye(size) + eta * (i_x @ i_x - i_y @ i_y)
        energies = np.linalg.eigvalsh(matrix / (4 * spin * (2 * spin - 1)))
        assert sum(energies) == pytest.approx(0, abs=1e-12)
        found = [energy for _, energy in levels_hz(spin, 1.0, eta)]
        assert np.repeat(found, 2 if size % 2 == 0 else 1) == pytest.approx(energies, abs=1e-12)
        by_name = {t.name: t.frequency_hz for t in transitions(spin, 1.0, eta)}
        for name, ratio in zip(regular_names(spin), frequency_ratios(spin, eta), strict=True):
            assert ratio == pytest.approx(by_name.get(name, 0.0 if name == "ν0" else ratio), abs=1e-12)


def test_frequencies_over_a_grid_and_their_slopes() -> None:
    eta = np.linspace(0.05, 0.95, 7)
    for spin in (1, 2.5, 3.5, 4.5):
        ratios, slopes = frequency_ratios(spin, eta), frequency_ratio_slopes(spin, eta)
        assert ratios.shape == slopes.shape == (7, len(regular_names(spin)))
        numeric = (frequency_ratios(spin, eta + 1e-6) - frequency_ratios(spin, eta - 1e-6)) / 2e-6
        assert slopes == pytest.approx(numeric, abs=1e-7)


def test_what_is_allowed() -> None:
    """At eta = 0 only neighbouring doublets of a half-integer spin are joined; eta lets the others in, weakly."""
    assert [t.name for t in transitions(2.5, 1.0, 0.0)] == ["1/2–3/2", "3/2–5/2"]
    mixed = {t.name: t for t in transitions(2.5, 1.0, 0.3)}
    assert not mixed["1/2–5/2"].regular
    assert mixed["1/2–5/2"].frequency_hz == pytest.approx(sum(transition_frequencies_hz(2.5, 1.0, 0.3)))
    assert 0 < mixed["1/2–5/2"].strength < 0.05 * mixed["3/2–5/2"].strength
    # |<m+1|I_+|m>|^2 = I(I+1) - m(m+1) = 8 and 5 at eta = 0; |I_x|^2 + |I_y|^2 is half of it, in each of two pairs.
    assert [t.strength for t in transitions(2.5, 1.0, 0.0)] == pytest.approx([8 / 3, 5 / 3])


def test_the_three_lines_of_spin_1_are_equally_strong_in_a_powder() -> None:
    found = transitions(1, 1.0, 0.4)
    assert [t.name for t in found] == ["ν0", "ν−", "ν+"]
    assert [t.strength for t in found] == pytest.approx([1 / 3] * 3)
    assert powder_strengths(1) == pytest.approx(1 / 3)


def test_boron_10_has_many_lines_and_a_strong_few() -> None:
    """I = 3 at eta = 0: 3 C_Q (2m + 1) / 60 between |m| and |m| + 1; eta splits the pairs."""
    assert sorted(set(np.round(transition_frequencies_hz(3, 1.0, 0.0), 9))) == [0.05, 0.15, 0.25]
    found = transition_frequencies_hz(3, 1.0, 0.2)
    assert len(found) > 6 and all(0 < f < 0.3 for f in found)
    assert max(transition_frequencies_hz(6, 1.0, 0.0)) == pytest.approx(3 * 11 / (4 * 6 * 11))
    assert max(transition_frequencies_hz(7, 1.0, 0.0)) == pytest.approx(3 * 13 / (4 * 7 * 13))
