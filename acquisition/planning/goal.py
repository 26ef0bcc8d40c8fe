"""What a search is to achieve, and what has to be known or guessed for planning it."""

from __future__ import annotations

from dataclasses import dataclass

from acquisition.errors import FieldError
from acquisition.methods.parameters import parameter

REFERENCE_RATE_HZ = 10e6
"""Sampling rate to which the signal-to-noise ratio of one sample refers."""


@dataclass(frozen=True)
class Goal:
    """A range, the weakest line that must not be missed in it, and how sure one wants to be.

    `snr_per_sample` is the amplitude of that line's free decay right after the best single pulse over the standard
    deviation of one complex sample at 10 MS/s; T1 and T2* are guesses for it. `nutation_frequency_hz` of 0 stands for
    the instrument's calibration.
    """

    centre_frequency_hz: float = parameter(
        unit="Hz", label="Centre frequency", display_unit="MHz", display_scale=1e6, minimum=1e3,
        help="Middle of the range to be searched.",
    )  # fmt: skip
    span_hz: float = parameter(
        unit="Hz", label="Span", display_unit="MHz", display_scale=1e6, minimum=1e3, maximum=1e9,
        help="Width of the range to be searched.",
    )  # fmt: skip
    t1_s: float = parameter(
        20e-3, unit="s", label="Expected T1", display_unit="ms", display_scale=1e-3, minimum=1e-5, maximum=1e4,
        help="Spin-lattice relaxation time of the line that must not be missed.",
    )  # fmt: skip
    t2_star_s: float = parameter(
        300e-6, unit="s", label="Expected T2*", display_unit="µs", display_scale=1e-6, minimum=2e-6, maximum=1.0,
        help="Decay time of its free induction decay, 1 / (π FWHM).",
    )  # fmt: skip
    snr_per_sample: float = parameter(
        0.02, label="Weakest line", minimum=1e-6, maximum=1e3,
        help="Amplitude after the best pulse over the noise of one sample at 10 MS/s of a single shot.",
    )  # fmt: skip
    nutation_frequency_hz: float = parameter(
        0.0, unit="Hz", label="Nutation frequency", display_unit="kHz", display_scale=1e3, minimum=0.0, maximum=1e7,
        help="ω₁/2π of the field at full amplitude; 0 takes the instrument's calibration.",
    )  # fmt: skip
    detection: float = parameter(
        0.95, label="Wanted detection", minimum=0.5, maximum=0.999,
        help="Part of all such lines, wherever they lie in the range, that must be found.",
    )  # fmt: skip
    false_alarms: float = parameter(
        0.01, label="False alarms", minimum=1e-9, maximum=1.0,
        help="Expected number of false lines in the whole search.",
    )  # fmt: skip

    @property
    def snr_density_hz(self) -> float:
        """Squared amplitude over noise power per hertz, in 1/s: times the energy that was heard it is the statistic."""
        return self.snr_per_sample**2 * REFERENCE_RATE_HZ

    def faults(self) -> list[FieldError]:
        """What contradicts itself between fields that are right one by one."""
        found = []
        if self.t2_star_s > 2.0 * self.t1_s:
            found.append(FieldError("t2_star_s", f"T2* cannot exceed twice T1, {2.0 * self.t1_s:g} s."))
        if self.span_hz > 2.0 * self.centre_frequency_hz:
            found.append(FieldError("span_hz", "The range would reach below zero frequency."))
        return found
