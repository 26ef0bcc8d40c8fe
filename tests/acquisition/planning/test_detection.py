"""Probabilities of detection against noise that is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from acquisition.planning import detection
from acquisition.planning.answer import averages_needed
from acquisition.reconstruction.statistics import log_tail


@pytest.mark.parametrize("captures", [1, 3])
def test_probability_is_that_of_drawn_noise(captures: int) -> None:
    rng = np.random.default_rng(5)
    noise = (rng.normal(size=(40_000, captures)) + 1j * rng.normal(size=(40_000, captures))) / np.sqrt(2)
    energy, threshold = 22.0, 14.0
    statistic = np.sum(np.abs(noise + np.sqrt(energy / captures)) ** 2, axis=1)
    drawn = np.mean(log_tail(statistic, captures) > threshold)
    assert float(detection.probability(energy, threshold, captures)) == pytest.approx(drawn, abs=0.01)


def test_the_scale_gives_the_wanted_part_and_no_more() -> None:
    energies = np.array([1.0, 0.8, 0.5, 0.3])
    scale = detection.scale_needed(energies, 14.0, 0.95)
    assert float(np.mean(detection.probability(scale * energies, 14.0))) == pytest.approx(0.95, abs=1e-3)


def test_places_that_hear_nothing_cannot_be_made_up_for() -> None:
    assert detection.scale_needed([1.0, 1.0, 0.0], 14.0, 0.95) == np.inf
    assert averages_needed(lambda n: detection.probability(n * np.array([1.0, 0.0]), 14.0), 0.95) is None


def test_averages_are_whole_cycles_and_the_fewest_that_do() -> None:
    energies = np.array([0.11, 0.13])

    def detected(averages: int) -> np.ndarray:
        return detection.probability(averages * energies, 14.0)

    found = averages_needed(detected, 0.95)
    assert found is not None
    assert found % 4 == 0
    assert float(np.mean(detected(found))) >= 0.95 > float(np.mean(detected(found - 4)))
