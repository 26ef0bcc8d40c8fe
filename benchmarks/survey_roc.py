"""Receiver operating curve: how often a line is found against its signal-to-noise ratio, at stated false-alarm rates.

Compared with what needs no model of a line: the correlation spectrum and a threshold, set on noise alone to give as
many false alarms. The signal-to-noise ratio is that of the matched filter, |signal| / sigma, over all samples.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from acquisition.comb import Comb
from acquisition.reconstruction import ReconstructionParameters, reconstruct_survey
from acquisition.reconstruction.correlate import correlation_spectrum
from acquisition.reconstruction.record import Record
from acquisition.shot import Capture
from benchmarks.result import Result
from tests.acquisition.reconstruction.survey_trials import CENTRE_HZ, Setup
from tests.acquisition.synthetic import SyntheticLine

SETUP = Setup(Comb(20e-6, 2e-6, 3e-3), 4e6, half_band_hz=200e3)
SNRS = (3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 7.0)
RATES = (1.0, 0.3, 0.1)
TRIALS, NOISE_SURVEYS = 80, 400
MATCH_HZ = 2e3
WANTED = 0.9


def run() -> Result:
    thresholds = correlation_thresholds()
    curves = {("ours", rate): [0.0] * len(SNRS) for rate in RATES} | {
        ("correlation", rate): [0.0] * len(SNRS) for rate in RATES
    }
    for place, snr in enumerate(SNRS):
        for trial in range(TRIALS):
            capture, frequency = _survey(snr, 1000 * place + trial)
            peaks = correlation_peaks(capture)
            for rate, threshold in zip(RATES, thresholds, strict=True):
                curves["ours", rate][place] += _is_found(_lines(capture, rate), frequency) / TRIALS
                above = peaks[0][peaks[1] > threshold]
                curves["correlation", rate][place] += _is_found(above, frequency) / TRIALS
    extra: dict[str, float | int | str] = {"snrs": " ".join(f"{snr:g}" for snr in SNRS), "trials": TRIALS}
    for (name, rate), curve in curves.items():
        extra[f"{name}_at_{rate:g}"] = " ".join(f"{value:.2f}" for value in curve)
        extra[f"{name}_snr_for_{WANTED:g}_at_{rate:g}"] = round(snr_for(curve), 2)
    ours, plain = snr_for(curves["ours", 0.1]), snr_for(curves["correlation", 0.1])
    return Result(
        name="survey_roc",
        value=round(ours, 2),
        unit=f"SNR that is found with {WANTED:g} at 0.1 false alarms a survey",
        against="correlation spectrum and a threshold with as many false alarms",
        ratio=round(ours / plain, 3),
        extra=extra,
    )


def snr_for(curve: Sequence[float], wanted: float = WANTED) -> float:
    """Signal-to-noise ratio at which a curve over SNRS first reaches a probability; the last one if it never does."""
    rising = np.maximum.accumulate(curve)
    if rising[-1] < wanted:
        return SNRS[-1]
    above = int(np.argmax(rising >= wanted))
    if above == 0:
        return SNRS[0]
    share = (wanted - rising[above - 1]) / (rising[above] - rising[above - 1])
    return float(SNRS[above - 1] + share * (SNRS[above] - SNRS[above - 1]))


def _survey(snr: float, seed: int) -> tuple[Capture, float]:
    rng = np.random.default_rng([41, seed])
    frequency = CENTRE_HZ + rng.uniform(-SETUP.half_band_hz, SETUP.half_band_hz)
    line = SyntheticLine(frequency, rng.uniform(150e-6, 600e-6), phase_rad=rng.uniform(0, 2 * np.pi))
    clean = SETUP.capture([line], 0.0, 0)
    sigma = float(np.linalg.norm(clean.samples[clean.receive_mask])) / snr
    return SETUP.capture([line], sigma, seed), frequency


def _lines(capture: Capture, rate: float) -> npt.NDArray[np.float64]:
    lines = reconstruct_survey([capture], ReconstructionParameters(false_alarms_per_survey=rate)).lines
    return np.asarray([line.frequency_hz for line in lines])


def _is_found(frequencies: npt.NDArray[np.float64], frequency: float) -> bool:
    return bool(np.any(np.abs(frequencies - frequency) < MATCH_HZ))


def correlation_peaks(capture: Capture) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Frequencies and heights, squared and relative to the median, of the maxima of the correlation spectrum."""
    record = Record(capture)
    band = (CENTRE_HZ - SETUP.half_band_hz, CENTRE_HZ + SETUP.half_band_hz)
    spectrum = correlation_spectrum([record], [record.received], np.ones(1), band)
    power = np.abs(spectrum.values).astype(np.float64) ** 2
    power /= np.median(power)
    top = 1 + np.flatnonzero((power[1:-1] > power[:-2]) & (power[1:-1] >= power[2:]))
    return spectrum.x0_hz + spectrum.dx_hz * top, power[top]


def correlation_thresholds() -> list[float]:
    """Heights that maxima of noise exceed as often a survey as each of RATES says, from noise alone."""
    heights = np.concatenate([correlation_peaks(SETUP.capture([], 1.0, 70_000 + i))[1] for i in range(NOISE_SURVEYS)])
    heights = np.sort(heights)[::-1]
    return [float(heights[round(rate * NOISE_SURVEYS)]) for rate in RATES]
