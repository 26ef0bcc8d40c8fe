"""Many simulated surveys and what was made of them: shared by the tests of detection and of uncertainties."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from acquisition.comb import Comb
from acquisition.reconstruction import ReconstructionParameters, reconstruct_survey
from tests.acquisition.synthetic import SyntheticLine, synthetic_capture

CENTRE_HZ = 28e6


@dataclass(frozen=True)
class Setup:
    """A comb and a receiver, and the simulator's model."""

    comb: Comb = field(default_factory=lambda: Comb(gap_period_s=20e-6, tooth_s=1e-6, pulse_length_s=4e-3))
    sample_rate_hz: float = 10e6
    dead_time_s: float = 4e-6
    tail_s: float = 1e-3
    half_band_hz: float = 450e3
    extras: dict[str, Any] = field(default_factory=dict)  # more arguments for `synthetic_capture`

    def capture(self, lines: list[SyntheticLine], noise_sigma: float, seed: int) -> Any:
        """One shot of this set-up."""
        return synthetic_capture(
            self.comb.waveform(self.sample_rate_hz),
            lines,
            noise_sigma,
            sample_rate_hz=self.sample_rate_hz,
            dead_time_s=self.dead_time_s,
            tail_s=self.tail_s,
            centre_frequency_hz=CENTRE_HZ,
            rng=seed,
            **self.extras,
        )

    def noise_for(self, snr: float, t2_star_s: float = 300e-6) -> float:
        """Noise per sample at which a line in the inner half of the band has this signal-to-noise ratio."""
        capture = self.capture([SyntheticLine(CENTRE_HZ + 0.2 * self.half_band_hz + 3e3, t2_star_s)], 0.0, 0)
        return float(np.linalg.norm(capture.samples[capture.receive_mask])) / snr


@dataclass
class Tally:
    """Counts over all surveys. A false line one or more whole teeth off a true one is counted as a wrong tooth."""

    lines: int = 0
    found: int = 0
    false: int = 0
    wrong_tooth: int = 0
    pulls: list[float] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found / self.lines

    @property
    def within_three_sigma(self) -> float:
        return float(np.mean(np.abs(self.pulls) < 3))


def random_lines(rng: np.random.Generator, count: int, half_band_hz: float) -> list[SyntheticLine]:
    """Lines at random places, at least 6 kHz apart, with T2* of 150 to 600 us and random phases."""
    lines: list[SyntheticLine] = []
    while len(lines) < count:
        frequency = CENTRE_HZ + rng.uniform(-half_band_hz, half_band_hz)
        if all(abs(frequency - line.frequency_hz) > 6e3 for line in lines):
            lines.append(SyntheticLine(frequency, rng.uniform(150e-6, 600e-6), phase_rad=rng.uniform(0, 2 * np.pi)))
    return lines


def survey_many(setup: Setup, noise_sigma: float, seeds: Iterable[int], count: int | None = None) -> Tally:
    """Simulate and reconstruct one survey for each seed, with `count` lines or 0 to 3 of them in turn."""
    tally = Tally()
    for seed in seeds:
        rng = np.random.default_rng(10_000 + seed)
        lines = random_lines(rng, seed % 4 if count is None else count, setup.half_band_hz)
        result = reconstruct_survey([setup.capture(lines, noise_sigma, seed)], ReconstructionParameters())
        left = list(result.lines)
        for line in lines:
            tally.lines += 1
            nearest = min(left, key=lambda found: abs(found.frequency_hz - line.frequency_hz), default=None)
            if nearest is None or abs(nearest.frequency_hz - line.frequency_hz) > 2e3:
                continue
            left.remove(nearest)
            tally.found += 1
            tally.pulls.append((nearest.frequency_hz - line.frequency_hz) / nearest.frequency_sigma_hz)
        for false in left:
            teeth = [abs(false.frequency_hz - line.frequency_hz) / setup.comb.tooth_spacing_hz for line in lines]
            if any(round(tooth) >= 1 and abs(tooth - round(tooth)) < 0.05 for tooth in teeth):
                tally.wrong_tooth += 1
            else:
                tally.false += 1
    return tally
