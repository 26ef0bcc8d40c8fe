"""Modulated carriers: broadcasting, and supplies whose carriers go up and down with the mains.

A capture lasts milliseconds, so speech and mains are no lines of a spectrum in it but a wandering amplitude, which no
single carrier and no decaying line describes. Such a signal is told by being there before the sweep has excited
anything, strongly and with sidebands: in the first part of a survey's capture, in which a thousandth of the pulse's
energy has been sent, a line of the sample is nearly silent. All that a band around the signal can hold is then taken
out of the data, so that lines outside are found as if it were not there. Lines inside are not seen, and the result says
so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import fft, linalg

from acquisition.lines import Line, LineStatus
from acquisition.shot import Capture

Complex = npt.NDArray[np.complex128]

QUIET_ENERGY = 0.001
"""Share of the pulse's energy that may have been sent while the sample still counts as silent."""

QUIET_LEAST_S = 0.2e-3
STRONG = 25.0
"""Power over noise in the quiet part from which on a signal is looked at: weaker ones are left to the unfolding."""

STEADY = 0.1
"""Least power of a carrier in the quiet part relative to that in the whole capture."""

EARLY = 0.1
"""Least amplitude of a carrier in the quiet part relative to the largest signal of the capture: a strong line is not
quite silent then."""

PAIR = 8.0
PAIRS_LEAST = 2
"""Power over noise, in the whole capture, of the weaker of two sidebands at equal distances, and the fewest such pairs
that make a modulation: a line of the sample lies on one side only."""

BLOCK = 256

OVERWHELMING = 900.0
PURE_HZ = 0.5
"""Power over noise from which on a pure carrier is taken out too, as a band of this half width: beside signals so much
stronger the unfolding trusts nothing weak."""

IMAGE = 20.0
"""Power over noise from which on the mirror image of a modulated carrier is taken out with it."""

SIDEBAND = 12.0
"""Power over noise, in the quiet part, from which on sidebands are seen beside a carrier that was taken out."""

REACH_HZ = 20e3
SIGNALS_MAX = 8
MARGIN = 3.0
MARGIN_MOST_HZ = 1e3
"""Margin on either side of a band, in units of the capture's resolution, and at most."""


@dataclass(frozen=True)
class Modulated:
    """A modulated carrier and the band, in absolute frequency, that it takes up."""

    frequency_hz: float
    low_hz: float
    high_hz: float
    amplitude: float
    snr: float
    tuned_hz: float
    resolution_hz: float
    image_of_hz: float = 0.0

    @property
    def is_pure(self) -> bool:
        """Whether it has no sidebands."""
        return self.high_hz - self.low_hz <= 2.5 * PURE_HZ

    @property
    def is_own(self) -> bool:
        """Whether it is the receiver's own carrier, at the frequency that the radio is tuned to."""
        return self.is_pure and abs(self.frequency_hz - self.tuned_hz) <= self.resolution_hz

    def image(self, tuned_hz: float, fraction: float) -> Modulated:
        """Its mirror image about the tuned frequency, with this fraction of the amplitude."""
        return Modulated(
            frequency_hz=2.0 * tuned_hz - self.frequency_hz,
            low_hz=2.0 * tuned_hz - self.high_hz,
            high_hz=2.0 * tuned_hz - self.low_hz,
            amplitude=fraction * self.amplitude,
            snr=fraction * self.snr,
            tuned_hz=tuned_hz,
            resolution_hz=self.resolution_hz,
            image_of_hz=self.frequency_hz,
        )

    def rejected(self, captures: int) -> Line:
        """As a line of the result that was rejected, as wide as its band."""
        width_hz = self.resolution_hz if self.is_pure else self.high_hz - self.low_hz
        kind = "carrier" if self.is_pure else "modulated carrier"
        steady = " of constant frequency" if self.is_pure else ""
        reason = f"A {kind}{steady}, there before anything is excited: interference."
        if self.is_own:
            reason = (
                "A carrier at the frequency that the radio is tuned to: DC or leakage of the receiver's oscillator."
            )
        elif self.image_of_hz:
            reason = f"The mirror image of the {kind} at {self.image_of_hz / 1e6:.4f} MHz about the tuned frequency."
        if not self.is_pure:
            reason += f" Lines of the sample within its {width_hz / 1e3:.1f} kHz are not seen."
        if captures > 1:
            reason += f" Seen in {captures} captures."
        return Line(
            frequency_hz=self.frequency_hz,
            frequency_sigma_hz=math.nan,
            fwhm_hz=width_hz,
            fwhm_sigma_hz=math.nan,
            amplitude=self.amplitude,
            amplitude_sigma=self.amplitude / self.snr,
            phase_rad=0.0,
            snr=self.snr,
            unfolding_confidence=1.0,
            status=LineStatus.REJECTED,
            reason=reason,
        )


