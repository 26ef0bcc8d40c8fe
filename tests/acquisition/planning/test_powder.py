"""The powder's steady state against a plain simulation of the shots, and the bound against its limits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from acquisition.planning.powder import bound_rate_hz, ernst_energy, powder, recovering, series, summed


def test_best_pulse_is_that_of_a_powder_of_spin_three_halves() -> None:
    grains = powder()
    angles = np.radians(np.arange(1.0, 90.0, 0.1))
    curve = np.sin(np.outer(angles, grains.nutation)) @ grains.pickup
    assert math.degrees(angles[np.argmax(curve)]) == pytest.approx(58.6, abs=0.2)
    assert curve.max() == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(("shots", "turns", "cosine"), [(1, 7, -0.4), (4, 5, 0.6), (8, 1, -0.9), (32, 3, 0.99)])
def test_sums_are_those_of_shots_played_one_by_one(shots: int, turns: int, cosine: float) -> None:
    recovery, pause = 0.93, 0.4
    z, total = 1.0, 0.0
    for _ in range(turns):
        for _ in range(shots):
            total += z
            z = 1.0 + (cosine * z - 1.0) * recovery
        z = 1.0 + (z - 1.0) * pause
    turn, summand = series(np.asarray(cosine), recovery, float(shots))
    assert float(summed(turn.then(recovering(pause)), summand, float(turns))) == pytest.approx(total, rel=1e-9)


def test_ernst_angle_of_short_repetitions_gives_half_of_the_square_root_law() -> None:
    """For TR << T1 the best energy per shot is TR / (2 T1) of a single crystal; a powder's grains differ by 5 %."""
    best = max(ernst_energy(flip, 1e-3, 1.0) for flip in np.radians(np.arange(0.2, 10.0, 0.05)))
    assert best == pytest.approx(1e-3 / 2.0 / 1.0, rel=0.08)


@pytest.mark.parametrize(("t1_s", "t2_star_s"), [(1.0, 50e-6), (20e-3, 300e-6)])
def test_bound_tends_to_a_quarter_of_t2_star_over_t1(t1_s: float, t2_star_s: float) -> None:
    assert bound_rate_hz(t1_s, t2_star_s) == pytest.approx(t2_star_s / (4.0 * t1_s), rel=0.08)
