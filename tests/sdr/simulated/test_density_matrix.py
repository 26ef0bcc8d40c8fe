"""The effective two-level spins of the simulator against the full density matrix, and that matrix against the books.

`make bench NAME=simulator_accuracy` goes through the whole grid.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from sdr.simulated.powder import best_powder_signal, powder_orientations
from tests.sdr.simulated.accuracy import (
    CARRIER_HZ,
    best_signal,
    echo_deviation,
    gapped_deviation,
    nutation_deviation,
    site_of,
    sites,
)
from tests.sdr.simulated.density_matrix import Site, lab_nutation, nutation

LIMIT = 0.02
ONE, THREE_HALVES, FIVE_HALVES = Fraction(1), Fraction(3, 2), Fraction(5, 2)


@pytest.mark.parametrize(
    ("spin", "eta", "transition", "coupling"),
    [
        (FIVE_HALVES, 0.0, 1, 0.15),
        (FIVE_HALVES, 0.0, 2, 0.30),
        (FIVE_HALVES, 0.5, 1, 0.186245),
        (FIVE_HALVES, 0.5, 2, 0.287153),
        (THREE_HALVES, 0.6, 1, 0.5 * np.sqrt(1 + 0.12)),
        (ONE, 0.3, 1, 0.75 * 0.9),
        (ONE, 0.3, 2, 0.75 * 1.1),
        (ONE, 0.3, 3, 0.15),
    ],
)
def test_levels_of_the_full_calculation(spin: Fraction, eta: float, transition: int, coupling: float) -> None:
    """Transition frequencies over C_Q, which is the largest level splitting of eta = 0 scaled out."""
    site = Site(spin, eta, transition, 1.0)
    x, y, z = site.operators
    number = float(spin)
    matrix = 3 * z @ z - number * (number + 1) * np.eye(len(z)) + eta * (x @ x - y @ y)
    per_coupling = np.linalg.eigvalsh(matrix) / (4 * number * (2 * number - 1))
    assert site.levels_hz * coupling == pytest.approx(per_coupling, abs=2e-6)


@pytest.mark.parametrize(
    ("spin", "eta", "angle_deg", "height"), [(ONE, 0.3, 119.3, 0.436), (THREE_HALVES, 0.0, 58.6, 0.749)]
)
def test_full_calculation_has_the_golden_maxima(spin: Fraction, eta: float, angle_deg: float, height: float) -> None:
    """Height over that of a single crystal in its best orientation with a 90 degree pulse."""
    site = site_of(spin, eta, 1)
    flips = np.radians(np.linspace(0, 150, 1501))
    curve = nutation(site, flips)
    # Spin 1, nu_minus: the field along the axis of its line, y or x; spin 3/2, eta = 0: any direction across z.
    single = max(
        float(nutation(site, flips, quadrature=(direction[None, :], np.ones(1))).max()) for direction in np.eye(3)
    )
    assert np.degrees(flips[curve.argmax()]) == pytest.approx(angle_deg, abs=0.15)
    assert curve.max() / single == pytest.approx(height, abs=0.0006)


@pytest.mark.parametrize(("spin", "transition"), [(ONE, 2), (THREE_HALVES, 1), (FIVE_HALVES, 1)])
def test_nothing_is_lost_with_the_fast_terms(spin: Fraction, transition: int) -> None:
    site = site_of(spin, 0.3, transition)
    periods = np.round(np.linspace(0, 30e-6, 20) * CARRIER_HZ).astype(int)
    lab = lab_nutation(site, periods, 20e3)
    turning = nutation(site, periods / CARRIER_HZ * 2 * np.pi * 20e3)
    assert np.abs(lab - turning).max() < 0.003 * turning.max()


PULSEE_TIMES_S = np.array([4.2, 8.3, 12.5, 16.7, 25.0, 33.3, 41.7]) * 1e-6
PULSEE = {
    (THREE_HALVES, 0.3, 1): (0.47108, 0.64934, 0.4474, 0.01212, -0.4508, 0.07666, 0.26336),
    (ONE, 0.3, 2): (0.08554, 0.15564, 0.20264, 0.21807, 0.15915, 0.0355, -0.06378),
    (FIVE_HALVES, 0.6, 1): (0.8489, 0.69596, -0.10201, -0.48129, 0.01988, -0.09772, 0.27637),
}
"""Powder nutation of lines at 10 MHz with omega_1/2pi = 20 kHz by another program.