def modulated_signals(capture: Capture) -> list[Modulated]:
    """The modulated carriers of a survey capture, the strongest first."""
    data = np.where(capture.receive_mask, capture.samples, 0).astype(np.complex128)
    quiet = _quiet_samples(capture)
    if quiet < QUIET_LEAST_S * capture.sample_rate_hz or not data.any():
        return []
    rate, count = capture.sample_rate_hz, int(np.count_nonzero(capture.receive_mask))
    found: list[Modulated] = []
    for _ in range(SIGNALS_MAX):
        offset_hz = _strongest_early_hz(data, quiet, rate)
        if offset_hz is None:
            break
        power = np.abs(fft.fft(data, 2 * len(data))) ** 2
        noise = max(float(np.median(power)) / math.log(2.0), 1e-300)
        axis = fft.fftfreq(len(power), 1.0 / rate)
        # The whole capture knows the frequency better than its first part.
        top = int(np.argmax(np.where(np.abs(axis - offset_hz) < rate / quiet, power, 0.0)))
        offset_hz = float(axis[top])
        sidebands = _sidebands_hz(data, capture.receive_mask, quiet, offset_hz, rate)
        core_hz = rate / len(data)
        rest = _without_band(data, capture, offset_hz - core_hz, offset_hz + core_hz)
        if sidebands is None and _is_early(data, capture.receive_mask, quiet, offset_hz, rate):
            sidebands = _pairs_hz(rest, offset_hz, rate)
            if sidebands is None and power[top] > OVERWHELMING * noise:
                sidebands = offset_hz - PURE_HZ, offset_hz + PURE_HZ
        if sidebands is None:
            # A pure carrier, which the unfolding will find; it is only in the way of others.
            data = rest
            continue
        low_hz, high_hz = sidebands
        found.append(
            Modulated(
                frequency_hz=capture.centre_frequency_hz + offset_hz,
                low_hz=capture.centre_frequency_hz + low_hz,
                high_hz=capture.centre_frequency_hz + high_hz,
                amplitude=math.sqrt(float(power[top])) / count,
                snr=math.sqrt(float(power[top]) / noise),
                tuned_hz=capture.centre_frequency_hz,
                resolution_hz=rate / len(data),
            )
        )
        data = _without_band(data, capture, low_hz, high_hz)
        if not found[-1].is_own and power[-top] > IMAGE * noise:
            data = _without_band(data, capture, -high_hz, -low_hz)
            found.append(found[-1].image(capture.centre_frequency_hz, math.sqrt(float(power[-top] / power[top]))))
    return found


def each_once(signals: Sequence[Modulated]) -> list[tuple[Modulated, int]]:
    """Signals whose bands overlap as one, with the number of captures that show it, by rising frequency."""
    merged: list[tuple[Modulated, int]] = []
    for signal in sorted(signals, key=lambda one: one.low_hz):
        # The same pure carrier has a slightly different frequency in each capture.
        if merged and signal.low_hz < merged[-1][0].high_hz + 0.5 * signal.resolution_hz * signal.is_pure:
            known, captures = merged[-1]
            strongest = max(known, signal, key=lambda one: one.snr)
            both = replace(strongest, low_hz=known.low_hz, high_hz=max(known.high_hz, signal.high_hz))
            merged[-1] = (both, captures + 1)
        else:
            merged.append((signal, 1))
    return merged


