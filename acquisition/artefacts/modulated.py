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
from scipy import fft

from acquisition.artefacts.taking_out import TEETH_LEAST, overlaps, without, without_bands
from acquisition.coverage import pulse_frequency_hz
from acquisition.free_decay import pulses
from acquisition.lines import Line, LineStatus
from acquisition.shot import Capture
from acquisition.survey_band import window_hz

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
"""Power over noise from which on the mirror image of a modulated carrier, or what is left of one, is taken out too."""

SIDEBAND = 12.0
"""Power over noise, in the quiet part, from which on sidebands are seen beside a carrier that was taken out."""

BESIDE_HZ = 10e3
"""How far from a band of a narrow-band capture its remains are looked for, and how far they keep from the pulse."""

OWN_HZ = 5e3
"""Distance from the tuned frequency up to which everything is taken out where no window is there."""

TEETH_APART = 8.0
"""Least distance of the teeth, in units of that, for which this is done."""

REACH_HZ = 20e3
SIGNALS_MAX = 8


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
        return abs(self.frequency_hz - self.tuned_hz) <= self.resolution_hz

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
        if not (self.is_pure or self.is_own):
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
    if _is_tuned_beside(capture):
        own = _own_carrier(data, capture)
        found += [own] if own is not None else []
        data = without_bands(data, capture, [(-OWN_HZ, OWN_HZ)])
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
        rest = without_bands(data, capture, [(offset_hz - core_hz, offset_hz + core_hz)])
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
        data = without_bands(data, capture, [(low_hz, high_hz)])
        if not found[-1].is_own and power[-top] > IMAGE * noise:
            data = without_bands(data, capture, [(-high_hz, -low_hz)])
            found.append(found[-1].image(capture.centre_frequency_hz, math.sqrt(float(power[-top] / power[top]))))
    return found


def _is_tuned_beside(capture: Capture) -> bool:
    """Whether the radio is tuned outside the window of a survey's capture, so that nothing is lost around there.

    Images of lines come in the distance of the teeth; narrow teeth would put them there.
    """
    starts = [first for first, _ in pulses(capture.waveform)]
    if len(starts) < TEETH_LEAST or capture.sample_rate_hz / float(np.median(np.diff(starts))) < TEETH_APART * OWN_HZ:
        return False
    low_hz, high_hz = window_hz(capture)
    return not low_hz - OWN_HZ < capture.centre_frequency_hz < high_hz + OWN_HZ


def _own_carrier(data: Complex, capture: Capture) -> Modulated | None:
    """The receiver's own carrier with all that is around it; None where nothing is above noise.

    The phase cycle cancels it, but for the stretches in which averages are missing, so that it has sidebands.
    """
    power = np.abs(fft.fft(data)) ** 2
    noise = max(float(np.median(power)) / math.log(2.0), 1e-300)
    rate = capture.sample_rate_hz
    reach = round(OWN_HZ * len(data) / rate)
    largest = float(np.max(power[np.arange(-reach, reach + 1)]))
    if largest < STRONG * noise:
        return None
    return Modulated(
        frequency_hz=capture.centre_frequency_hz,
        low_hz=capture.centre_frequency_hz - OWN_HZ,
        high_hz=capture.centre_frequency_hz + OWN_HZ,
        amplitude=math.sqrt(largest) / int(np.count_nonzero(capture.receive_mask)),
        snr=math.sqrt(largest / noise),
        tuned_hz=capture.centre_frequency_hz,
        resolution_hz=rate / len(data),
    )


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


def without_interference(capture: Capture, signals: Sequence[Modulated]) -> Capture:
    """A survey's capture without these signals; the receiver's own carriers are in captures of their tuning only."""
    ours = [one for one in signals if not one.is_own or abs(one.tuned_hz - capture.centre_frequency_hz) < 1.0]
    return without(capture, [(one.low_hz, one.high_hz) for one in ours])


def undisturbed(capture: Capture, bands_hz: Sequence[tuple[float, float]]) -> Capture:
    """A narrow-band capture without the interference of these bands, and without the receiver's own carrier.

    The mirror images of the bands about the tuned frequency are taken out too where they show, and what is left next
    to a band: where some of the averages are missing, carriers are weaker and the receiver's own is not cancelled, so
    that they have sidebands for kilohertz. Next to the pulse's own frequency nothing more is taken than was asked for.
    """
    tuned_hz = capture.centre_frequency_hz
    images = [(2.0 * tuned_hz - high_hz, 2.0 * tuned_hz - low_hz) for low_hz, high_hz in bands_hz]
    images = [image for image in images if overlaps(image, capture) and not _protected(image, capture)]
    loud = loud_bins(capture)
    images = [image for image in images if _widened(image, capture, loud, 0.0) is not None]
    bands = [*bands_hz, *images, (tuned_hz, tuned_hz)]
    left = without(capture, bands)
    loud = loud_bins(left)
    wider = [_widened(band, left, loud, BESIDE_HZ) for band in bands if overlaps(band, capture)]
    more = [band for band in wider if band is not None and not _protected(band, capture)]
    return without(capture, [*bands, *more]) if more else left


def _protected(band_hz: tuple[float, float], capture: Capture) -> bool:
    """Whether a band comes near to the frequency of the pulse, at which a line is looked for."""
    return band_hz[0] - BESIDE_HZ < pulse_frequency_hz(capture) < band_hz[1] + BESIDE_HZ


def loud_bins(capture: Capture, least: float = IMAGE) -> npt.NDArray[np.bool_]:
    """Which bins of a capture's transform stand above noise, in power by this factor."""
    power = np.abs(fft.fft(np.where(capture.receive_mask, capture.samples, 0))) ** 2
    return np.asarray(power > least * float(np.median(power)) / math.log(2.0))


def _widened(
    band_hz: tuple[float, float], capture: Capture, loud: npt.NDArray[np.bool_], reach_hz: float
) -> tuple[float, float] | None:
    """What is above noise within and this far around a band of absolute frequency; None where nothing is."""
    step_hz, centre_hz = capture.sample_rate_hz / len(loud), capture.centre_frequency_hz
    first, last = (round((edge - centre_hz) / step_hz) for edge in (band_hz[0] - reach_hz, band_hz[1] + reach_hz))
    places = np.flatnonzero(loud[np.arange(first, last + 1) % len(loud)])
    if len(places) == 0:
        return None
    return centre_hz + (first + int(places[0]) - 1) * step_hz, centre_hz + (first + int(places[-1]) + 1) * step_hz


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
