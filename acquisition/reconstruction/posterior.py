"""Uncertainty of weak lines from the whole likelihood, which near the threshold is no longer a Gaussian hill."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from acquisition.reconstruction.excitation import Complex, Real
from acquisition.reconstruction.fit import LN_WIDTH_PRIOR
from acquisition.reconstruction.record import Record

WIDTH_STEP = 1.5


@dataclass(frozen=True)
class Moments:
    """Mean and standard deviation of frequency (Hz) and ln FWHM."""

    frequency_hz: float
    frequency_sigma_hz: float
    ln_width: float
    ln_width_sigma: float


def moments(
    records: list[Record],
    data: list[Complex],
    sigmas: Real,
    frequency_hz: float,
    fwhm_hz: float,
    frequency_sigma_hz: float,
    reach_max_hz: float,
) -> Moments | None:
    """Posterior mean and deviation of one line by a sum over a grid of frequencies and widths.

    `data` (in blocks) holds what other components leave of each capture. With a flat prior for the complex amplitude in
    units of its own uncertainty, the likelihood with the amplitude integrated out is exp(T(f, FWHM)), T the
    matched-filter statistic; ln FWHM has the prior of the fit. None where the grid does not resolve the line.
    """
    count = 4
    widths = fwhm_hz * WIDTH_STEP ** np.arange(-count, count + 1)
    frequencies, grid_widths, weights = [], [], []
    mean, deviation = LN_WIDTH_PRIOR
    for width in widths:
        reach = min(max(6 * frequency_sigma_hz, 2.5 * fwhm_hz), reach_max_hz)
        step = max(min(width / 3, frequency_sigma_hz), reach / 40)
        axis = frequency_hz + np.arange(-math.floor(reach / step), math.floor(reach / step) + 1) * step
        frequencies.append(axis)
        grid_widths.append(np.full(len(axis), width))
        prior = math.exp(-((math.log(width) - mean) ** 2) / (2 * deviation**2))
        weights.append(np.full(len(axis), prior * step))
    axis, width_axis, prior_axis = np.concatenate(frequencies), np.concatenate(grid_widths), np.concatenate(weights)
    statistic = np.zeros(len(axis))
    for record, values, sigma in zip(records, data, sigmas, strict=True):
        statistic += record.matched_power(values, axis, width_axis) / sigma**2
    posterior = prior_axis * np.exp(statistic - statistic.max())
    total = float(posterior.sum())
    if not math.isfinite(total) or total <= 0:
        return None
    posterior /= total
    centre = float(posterior @ axis)
    spread = math.sqrt(max(float(posterior @ (axis - centre) ** 2), 0.0))
    ln_width = float(posterior @ np.log(width_axis))
    ln_spread = math.sqrt(max(float(posterior @ (np.log(width_axis) - ln_width) ** 2), 0.0))
    return Moments(centre, spread, ln_width, ln_spread)