def without(capture: Capture, bands_hz: Sequence[tuple[float, float]]) -> Capture:
    """A capture without what bands of absolute frequency hold of its data."""
    inside = [band for band in bands_hz if _overlaps(band, capture)]
    if not inside:
        return capture
    samples = capture.samples.astype(np.complex128)
    data = np.where(capture.receive_mask, samples, 0)
    for low_hz, high_hz in inside:
        centre_hz = capture.centre_frequency_hz
        data = _without_band(data, capture, low_hz - centre_hz, high_hz - centre_hz)
    return replace(capture, samples=np.where(capture.receive_mask, data, samples).astype(np.complex64))


def without_interference(capture: Capture, signals: Sequence[Modulated]) -> Capture:
    """A survey's capture without these signals; the receiver's own carriers are in captures of their tuning only."""
    ours = [one for one in signals if not one.is_own or abs(one.tuned_hz - capture.centre_frequency_hz) < 1.0]
    return without(capture, [(one.low_hz, one.high_hz) for one in ours])


def undisturbed(capture: Capture, bands_hz: Sequence[tuple[float, float]]) -> Capture:
    """A narrow-band capture without the interference of these bands, and without the receiver's own carrier.

    Its line keeps away from the tuned frequency, so nothing is lost.
    """
    return without(capture, [*bands_hz, (capture.centre_frequency_hz, capture.centre_frequency_hz)])


def _overlaps(band_hz: tuple[float, float], capture: Capture) -> bool:
    reach_hz = 0.5 * capture.sample_rate_hz
    return all(abs(edge - capture.centre_frequency_hz) < reach_hz for edge in band_hz)


def _quiet_samples(capture: Capture) -> int:
    """Samples before a noteworthy share of the pulse's energy has been sent."""
    energy = np.cumsum(np.abs(capture.waveform.astype(np.complex128)) ** 2)
    return int(np.searchsorted(energy, QUIET_ENERGY * energy[-1])) if len(energy) and energy[-1] > 0 else 0


def _strongest_early_hz(data: Complex, quiet: int, rate_hz: float) -> float | None:
    """Offset of the strongest signal in the quiet part, where no line can be; None if there is none to speak of."""
    power = np.abs(fft.fft(data[:quiet] * np.hanning(quiet + 2)[1:-1], 2 * quiet)) ** 2
    top = int(np.argmax(power))
    if power[top] < STRONG * float(np.median(power)) / math.log(2.0):
        return None
    return float(fft.fftfreq(len(power), 1.0 / rate_hz)[top])


