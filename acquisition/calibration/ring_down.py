"""How long the receiver is blind after a pulse: ring-down of probe and receiver, and the receiver's own recovery.

Several captures of one pulse tell, at every moment after it, the coherent mean (what rings) and the scatter (the
noise, which an overloaded receiver does not pass).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acquisition.shot import Capture

Real = npt.NDArray[np.float64]

QUIET_FRACTION = 0.5
"""Of the reception, at its end: there the receiver is taken for recovered."""

RECOVERED = 0.9
"""Part of its noise that a receiver has again when it counts as recovered."""

LEAST_RATIO = 3.0
"""The ring-down is followed as long as it is so many standard deviations of its noise."""

FITTED_DECADES = 1.0
"""The end of the ring-down, from so many decades above the wanted level on, is taken for one exponential."""

SMOOTHED = 9
"""Samples over which the receiver's noise is averaged."""


@dataclass(frozen=True, eq=False)
class RingDown:
    """`size` (n,) with one-sigma `size_sigma` at `time_s` (n,) after the last transmitted sample, in units of the
    standard deviation of one sample's noise in one reception; `level` is where the ring-down counts as over.

    `dead_time_s` is NaN where the reception does not fall to the level. `ringing_s` is the decay time of its end, and
    `recovery_s` the time after which the receiver passes its noise again.
    """

    time_s: Real
    size: Real
    size_sigma: Real
    level: float
    dead_time_s: float
    dead_time_sigma_s: float
    ringing_s: float
    recovery_s: float


def ring_down(captures: Sequence[Capture], level: float) -> RingDown | None:
    """The dead time that captures of one pulse show; None if there are too few of them, or none after the pulse.

    `level` is in standard deviations of the noise of one sample in one reception.
    """
    usable = [one for one in captures if np.any(one.waveform) and one.averages > 0]
    if len(usable) < 2:
        return None
    last = max(int(np.flatnonzero(one.waveform)[-1]) for one in usable)
    end = min(len(one.samples) for one in usable)
    count = end - last - 1
    if count < 64:
        return None
    rate_hz = usable[0].sample_rate_hz
    data = np.stack([np.asarray(one.samples[last + 1 : end], dtype=np.complex128) for one in usable])
    weights = np.asarray([float(one.averages) for one in usable])
    mean = weights @ data / weights.sum()
    # Of one reception: a capture of n averages has 1/n of its variance, and the mean takes one degree of freedom.
    variance = weights @ np.abs(data - mean) ** 2 / (len(usable) - 1)
    quiet = variance[-int(QUIET_FRACTION * count) :]
    noise = math.sqrt(float(np.mean(quiet)))
    if noise <= 0:
        return None
    time_s = (1 + np.arange(count)) / rate_hz
    size = np.abs(mean) / noise
    sigma = 1.0 / math.sqrt(2.0 * weights.sum())
    ringing = _crossing(time_s, size, sigma, level)
    recovery_s = _recovery_s(time_s, variance, noise)
    dead_s, dead_sigma_s, ringing_s = ringing
    if recovery_s > dead_s:
        dead_s, dead_sigma_s = recovery_s, SMOOTHED / (2.0 * rate_hz)
    return RingDown(
        time_s, size, np.full(count, sigma), level, dead_s, dead_sigma_s, ringing_s, recovery_s
    )  # fmt: skip


def _crossing(time_s: Real, size: Real, sigma: float, level: float) -> tuple[float, float, float]:
    """(time, one-sigma, decay time) at which the ring-down falls to the level; time NaN if it does not."""
    step_s = float(time_s[0])
    above = np.flatnonzero(_smoothed(size, 3) > max(level, LEAST_RATIO * sigma))
    if len(above) == 0:
        return step_s, step_s / math.sqrt(12.0), math.nan
    behind = int(above[-1]) + 1
    if behind >= 0.9 * len(time_s):
        return math.nan, math.nan, math.nan
    top = level * 10.0**FITTED_DECADES
    higher = np.flatnonzero(size[:behind] > top)
    first = int(higher[-1]) + 1 if len(higher) else 0
    chosen = np.arange(first, behind)
    chosen = chosen[size[chosen] > LEAST_RATIO * sigma]
    if len(chosen) >= 4:
        # The magnitude of signal and noise is larger than the signal by half of the noise's variance.
        plain = np.sqrt(np.maximum(size[chosen] ** 2 - 2 * sigma**2, (0.5 * size[chosen]) ** 2))
        weight = plain / sigma
        design = np.stack([np.ones(len(chosen)), time_s[chosen]], axis=1)
        values, *_ = np.linalg.lstsq(design * weight[:, None], np.log(plain) * weight, rcond=None)
        covariance = np.linalg.inv((design * weight[:, None]).T @ (design * weight[:, None]))
        intercept, slope = float(values[0]), float(values[1])
        if slope < 0:
            misfit = float(np.sum(((design @ values - np.log(plain)) * weight) ** 2)) / max(len(chosen) - 2, 1)
            crossing_s = (math.log(level) - intercept) / slope
            gradient = np.asarray([-1.0 / slope, -crossing_s / slope])
            spread_s = math.sqrt(float(gradient @ covariance @ gradient) * max(1.0, misfit))
            # Samples are half a step from where the level is crossed, whatever the fit says.
            return max(crossing_s, step_s), math.hypot(spread_s, step_s / math.sqrt(12.0)), -1.0 / slope
    return float(time_s[behind - 1]) + step_s, step_s, math.nan


def _recovery_s(time_s: Real, variance: Real, noise: float) -> float:
    """When the receiver passes its noise again; the first sample's time if it always does."""
    level = np.sqrt(_smoothed(variance, SMOOTHED)) / noise
    # With few captures the noise of the noise is large: what one in a thousand samples shows by chance is not weak.
    weak = np.flatnonzero(level[: len(level) // 2] < RECOVERED * _usual_scatter(level))
    if len(weak) == 0 or weak[0] > SMOOTHED:
        return float(time_s[0])
    gaps = np.flatnonzero(np.diff(weak) > SMOOTHED)
    last = weak[gaps[0]] if len(gaps) else weak[-1]
    return float(time_s[last])


def _usual_scatter(level: Real) -> float:
    """The lowest noise that the quiet end shows, at most 1: what is above a part of it counts as recovered."""
    return min(1.0, float(np.quantile(level[len(level) // 2 :], 0.001)))


def _smoothed(values: Real, width: int) -> Real:
    return np.convolve(np.pad(values, width // 2, mode="edge"), np.ones(width) / width, mode="valid")
