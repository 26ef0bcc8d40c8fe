"""How many lines are found in noise alone, against the number that is stated; white noise, and noise of any colour."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from acquisition.comb import Comb
from acquisition.reconstruction import ReconstructionParameters, reconstruct_survey
from acquisition.shot import Capture
from benchmarks.result import Result
from tests.acquisition.reconstruction.survey_trials import Setup

SURVEYS = 400
STATED = (1.0, 0.1)
SETUP = Setup(Comb(20e-6, 2e-6, 4e-3), 4e6, half_band_hz=200e3)
TILT = 0.35
"""ln of the noise power changes by up to twice this, up or down, from the middle of the pass-band to where it ends."""


def white(seed: int) -> list[Capture]:
    """One survey of one window, with noise alone."""
    return [SETUP.capture([], 1.0, seed)]


def coloured(seed: int) -> list[Capture]:
    """Two windows, each with a noise level and a slope and bend of its noise over frequency of its own."""
    rng = np.random.default_rng([31, seed])
    return [_shaped(SETUP.capture([], 1.0, 2 * seed + i), rng, 400e3 * i) for i in range(2)]


def _shaped(capture: Capture, rng: np.random.Generator, shift_hz: float) -> Capture:
    place = 2.0 * np.fft.fftfreq(len(capture.samples))
    slope, bend = rng.uniform(-TILT, TILT, 2)
    power = np.exp(rng.uniform(-1, 1) + 2.0 * slope * np.sin(np.pi * place) + bend * np.cos(2 * np.pi * place))
    samples = np.fft.ifft(np.fft.fft(capture.samples) * np.sqrt(power)).astype(np.complex64)
    return replace(capture, samples=samples, centre_frequency_hz=capture.centre_frequency_hz + shift_hz)


def false_lines(surveys: Iterable[list[Capture]], stated: float) -> int:
    """Lines found in all of these surveys."""
    parameters = ReconstructionParameters(false_alarms_per_survey=stated)
    return sum(len(reconstruct_survey(captures, parameters).lines) for captures in surveys)


def run() -> Result:
    rates, extra = {}, {}
    for name, make in (("white", white), ("coloured", coloured)):
        for stated in STATED:
            count = false_lines((make(seed) for seed in range(SURVEYS)), stated)
            rates[name, stated] = count / SURVEYS
            extra[f"{name}_at_{stated:g}"] = round(count / SURVEYS, 4)
            extra[f"{name}_at_{stated:g}_poisson_error"] = round(math.sqrt(max(count, 1)) / SURVEYS, 4)
    return Result(
        name="false_alarm_rate",
        value=round(rates["white", 1.0], 3),
        unit="false lines a survey where 1 is stated",
        against="the stated rate",
        ratio=round(rates["white", 1.0], 3),
        extra={"surveys": SURVEYS, **extra},
    )
