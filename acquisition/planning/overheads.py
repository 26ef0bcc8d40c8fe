"""What a spectrometer needs beside its shots, and how its probe and converter weaken what is far from the centre."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acquisition.limits import InstrumentLimits

Real = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Overheads:
    """Times that no shot contains, in s, as `make bench NAME=spectrometer_overheads` measures them.

    `between_shots_s` is what a shot takes beyond its averages, `retune_s` what another frequency adds to that,
    `settle_s` what the probe needs after that, `arm_s` what each change of the transmitted waveform (a step of the
    phase cycle) takes.
    """

    between_shots_s: float
    retune_s: float
    settle_s: float
    arm_s: float

    @classmethod
    def of(cls, limits: InstrumentLimits) -> Overheads:
        """Those of an instrument."""
        return cls(limits.between_shots_s, limits.retune_s, limits.settle_s, limits.arm_s)

    def shot_s(self, *, retuned: bool, waveforms: int) -> float:
        """Overhead of one shot with so many changes of its waveform."""
        return self.between_shots_s + waveforms * self.arm_s + (self.retune_s + self.settle_s if retuned else 0.0)


def transmit_gain(offset_hz: npt.ArrayLike, sample_rate_hz: float, probe_bandwidth_hz: float) -> Real:
    """Field at an offset from the tuned frequency, relative to that at it.

    The probe is a resonance 1 / (1 + 2 i f / bandwidth); the converter holds each sample, which gives sinc(f / rate).
    """
    offset = np.asarray(offset_hz, dtype=np.float64)
    return np.asarray(np.abs(np.sinc(offset / sample_rate_hz)) * receive_gain(offset, probe_bandwidth_hz))


def receive_gain(offset_hz: npt.ArrayLike, probe_bandwidth_hz: float) -> Real:
    """Signal picked up at an offset from the tuned frequency, relative to that at it."""
    ratio = 2.0 * np.asarray(offset_hz, dtype=np.float64) / probe_bandwidth_hz
    return np.asarray(1.0 / np.sqrt(1.0 + ratio**2), dtype=np.float64)


def place_beside_hz(half_width_hz: float, sample_rate_hz: float, step_hz: float = 0.0) -> float:
    """Distance of a window's middle from the tuned frequency, so that no line of it lies there; 0 if there is no room.

    The distance is a multiple of `step_hz`, if that is given.
    """
    offset_hz = half_width_hz + KEPT_FROM_CENTRE_HZ
    if step_hz > 0.0:
        offset_hz = math.ceil(offset_hz / step_hz) * step_hz
    return offset_hz if offset_hz + half_width_hz <= USABLE_HALF_BAND * sample_rate_hz else 0.0


KEPT_FROM_CENTRE_HZ = 20e3
USABLE_HALF_BAND = 0.4
"""Of the sampling rate; both are the survey's rules."""
