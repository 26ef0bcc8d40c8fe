"""Comb-modulated hyperbolic secant excitation: a swept pulse, gated so that reception happens between the teeth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from acquisition.pulses import TRUNCATION_BETA, hs_amplitude, hs_pulse, sample_count
from acquisition.shot import ComplexArray

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Comb:
    """The numbers that define a comb-modulated HSn excitation; times in s, frequencies in Hz.

    The HS sweep covers exactly 1 / gap_period, so that its replicas at the multiples of 1 / gap_period ("teeth") tile
    the frequency axis without gaps.
    """

    gap_period_s: float
    tooth_s: float
    pulse_length_s: float
    hs_order: int = 1
    amplitude: float = 1.0

    @property
    def tooth_spacing_hz(self) -> float:
        """Distance of neighbouring teeth, which is also the sweep of the HS pulse."""
        return 1.0 / self.gap_period_s

    @property
    def duty(self) -> float:
        """Fraction of the time that is transmitted."""
        return self.tooth_s / self.gap_period_s

    def waveform(self, sample_rate_hz: float) -> ComplexArray:
        """The complex baseband waveform, shape (round(pulse_length * rate),), cut after its last tooth."""
        sweep = hs_pulse(
            self.pulse_length_s, self.tooth_spacing_hz, sample_rate_hz, order=self.hs_order, amplitude=self.amplitude
        )
        gated = sweep * gate(len(sweep), self.gap_period_s, self.tooth_s, sample_rate_hz)
        last = int(np.flatnonzero(gated)[-1])
        return gated[: last + 1].astype(np.complex64)

    def tooth_flip_rad(self, tooth: npt.ArrayLike, nutation_frequency_hz: float) -> FloatArray:
        """Small-angle flip angle in the middle of the replicas with these numbers (0 is at the centre frequency).

        theta_m = omega_1 d |sinc(m d)| c_n^(1/2) sqrt(R) / BW with d the duty, R = Tp BW and c_n the mean of f_n^2 over
        the pulse, which beta^(-1/n) approximates (Idiyatullin, Corum and Garwood, J. Magn. Reson. 193, 267 (2008)).
        """
        number = np.asarray(tooth, dtype=np.float64)
        omega = 2.0 * math.pi * nutation_frequency_hz * self.amplitude
        bandwidth = self.tooth_spacing_hz
        tau = np.linspace(0.0, 1.0, 4097)
        mean_square = float(np.trapezoid(hs_amplitude(tau, self.hs_order, TRUNCATION_BETA) ** 2, tau))
        pulse = math.sqrt(mean_square * self.pulse_length_s * bandwidth) / bandwidth
        return omega * self.duty * np.abs(np.sinc(number * self.duty)) * pulse


def gate(samples: int, gap_period_s: float, tooth_s: float, sample_rate_hz: float) -> npt.NDArray[np.bool_]:
    """True for the samples with (t mod gap_period) < tooth, shape (samples,); the period may be any real number."""
    # Half a millionth of a sample of slack keeps rounding from moving a tooth that starts exactly on a sample.
    time = np.arange(samples) + 5e-7
    return np.asarray(np.mod(time, gap_period_s * sample_rate_hz) < tooth_s * sample_rate_hz)


def excitation_profile(
    waveform: ComplexArray,
    sample_rate_hz: float,
    nutation_frequency_hz: float,
    *,
    smoothing_hz: float = 0.0,
    half_band_hz: float | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Small-angle flip angle over offset: theta(f) = 2 pi nu_1 |X(f)| / rate. Returns (offsets in Hz, angles in rad).

    `smoothing_hz` is the width over which |X|^2 is averaged, as a line of that width would see it; `half_band_hz`
    limits the offsets that are returned (default: the whole band of the waveform). Angles beyond about a right angle
    are where the small-angle value stops being the true flip angle.
    """
    length = fft.next_fast_len(2 * max(len(waveform), sample_count(2e-3, sample_rate_hz)))
    power = np.abs(fft.fft(np.asarray(waveform, dtype=np.complex128), length)) ** 2
    spacing_hz = sample_rate_hz / length
    if smoothing_hz > spacing_hz:
        width = max(1, round(smoothing_hz / spacing_hz))
        # Circular box average by the difference of cumulative sums.
        padded = np.concatenate([power[-(width // 2) :], power, power[: width - width // 2]])
        total = np.concatenate([[0.0], np.cumsum(padded)])
        power = np.maximum((total[width:] - total[:-width])[:length] / width, 0.0)
    offsets = fft.fftshift(fft.fftfreq(length, 1.0 / sample_rate_hz))
    angles = 2.0 * math.pi * nutation_frequency_hz / sample_rate_hz * np.sqrt(fft.fftshift(power))
    if half_band_hz is not None:
        inside = np.abs(offsets) <= half_band_hz
        offsets, angles = offsets[inside], angles[inside]
    return offsets, angles
