"""Noise per sample, estimated from the data themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from acquisition.reconstruction.excitation import Complex, Real
from acquisition.reconstruction.record import Record
from acquisition.reconstruction.transform import AnyComplex


def residual_variance(record: Record, residual: Complex, fitted: int = 0) -> float:
    """Mean square of what is left in the received samples; `fitted` real parameters were taken out of them."""
    freedom = max(record.count - fitted / 2.0, 1.0)
    return float(np.vdot(residual, residual).real) / freedom


def in_band_variance(power: Real, independent: float) -> float:
    """Noise variance from matched-filter powers over frequency, each divided by the energy of its response.

    Such a power is exponentially distributed with mean sigma^2, so its median is sigma^2 ln 2; lines are sparse and do
    not move a median. This sees the noise where lines are looked for, which may be more than the mean over the band.
    The value returned is the lower end (two sigma) of what the median of so many independent values allows.
    """
    if len(power) < 100 or independent < 100:
        return 0.0
    estimate = float(np.median(power)) / math.log(2.0)
    return estimate * max(0.0, 1.0 - 2.0 / (math.log(2.0) * math.sqrt(independent)))


COLOUR_BLOCKS, COLOUR_CELLS = 16, 100
"""Pieces of the band whose noise is compared, and the least number of independent values in each."""

COLOUR_ORDER = 3
"""Order of the polynomial, in ln(power) over frequency, that a colour is described with."""

COLOUR_SIGNIFICANCE = 4.0
"""Standard deviations by which the pieces must differ more than white noise does before a colour is believed."""


@dataclass(frozen=True, eq=False)
class Colour:
    """Noise power over frequency, relative to that of the noise per sample: how a receiver's pass-band shapes it.

    ln(factor) is a polynomial in the place between `low_hz` and `high_hz` (-1 to 1); no coefficients are white noise.
    """

    low_hz: float
    high_hz: float
    coefficients: tuple[float, ...] = ()

    def factor(self, frequency_hz: float | Real) -> Real:
        """Noise power at absolute frequencies; outside the band that of its nearest end. White noise: one 1 for all."""
        if not self.coefficients:
            return np.ones(())
        place = (2.0 * np.asarray(frequency_hz) - self.low_hz - self.high_hz) / (self.high_hz - self.low_hz)
        return np.exp(np.polynomial.legendre.legval(np.clip(place, -1.0, 1.0), self.coefficients))


def colour_of(record: Record, transform: AnyComplex, band_hz: tuple[float, float], variance: float) -> Colour:
    """Slow variation of the noise over a band from the transform of what is left of a capture.

    `variance` is the noise of a sample that the factor is relative to. The medians over pieces of the band are taken,
    which lines do not move; of white noise each scatters by 1 / (ln 2 sqrt(cells)) about its mean. Where they
    scatter no more than that the noise is white, so that nothing is lost where there is nothing to be corrected.
    """
    low, high = band_hz
    white = Colour(low, high)
    resolution = record.rate_hz / record.transform_length
    cells = (high - low) * record.duration_s
    blocks = min(COLOUR_BLOCKS, int(cells / COLOUR_CELLS))
    if blocks <= COLOUR_ORDER + 1 or variance <= 0:
        return white
    bins = np.arange(
        math.ceil((low - record.centre_hz) / resolution), math.floor((high - record.centre_hz) / resolution)
    )
    values = transform[bins % record.transform_length]
    power = (values.real**2 + values.imag**2) / (math.log(2.0) * record.count * variance)
    size = len(power) // blocks
    levels = np.log(np.maximum(np.median(power[: size * blocks].reshape(blocks, size), axis=1), 1e-30))
    scatter = 1.0 / (math.log(2.0) * math.sqrt(cells / blocks))
    chi_squared = float(np.sum((levels - levels.mean()) ** 2)) / scatter**2
    if chi_squared < blocks - 1 + COLOUR_SIGNIFICANCE * math.sqrt(2.0 * (blocks - 1)):
        return white
    return Colour(low, high, tuple((_legendre_fit(blocks) @ levels).tolist()))


@cache
def _legendre_fit(blocks: int) -> Real:
    """Matrix from values in equal pieces of -1 to 1 to the coefficients that fit them best."""
    place = (2.0 * np.arange(blocks) + 1.0) / blocks - 1.0
    return np.asarray(np.linalg.pinv(np.polynomial.legendre.legvander(place, COLOUR_ORDER)))
