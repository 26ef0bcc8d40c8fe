"""What limits are compared with, of a waveform: worked out once for as long as the same samples are asked about.

An experiment plays one waveform many times, and each time every limit is checked. So the facts of the last few
waveforms are kept with a copy of their samples, and used again only for samples that are equal, every one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from acquisition.emission import Emission
from acquisition.excited_band import excited_band_hz
from acquisition.shot import ComplexArray, longest_pulse_s

_KEPT = 6
_KEPT_SAMPLES_MAX = 1_000_000


@dataclass(frozen=True, eq=False)
class PulseFacts:
    """Of `waveform` (n,) played at `sample_rate_hz`; the waveform is a copy of its own and never changes."""

    waveform: ComplexArray
    sample_rate_hz: float

    @cached_property
    def finite(self) -> bool:
        return bool(np.isfinite(self.waveform).all())

    @cached_property
    def peak(self) -> float:
        """Largest |x|."""
        return float(np.max(np.abs(self.waveform)))

    @cached_property
    def on_s(self) -> float:
        """Time during which anything is sent."""
        return float(np.count_nonzero(self.waveform)) / self.sample_rate_hz

    @cached_property
    def energy_s(self) -> float:
        """Sum of |x|^2 over the time, in seconds of full scale."""
        return float(np.sum(np.abs(self.waveform).astype(np.float64) ** 2)) / self.sample_rate_hz

    @cached_property
    def longest_pulse_s(self) -> float:
        return longest_pulse_s(self.waveform, self.sample_rate_hz)

    @cached_property
    def band_hz(self) -> tuple[float, float]:
        """Offsets of the band that holds three quarters of the energy."""
        return excited_band_hz(self.waveform, self.sample_rate_hz)

    @cached_property
    def emission(self) -> Emission:
        return Emission(self.waveform, self.sample_rate_hz)


_kept: list[PulseFacts] = []


def pulse_facts(waveform: ComplexArray, sample_rate_hz: float) -> PulseFacts:
    """The facts of a waveform (n,); those kept of an equal one where there are any."""
    if not _can_be_kept(waveform):
        return PulseFacts(np.array(waveform), sample_rate_hz)
    words = waveform.view(np.uint64)
    for known in tuple(_kept):
        if known.sample_rate_hz == sample_rate_hz and np.array_equal(known.waveform.view(np.uint64), words):
            return known
    made = PulseFacts(waveform.copy(), sample_rate_hz)
    _kept[:] = [made, *_kept[: _KEPT - 1]]
    return made


def _can_be_kept(waveform: ComplexArray) -> bool:
    return (
        waveform.dtype == np.complex64
        and waveform.ndim == 1
        and waveform.flags.c_contiguous
        and len(waveform) <= _KEPT_SAMPLES_MAX
    )
