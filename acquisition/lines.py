"""A spectral line as a value: what a run results in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LineStatus(StrEnum):
    """What is known of a line: seen in the survey only, or after re-measurement by itself."""

    CANDIDATE = "candidate"
    CONFIRMED = "confirmed"
    MOVED = "moved"  # confirmed, but on another tooth of the comb than the survey had said
    REJECTED = "rejected"


@dataclass(frozen=True)
class Line:
    """A line with its one-sigma uncertainties; SI units, frequencies absolute, amplitudes in units of the capture.

    `amplitude` is that of the line's response to the excitation extrapolated to full on-resonance response of the
    linear model; `snr` is peak amplitude over the standard deviation of equally filtered signal-free data;
    `unfolding_confidence` in 0..1 is the probability that the tooth is right; `reason` says why a line was moved or
    rejected. Uncertainties are NaN where they could not be determined.
    """

    frequency_hz: float
    frequency_sigma_hz: float
    fwhm_hz: float
    fwhm_sigma_hz: float
    amplitude: float
    amplitude_sigma: float
    phase_rad: float
    snr: float
    unfolding_confidence: float
    status: LineStatus = LineStatus.CANDIDATE
    reason: str = ""

    @property
    def t2_star_s(self) -> float:
        """T2* = 1 / (pi FWHM) of a Lorentzian line, in seconds."""
        return 1.0 / (3.141592653589793 * self.fwhm_hz)