PULSEE 0.1.4 (D. Candoli and others, github.com/DavideCandoli/PULSEE), which integrates the von Neumann equation in the
laboratory's frame with QuTiP's mesolve: coherence of the line along the coil after whole periods of the carrier, over
10 x 5 directions. Its own quadrupole Hamiltonian does not depend on eta when the principal axes are those of the
laboratory (v2_EFG multiplies two terms that belong added), so it was given the Hamiltonian; its B_1 is half of the
linear field.
"""


@pytest.mark.parametrize("case", list(PULSEE), ids=str)
def test_nutation_agrees_with_another_program(case: tuple[Fraction, float, int]) -> None:
    spin, eta, transition = case
    flips = 2 * np.pi * 20e3 * PULSEE_TIMES_S
    expected = np.array(PULSEE[case])
    full = nutation(site_of(spin, eta, transition, 10e6), flips)
    assert np.abs(full - expected).max() < 1e-3 * np.abs(expected).max()
    factors, pickup = powder_orientations(spin, eta=eta, transition=transition)
    ours = np.sin(np.outer(flips, factors)) @ pickup
    scale = (ours @ expected) / (ours @ ours)
    assert np.abs(scale * ours - expected).max() < 2e-3 * np.abs(expected).max()


@pytest.mark.parametrize("site", list(sites()), ids=lambda s: f"{s.spin} eta {s.eta} line {s.transition}")
def test_nutation(site: Site) -> None:
    assert nutation_deviation(site) < LIMIT


def test_the_comparison_sees_eta_and_the_transition() -> None:
    """With eta = 0 weights for all, the agreement is lost: the yardstick is fine enough."""
    flips = np.linspace(0, 3 * np.pi, 91)
    factors, pickup = powder_orientations(THREE_HALVES)
    blind = np.sin(np.outer(flips, factors)) @ pickup / best_powder_signal(factors, pickup)[1]
    site = site_of(THREE_HALVES, 0.6, 1)
    full = nutation(site, flips) / best_signal(site)[1]
    assert np.abs(blind - full).max() / np.abs(full).max() > 3 * LIMIT


def test_where_two_levels_are_not_enough() -> None:
    """Spin 5/2 near eta = 1: both lines within reach of the field; the documentation states these figures."""
    assert nutation_deviation(site_of(FIVE_HALVES, 0.98, 1)) < LIMIT
    assert nutation_deviation(site_of(FIVE_HALVES, 0.999, 1)) > 0.3


@pytest.mark.parametrize(
    ("spin", "eta", "transition", "flips"),
    [
        (ONE, 0.0, 1, (1, 2)),
        (ONE, 0.3, 2, (1, 1)),
        (ONE, 0.3, 3, (0.5, 2)),
        (THREE_HALVES, 0.0, 1, (1, 2)),
        (THREE_HALVES, 0.3, 1, (0.5, 0.5)),
        (THREE_HALVES, 1.0, 1, (1.5, 3)),
        (FIVE_HALVES, 0.1, 1, (1, 2)),
        (FIVE_HALVES, 0.6, 2, (1, 1)),
    ],
)
def test_echoes(spin: Fraction, eta: float, transition: int, flips: tuple[float, float]) -> None:
    assert echo_deviation(site_of(spin, eta, transition), flips, 100e-6) < LIMIT


def test_echo_of_a_line_wider_than_the_pulses() -> None:
    site = site_of(THREE_HALVES, 0.1, 1)
    deviation = echo_deviation(site, (1, 2), 30e-6, nutation_hz=20e3, fwhm_hz=200e3, isochromats=161)
    assert deviation < LIMIT


@pytest.mark.parametrize(
    ("spin", "eta", "transition", "offset_hz"),
    [
        (ONE, 0.1, 1, 70e3),
        (ONE, 0.6, 3, -320e3),
        (THREE_HALVES, 0.0, 1, 0.0),
        (THREE_HALVES, 0.3, 1, 123e3),
        (THREE_HALVES, 1.0, 1, -410e3),
        (FIVE_HALVES, 0.0, 2, 35e3),
        (FIVE_HALVES, 0.6, 1, -185e3),
    ],
)
def test_answer_to_a_gapped_pulse(spin: Fraction, eta: float, transition: int, offset_hz: float) -> None:
    """Amplitude and phase in every gap and after the pulse."""
    assert gapped_deviation(site_of(spin, eta, transition, CARRIER_HZ + offset_hz), 1e-3, 40e3, (8, 4)) < LIMIT
