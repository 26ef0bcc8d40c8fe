"""Amplitudes of one line in many captures: signed, unbiased by noise, with the uncertainty that they have."""

from __future__ import annotations

import numpy as np
import pytest

from acquisition.line_signal import Trace, measure

STEP_S = 2.5e-6
AROUND_HZ = 28e6
TRUE = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
OFFSET_HZ, T2_STAR_S, PHASE_RAD = 1.2e3, 0.3e-3, 0.6


def traces_of(amplitudes: np.ndarray, noise: float, rng: np.random.Generator) -> list[Trace]:
    time_s = 10e-6 + STEP_S * np.arange(400)
    shape = np.exp((2j * np.pi * OFFSET_HZ - 1 / T2_STAR_S) * time_s + 1j * PHASE_RAD)
    made = []
    for amplitude in amplitudes:
        disturbance = rng.normal(size=400) + 1j * rng.normal(size=400)
        made.append(Trace(time_s, amplitude * shape + noise / np.sqrt(2) * disturbance, AROUND_HZ, STEP_S))
    return made


def test_signs_are_kept_and_the_line_is_found() -> None:
    found = measure(traces_of(TRUE, 0.05, np.random.default_rng(1)), 10e3, 0.01, positive=4)
    assert found is not None
    assert found.line is not None
    assert np.allclose(found.values, TRUE, atol=4 * found.sigmas.max())
    assert abs(found.line.frequency_hz - AROUND_HZ - OFFSET_HZ) < 4 * found.line.frequency_sigma_hz
    assert abs(found.line.t2_star_s - T2_STAR_S) < 4 * T2_STAR_S * found.line.fwhm_sigma_hz / found.line.fwhm_hz
    mirrored = measure(traces_of(TRUE, 0.05, np.random.default_rng(1)), 10e3, 0.01, positive=0)
    assert mirrored is not None
    assert np.allclose(mirrored.values, -found.values)


def test_values_are_unbiased_and_their_sigmas_true_in_strong_noise() -> None:
    rng = np.random.default_rng(2)
    pulls = []
    for _ in range(30):
        found = measure(traces_of(TRUE, 1.5, rng), 10e3, 0.01, positive=4)
        assert found is not None
        pulls.append((found.values - TRUE) / found.sigmas)
    table = np.asarray(pulls)
    # The value of a capture without any signal has no bias at all: a magnitude would be one sigma too large.
    assert abs(np.mean(table[:, 2])) < 3.5 / np.sqrt(30)
    assert 0.8 < np.std(table) < 1.2
    assert abs(np.mean(table)) < 0.25


def test_noise_alone_is_no_line() -> None:
    rng = np.random.default_rng(3)
    found = [measure(traces_of(np.zeros(5), 1.0, rng), 10e3, 0.02) for _ in range(40)]
    assert sum(one is not None and one.line is not None for one in found) <= 3
    assert all(one is not None and np.isfinite(one.values).all() for one in found)


def test_a_line_beside_the_range_is_not_looked_for() -> None:
    found = measure(traces_of(TRUE, 0.01, np.random.default_rng(4)), 500.0, 0.01)
    assert found is not None
    assert abs(found.offset_hz) < 1.5e3


@pytest.mark.parametrize("count", [0, 3])
def test_nothing_comes_of_nothing(count: int) -> None:
    rng = np.random.default_rng(5)
    short = [Trace(one.time_s[:4], one.data[:4], AROUND_HZ, STEP_S) for one in traces_of(TRUE[:count], 1.0, rng)]
    assert measure(short, 10e3, 0.01) is None