def _largest_power(data: Complex, mask: npt.NDArray[np.bool_]) -> float:
    """Mean square of the loudest block of the data."""
    powers = np.abs(data[mask]) ** 2
    blocks = max(1, len(powers) // BLOCK)
    return float(np.max([np.mean(part) for part in np.array_split(powers, blocks)]))


def _early(
    data: Complex, mask: npt.NDArray[np.bool_], samples: int, offset_hz: float, rate_hz: float
) -> tuple[Complex, complex]:
    """A tone in the first samples, zero where there are no data, and its amplitude there."""
    tone = np.where(mask[:samples], np.exp(2j * np.pi * offset_hz / rate_hz * np.arange(samples)), 0)
    return tone, complex(np.vdot(tone, data[:samples])) / max(float(np.count_nonzero(mask[:samples])), 1.0)


def _is_early(data: Complex, mask: npt.NDArray[np.bool_], quiet: int, offset_hz: float, rate_hz: float) -> bool:
    """Whether a carrier is there in the quiet part as in all of the capture."""
    _, whole = _early(data, mask, len(data), offset_hz, rate_hz)
    _, early = _early(data, mask, quiet, offset_hz, rate_hz)
    return abs(early) ** 2 >= max(STEADY * abs(whole) ** 2, EARLY**2 * _largest_power(data, mask))


def _sidebands_hz(
    data: Complex, mask: npt.NDArray[np.bool_], quiet: int, offset_hz: float, rate_hz: float
) -> tuple[float, float] | None:
    """The band of offsets that a carrier and its sidebands take up, from the quiet part; None where it has none.

    A carrier is there in the quiet part as in all of the capture; it is taken out before sidebands are looked for.
    """
    if not _is_early(data, mask, quiet, offset_hz, rate_hz):
        return None
    tone, early = _early(data, mask, quiet, offset_hz, rate_hz)
    window = np.hanning(quiet + 2)[1:-1]
    power = np.abs(fft.fft((data[:quiet] - early * tone) * window, 2 * quiet)) ** 2
    level = float(np.median(power)) / math.log(2.0)
    offsets = fft.fftfreq(len(power), 1.0 / rate_hz)
    step_hz = rate_hz / len(power)
    loud = offsets[(np.abs(offsets - offset_hz) < REACH_HZ) & (power > SIDEBAND * level)]
    # Only what hangs together with the carrier is its own; gaps as wide as the window's resolution are bridged.
    low_hz = high_hz = offset_hz
    for offset in sorted(loud.tolist(), key=lambda value: abs(value - offset_hz)):
        if 0.0 <= offset - high_hz <= 4.5 * step_hz:
            high_hz = offset
        elif 0.0 <= low_hz - offset <= 4.5 * step_hz:
            low_hz = offset
    if low_hz < high_hz:
        return low_hz - step_hz, high_hz + step_hz
    return None


def _pairs_hz(rest: Complex, offset_hz: float, rate_hz: float) -> tuple[float, float] | None:
    """The band of sidebands that come in pairs about a carrier that was taken out; None where there are none."""
    power = np.abs(fft.fft(rest)) ** 2
    level = float(np.median(power)) / math.log(2.0)
    step_hz = rate_hz / len(power)
    carrier = round(offset_hz / step_hz)
    distances = np.arange(3, int(REACH_HZ / step_hz))
    weaker = np.minimum(power[(carrier + distances) % len(power)], power[(carrier - distances) % len(power)])
    paired = distances[weaker > PAIR * level]
    if len(paired) < PAIRS_LEAST:
        return None
    reach_hz = (float(paired[-1]) + 1.0) * step_hz
    return offset_hz - reach_hz, offset_hz + reach_hz


def _without_band(data: Complex, capture: Capture, low_hz: float, high_hz: float) -> Complex:
    """Data (zero where there are none) less their least-squares fit by all frequencies of a band of offsets.

    The frequencies lie half a resolution apart. Their products with one another are values of the mask's own transform,
    so the fit is a system of equations as large as the band is wide in half resolutions.
    """
    length = 2 * len(data)
    step_hz = capture.sample_rate_hz / length
    # A pure carrier needs the places next to it only.
    margin = min(2.0 * MARGIN, MARGIN_MOST_HZ / step_hz) if high_hz - low_hz > 2.0 * step_hz else 0.5
    first = math.floor(low_hz / step_hz - margin)
    last = math.ceil(high_hz / step_hz + margin)
    places = np.arange(first, last + 1)
    mask = fft.fft(capture.receive_mask.astype(np.float64), length)
    products = linalg.toeplitz(mask[(places - first) % length], mask[-(places - first) % length])
    # Neighbours half a resolution apart are nearly dependent; what little this adds is far below the noise.
    products[np.diag_indices_from(products)] *= 1.0 + 1e-6
    spectrum = fft.fft(data, length)
    amplitudes = linalg.solve(products, spectrum[places % length], assume_a="her")
    placed = np.zeros(length, dtype=np.complex128)
    placed[places % length] = amplitudes
    fitted = fft.ifft(placed)[: len(data)] * length
    return np.asarray(np.where(capture.receive_mask, data - fitted, 0), dtype=np.complex128)
