"""A measured distribution of frequencies as a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Real = npt.NDArray[np.float64]

_FINE = 4
"""Points of a model per point of the measurement."""


@dataclass(frozen=True, eq=False)
class Density:
    """A distribution of frequencies in arbitrary units, as measured with a finite resolution.

    `frequency_hz` (n,) evenly spaced, `values` (n,) with covariance (n, n). The measurement has convolved the true
    distribution with a kernel of unit area: `kernel` (2 m + 1,) holds it at multiples of a quarter of the spacing.
    Points where `used` (n,) is False have no say in fits; None uses all.
    """

    frequency_hz: Real
    values: Real
    covariance: Real
    kernel: Real
    used: npt.NDArray[np.bool_] | None = None

    @property
    def spacing_hz(self) -> float:
        return float(self.frequency_hz[1] - self.frequency_hz[0])

    @property
    def sigma(self) -> Real:
        """Standard deviation of every value, shape (n,)."""
        return np.sqrt(np.diag(self.covariance))

    def fine_frequency_hz(self) -> Real:
        """Where a model has to be known before it is convolved: beyond both ends by the kernel's reach."""
        reach = len(self.kernel) // 2
        count = _FINE * (len(self.frequency_hz) - 1) + 1
        start = self.frequency_hz[0] - reach * self.spacing_hz / _FINE
        return np.asarray(start + np.arange(count + 2 * reach) * self.spacing_hz / _FINE, dtype=np.float64)

    def as_measured(self, fine: Real) -> Real:
        """A model known at `fine_frequency_hz`, convolved with the kernel, at the points of the measurement."""
        blurred = np.convolve(fine, self.kernel, mode="valid") * self.spacing_hz / _FINE
        return np.asarray(blurred[::_FINE], dtype=np.float64)

    @staticmethod
    def offsets_hz(reach: int, spacing_hz: float) -> Real:
        """Offsets of the 2 reach + 1 points of a kernel."""
        return np.arange(-reach, reach + 1) * spacing_hz / _FINE
