"""Whether the unfolding confidence is what it says: of lines given with 90 %, 90 of 100 are on the right tooth.

Combs that hear little (receive duty 25 to 45 %) and lines near the threshold are taken on purpose, as with the usual
combs a wrong tooth does not happen often enough to be counted. The seeds are used by no test.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acquisition.comb import Comb
from acquisition.reconstruction import ReconstructionParameters, reconstruct_survey
from benchmarks.result import Result
from tests.acquisition.reconstruction.survey_trials import CENTRE_HZ, Setup
from tests.acquisition.synthetic import SyntheticLine

TRIALS = 1600
FALSE_ALARMS = 0.1
"""A survey: few enough that noise is seldom taken for a line on another tooth."""

SNRS = (4.0, 8.0)
MATCH_HZ = 2e3
EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.85, 0.95, 0.99, 1.0)
NINETY = (0.85, 0.95)

SETUPS = (
    Setup(Comb(10e-6, 3e-6, 4e-3), half_band_hz=150e3),
    Setup(Comb(10e-6, 3e-6, 4e-3), half_band_hz=150e3, extras={"model": "bloch", "nutation_frequency_hz": 10e3}),
    Setup(Comb(20e-6, 11e-6, 3e-3), half_band_hz=40e3),
    Setup(Comb(12e-6, 5e-6, 3e-3, hs_order=2), half_band_hz=90e3),
)


@dataclass(frozen=True)
class Outcome:
    """One line that was found where a true one or its alias on another tooth is."""

    confidence: float
    right: bool


def outcomes(setups: Sequence[Setup], seeds: Sequence[int]) -> list[Outcome]:
    """One survey of one line for each seed; the set-ups take turns, and the signal-to-noise ratio varies."""
    noises = [setup.noise_for(1.0) for setup in setups]
    parameters = ReconstructionParameters(false_alarms_per_survey=FALSE_ALARMS)
    found = []
    for seed in seeds:
        rng = np.random.default_rng([2024, seed])
        setup, noise = setups[seed % len(setups)], noises[seed % len(setups)]
        frequency = CENTRE_HZ + rng.uniform(-setup.half_band_hz, setup.half_band_hz)
        line = SyntheticLine(frequency, rng.uniform(150e-6, 600e-6), phase_rad=rng.uniform(0, 2 * np.pi))
        capture = setup.capture([line], noise / rng.uniform(*SNRS), seed)
        for one in reconstruct_survey([capture], parameters).lines:
            distance = one.frequency_hz - frequency
            tooth = round(distance / setup.comb.tooth_spacing_hz)
            if abs(distance - tooth * setup.comb.tooth_spacing_hz) < MATCH_HZ:
                found.append(Outcome(one.unfolding_confidence, tooth == 0))
    return found


def reliability(found: Sequence[Outcome], low: float, high: float) -> tuple[int, float, float]:
    """Number of lines with a confidence from `low` to below `high`, their mean confidence, and the fraction right."""
    here = [one for one in found if low <= one.confidence < high or (high == 1.0 and one.confidence == 1.0)]
    if not here:
        return 0, 0.0, 0.0
    return len(here), float(np.mean([one.confidence for one in here])), float(np.mean([one.right for one in here]))


def calibration_error(found: Sequence[Outcome]) -> float:
    """Expected calibration error: the mean over lines of |fraction right - mean confidence| of their bin."""
    bins = [reliability(found, low, high) for low, high in itertools.pairwise(EDGES)]
    return sum(count * abs(right - stated) for count, stated, right in bins) / max(len(found), 1)


def run() -> Result:
    found = outcomes(SETUPS, range(TRIALS))
    count, stated, right = reliability(found, *NINETY)
    extra: dict[str, float | int | str] = {
        "lines": len(found),
        "on_wrong_tooth": sum(not one.right for one in found),
        "lines_at_90": count,
        "standard_error": round(float(np.sqrt(right * (1 - right) / max(count, 1))), 3),
        "expected_calibration_error": round(calibration_error(found), 4),
    }
    for low, high in itertools.pairwise(EDGES):
        number, mean, correct = reliability(found, low, high)
        extra[f"from_{low:.2f}"] = f"{number} lines, stated {mean:.3f}, right {correct:.3f}"
    return Result(
        name="unfolding_calibration",
        value=round(right, 3),
        unit="fraction on the right tooth of lines given with 0.85 to 0.95",
        against="their mean stated confidence",
        ratio=round(right / stated, 3) if stated else 0.0,
        extra=extra,
    )
