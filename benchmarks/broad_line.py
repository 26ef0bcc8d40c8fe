"""A line 100 kHz wide: an echo map against the same echoes taken point by point, and against stepped free decays.

Everything goes through driver, libiio and simulated radio, and takes the same time on its clock. Point by point
is how such lines are customarily mapped: the height of each echo at its pulses' frequency. What the stepped search
with single pulses makes of the line is counted besides. The true width is used only to state the errors.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from scipy import optimize

from acquisition import verdict
from acquisition.broad.reconstruct import echoes_of
from acquisition.efg.models import gaussian_density
from acquisition.lines import LineStatus
from acquisition.methods import get
from acquisition.methods.echo_map import EchoMapParameters
from acquisition.methods.stepped import SteppedParameters
from acquisition.reconstruction import ReconstructionParameters
from acquisition.shot import Capture
from benchmarks.result import Result
from sdr import open_transceiver
from sdr.simulated import running
from sdr.transceiver import ConverterSettings, InstrumentSettings

SEEDS = 8
CENTRE_HZ, FWHM_HZ = 30.02e6, 100e3
FWHM_PER_SIGMA = 2.354820045
SAMPLE = {
    "name": "made-up glass",
    "lines": [
        {
            "frequency_hz": CENTRE_HZ, "amplitude_over_noise": 0.6, "t2_s": 150e-6, "t1_s": 5e-3, "nuclide": "35Cl",
            "distribution": {"shape": "gaussian", "fwhm_hz": FWHM_HZ},
        }
    ],
}  # fmt: skip
MAP = EchoMapParameters(centre_frequency_hz=30e6, span_hz=300e3, averages=16, repetition_time_s=20e-3, nuclide="35Cl")
STEPPED = SteppedParameters(centre_frequency_hz=30e6, span_hz=345e3, step_hz=23e3, averages=16, repetition_time_s=20e-3)
NOMINAL_HALF_ECHO_S = 12e-6


def played(method: str, parameters: object, seed: int) -> tuple[list[Capture], float]:
    """The captures of an experiment and the time that it took on the instrument."""
    captures = []
    with running(SAMPLE, seed=seed, serial=f"broad-line-{os.getpid()}-{method}-{seed}") as simulator:
        converter = ConverterSettings(side="upper", lo_hz=400e6)
        settings = InstrumentSettings(slug="broad-line", uri=simulator.uri, converter=converter)
        with open_transceiver(settings) as radio:
            experiment = get(method).experiment(parameters, settings.limits)
            while (shot := experiment.next_shot()) is not None:
                captures.append(radio.play(shot))
                experiment.take(captures[-1])
    return captures, experiment.progress.duration_done_s


def point_by_point_fwhm_hz(captures: Sequence[Capture]) -> float:
    """Width of a Gaussian through the magnitudes of the echoes, each summed over its nominal length."""
    echoes = echoes_of(captures)
    assert echoes is not None
    place_hz, height = [], []
    for shot in echoes.shots:
        rate = shot.capture.sample_rate_hz
        place = np.arange(
            round(shot.top - NOMINAL_HALF_ECHO_S * rate), round(shot.top + NOMINAL_HALF_ECHO_S * rate) + 1
        )
        turns = (shot.frequency_hz - shot.capture.centre_frequency_hz) / rate * place
        place_hz.append(shot.frequency_hz)
        height.append(abs(np.sum(shot.capture.samples[place] * np.exp(-2j * np.pi * turns))))
    x, y = np.asarray(place_hz) - CENTRE_HZ, np.asarray(height)

    def shape(offset_hz: np.ndarray, area: float, centre_hz: float, sigma_hz: float) -> np.ndarray:
        return area * gaussian_density(offset_hz, (centre_hz, sigma_hz))

    found, _ = optimize.curve_fit(shape, x, y, p0=(float(np.sum(y)) * 2e4, 0.0, 60e3), maxfev=5000)
    return abs(float(found[2])) * FWHM_PER_SIGMA


def run() -> Result:
    """Root-mean-square error of the width, relative; the ratio is that of the map over that of point by point."""
    mapped, pointwise, pulls = [], [], []
    found_by_steps, instrument_s, stepped_s = 0, 0.0, 0.0
    for seed in range(SEEDS):
        captures, instrument_s = played("echo_map", MAP, seed)
        found = verdict.reconstruct(captures, ReconstructionParameters())
        width = next(quantity for quantity in found.quantities if quantity.name == "fwhm_hz")
        mapped.append(width.value / FWHM_HZ - 1)
        pulls.append((width.value - FWHM_HZ) / width.sigma)
        pointwise.append(point_by_point_fwhm_hz(captures) / FWHM_HZ - 1)
        stepped, stepped_s = played("stepped", STEPPED, seed)
        lines = verdict.reconstruct(stepped, ReconstructionParameters()).lines
        confirmed = [line for line in lines if line.status is LineStatus.CONFIRMED]
        found_by_steps += any(abs(line.frequency_hz - CENTRE_HZ) < FWHM_HZ / 2 for line in confirmed)
    error, other = (float(np.sqrt(np.mean(np.square(values)))) for values in (mapped, pointwise))
    return Result(
        name="broad_line",
        value=error,
        unit="relative rms error of a width of 100 kHz",
        against="the same echoes point by point",
        ratio=error / other,
        extra={
            "seeds": SEEDS,
            "error_point_by_point": round(other, 4),
            "bias_point_by_point": round(float(np.mean(pointwise)), 4),
            "bias_map": round(float(np.mean(mapped)), 4),
            "pull_deviation": round(float(np.sqrt(np.mean(np.square(pulls)))), 3),
            "instrument_s": round(instrument_s, 2),
            "stepped_instrument_s": round(stepped_s, 2),
            "lines_found_by_stepped_free_decays": found_by_steps,
        },
    )
