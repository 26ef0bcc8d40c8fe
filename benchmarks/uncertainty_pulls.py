"""Whether uncertainties are what they say: the pulls (found - true) / sigma of single lines have a deviation of 1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from acquisition.reconstruction import ReconstructionParameters, reconstruct_survey
from acquisition.reconstruction.record import Record
from benchmarks.result import Result
from tests.acquisition.reconstruction.survey_trials import CENTRE_HZ, Setup
from tests.acquisition.synthetic import SyntheticLine

TRIALS = 400
SNRS = (7.0, 25.0)
BLOCH = Setup(extras={"model": "bloch", "nutation_frequency_hz": 15e3})


@dataclass
class Pulls:
    """Of every line that was found."""

    lines: int = 0
    frequency: list[float] = field(default_factory=list)
    fwhm: list[float] = field(default_factory=list)
    amplitude: list[float] = field(default_factory=list)


def pulls(setup: Setup, seeds: Iterable[int], snrs: tuple[float, float] = SNRS) -> Pulls:
    """One survey of one line for each seed, with T2* of 150 to 600 us and a varying signal-to-noise ratio.

    The true amplitude is that of the linear response which has the energy of the line's own.
    """
    noise = setup.noise_for(1.0)
    out = Pulls()
    for seed in seeds:
        rng = np.random.default_rng([5, seed])
        frequency = CENTRE_HZ + rng.uniform(-setup.half_band_hz, setup.half_band_hz)
        line = SyntheticLine(frequency, rng.uniform(150e-6, 600e-6), phase_rad=rng.uniform(0, 2 * np.pi))
        fwhm = 1.0 / (np.pi * line.t2_star_s)
        clean = setup.capture([line], 0.0, 0)
        sigma = noise / rng.uniform(*snrs)
        grains = rng.standard_normal((2, len(clean.samples))) * (sigma / np.sqrt(2.0))
        unit = Record(clean).response_energy(np.asarray([frequency]), fwhm)[0]
        amplitude = float(np.linalg.norm(clean.samples[clean.receive_mask]) / np.sqrt(unit))
        clean.samples[:] += (grains[0] + 1j * grains[1]).astype(np.complex64)
        out.lines += 1
        for found in reconstruct_survey([clean], ReconstructionParameters()).lines:
            if abs(found.frequency_hz - frequency) < 2e3:
                out.frequency.append((found.frequency_hz - frequency) / found.frequency_sigma_hz)
                out.fwhm.append((found.fwhm_hz - fwhm) / found.fwhm_sigma_hz)
                out.amplitude.append((found.amplitude - amplitude) / found.amplitude_sigma)
    return out


def run() -> Result:
    linear, bloch = pulls(Setup(), range(TRIALS // 2)), pulls(BLOCH, range(TRIALS // 2, TRIALS))
    extra: dict[str, float | int | str] = {"lines": linear.lines + bloch.lines}
    deviations = []
    for name, one in (("linear", linear), ("bloch", bloch)):
        for quantity in ("frequency", "fwhm", "amplitude"):
            values = getattr(one, quantity)
            deviations.append(float(np.std(values)))
            extra[f"{name}_{quantity}"] = round(deviations[-1], 3)
            extra[f"{name}_{quantity}_mean"] = round(float(np.mean(values)), 3)
    worst = max(deviations, key=lambda value: abs(value - 1.0))
    return Result("uncertainty_pulls", round(worst, 3), "deviation of the pulls farthest from 1", "1", worst, extra)
