"""One spectrum from many windows: each bin from one tuning of the radio, with the noise and the phase of that tuning.

Every tuning has a phase of its own, so spectra of neighbouring windows must not be averaged where they overlap: a line
there could cancel. The spectrum changes from one window to the next in the middle between their combs. The phase of a
window against its neighbour is known where both show the same line; all its values are then turned back by it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from acquisition.experiment import Spectrum, SpectrumWindow
from acquisition.lines import Line, LineStatus
from acquisition.reconstruction import ReconstructionParameters
from acquisition.reconstruction.correlate import POINTS_MAX, correlation_spectrum
from acquisition.reconstruction.picture import Picture
from acquisition.reconstruction.record import Record
from acquisition.reconstruction.search import excited_band_hz
from acquisition.reconstruction.survey import usable_records
from acquisition.shot import Capture
from acquisition.survey_band import comb_centre_hz, survey_bands_hz

PHASE_SNR = 5.0
"""The phase between two captures is known where their common lines together have at least this signal-to-noise ratio:
it is then uncertain by a fifth of a radian at most."""

SAME_LINE_HZ = 1.0e3
"""Two fits are of one line within this distance, or within half a width or five standard deviations."""


@dataclass(frozen=True)
class Phase:
    """Phase of one tuning against the first window, in rad, and whether a line tells it."""

    rad: float
    known: bool


@dataclass(frozen=True, eq=False)
class DrawnWindow:
    """The spectrum of one window over its whole excited band, turned back by its phase."""

    comb_hz: float
    spectrum: Spectrum
    phase: Phase


@dataclass(frozen=True, eq=False)
class GroupPicture:
    """How windows that were reconstructed together are drawn, and what they look like with all lines as candidates.

    The picture is kept without its records, which are many times larger than the captures they are made from.
    """

    picture: Picture
    lines: tuple[Line, ...]
    windows: tuple[tuple[Capture, ...], ...]
    phases: tuple[Phase, ...]  # of each record
    drawn: tuple[DrawnWindow, ...]
    last_phase: Phase

    @classmethod
    def of(
        cls, picture: Picture, lines: Sequence[Line], windows: Sequence[tuple[Capture, ...]], start: Phase
    ) -> GroupPicture:
        """From the picture of a reconstruction and the captures of each window; the first record's phase is `start`."""
        phases = _phases(picture, start)
        records = [usable_records(window)[0] for window in windows]
        drawn = _draw(picture, lines, windows, records, phases)
        behind = sum(len(one) for one in records[:-1])
        last = phases[behind] if behind < len(phases) else phases[-1]
        return cls(replace(picture, records=()), tuple(lines), tuple(windows), phases, drawn, last)

    def redrawn(self, lines: Sequence[Line]) -> tuple[DrawnWindow, ...]:
        """The windows for lines with their final status, in the order in which the reconstruction gave them."""
        if all(line.status not in (LineStatus.REJECTED, LineStatus.MOVED) for line in lines):
            return self.drawn
        records = [usable_records(window)[0] for window in self.windows]
        whole = replace(self.picture, records=tuple(itertools.chain.from_iterable(records)))
        return _draw(whole, lines, self.windows, records, self.phases)


@dataclass(frozen=True, eq=False)
class StitchedPicture:
    """Draws the stitched spectrum again when its `lines`, those of all groups with each one once, are judged."""

    lines: tuple[Line, ...]
    groups: tuple[GroupPicture, ...]

    def spectrum(self, lines: Sequence[Line]) -> Spectrum:
        """The spectrum for lines with their final status, in the order of `self.lines`."""
        windows: dict[float, DrawnWindow] = {}
        for group in self.groups:
            for window in group.redrawn([self._judged(line, lines) for line in group.lines]):
                # A window that two groups share is drawn by the first one.
                windows.setdefault(round(window.comb_hz), window)
        return stitched(list(windows.values()))

    def _judged(self, line: Line, judged: Sequence[Line]) -> Line:
        """What became of a line of a group; lines that no group answers for stay as they are."""
        # Where lines were taken for something else since, the judged ones are no longer those of this picture in order.
        known = self.lines if len(judged) == len(self.lines) else judged
        same = [place for place, other in enumerate(known) if other is line or same_line(other, line)]
        return judged[min(same, key=lambda k: abs(known[k].frequency_hz - line.frequency_hz))] if same else line


def same_line(line: Line, other: Line) -> bool:
    """Whether two fits, made from partly the same data, are of one line."""
    sigmas_hz = [one.frequency_sigma_hz for one in (line, other) if math.isfinite(one.frequency_sigma_hz)]
    within_hz = max(SAME_LINE_HZ, 0.5 * max(line.fwhm_hz, other.fwhm_hz), 5.0 * math.hypot(0.0, *sigmas_hz))
    return abs(line.frequency_hz - other.frequency_hz) < within_hz


def stitched(windows: Sequence[DrawnWindow]) -> Spectrum:
    """One spectrum over the bands of all windows; where nothing was excited it is zero."""
    parts = sorted((one for one in windows if len(one.spectrum.values)), key=lambda one: one.comb_hz)
    if not parts:
        return Spectrum(0.0, 1.0, np.zeros(0, dtype=np.complex64), 0.0)
    low = min(one.spectrum.x0_hz for one in parts)
    high = max(_end_hz(one.spectrum) for one in parts)
    step = max(min(one.spectrum.dx_hz for one in parts), (high - low) / (POINTS_MAX - 1))
    grid = low + step * np.arange(math.floor((high - low) / step + 0.5) + 1)
    values = np.zeros(len(grid), dtype=np.complex64)
    middles = [(a.comb_hz + b.comb_hz) / 2 for a, b in itertools.pairwise(parts)]
    stretches: list[SpectrumWindow] = []
    for one, (begin, end) in zip(parts, itertools.pairwise([-math.inf, *middles, math.inf]), strict=True):
        own = one.spectrum
        begin, end = max(begin, own.x0_hz), min(end, _end_hz(own) + step)
        place = slice(*np.searchsorted(grid, [begin - 0.01 * step, end - 0.01 * step]).tolist())
        axis = own.x0_hz + own.dx_hz * np.arange(len(own.values))
        values[place] = np.interp(grid[place], axis, own.values.real)
        values[place] += 1j * np.interp(grid[place], axis, own.values.imag).astype(np.float32)
        phase = one.phase if one.phase.known else Phase(0.0, known=False)
        stretches.append(SpectrumWindow(begin, end, own.noise_sigma, phase.rad, phase.known))
    widths = np.asarray([one.high_hz - one.low_hz for one in stretches])
    noise = _median([one.noise_sigma for one in stretches], widths)
    return Spectrum(float(grid[0]), float(step), values, noise, tuple(stretches))


def _end_hz(spectrum: Spectrum) -> float:
    return spectrum.x0_hz + spectrum.dx_hz * (len(spectrum.values) - 1)


def _median(values: Sequence[float], weights: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order[int(np.searchsorted(total, 0.5 * total[-1]))]])


def _phases(picture: Picture, start: Phase) -> tuple[Phase, ...]:
    """Phase of each record, by way of the record before it that shares the strongest lines with it.

    The phase between records c and d is arg sum_i w_i a_ci conj(a_di) over their common lines; with the weights used
    the size of the sum is near the square of the signal-to-noise ratio that those lines have together.
    """
    amplitudes, sigmas = picture.solution.amplitudes, picture.sigmas
    phases = [start]
    for c in range(1, len(picture.records)):
        best, size = 0j, 0.0
        reference = Phase(0.0, known=False)
        for d in range(c):
            common = [
                i
                for i, component in enumerate(picture.components)
                if component.kind == "line" and c in component.members and d in component.members
            ]
            energies = np.sqrt(picture.solution.energies[c][common] * picture.solution.energies[d][common])
            product = amplitudes[c][common] * np.conj(amplitudes[d][common]) * energies / (sigmas[c] * sigmas[d])
            total = complex(np.sum(product))
            if abs(total) > size:
                best, size, reference = total, abs(total), phases[d]
        if size < PHASE_SNR**2:
            phases.append(Phase(0.0, known=False))
        else:
            phases.append(Phase(float(np.angle(best * np.exp(1j * reference.rad))), reference.known))
    return tuple(phases)


def _draw(
    picture: Picture,
    lines: Sequence[Line],
    windows: Sequence[tuple[Capture, ...]],
    records: Sequence[Sequence[Record]],
    phases: Sequence[Phase],
) -> tuple[DrawnWindow, ...]:
    """Each window by itself; its phase is that of its first record."""
    samples = picture.samples(lines)
    drawn = []
    first = 0
    for captures, own in zip(windows, records, strict=True):
        here = slice(first, first + len(own))
        first += len(own)
        if not own:
            continue
        turned = [values * np.exp(-1j * phase.rad) for values, phase in zip(samples[here], phases[here], strict=True)]
        spectrum = window_spectrum(own, turned, picture.sigmas[here], captures[0])
        drawn.append(DrawnWindow(comb_centre_hz(captures[0]), spectrum, phases[here][0]))
    return tuple(drawn)


def window_spectrum(
    records: Sequence[Record],
    samples: Sequence[np.ndarray[tuple[int], np.dtype[np.complex128]]],
    sigmas: np.ndarray[tuple[int], np.dtype[np.float64]],
    capture: Capture,
) -> Spectrum:
    """Correlation spectrum over the band that one window speaks about, on a grid that neighbouring windows share.

    `capture` is any of the window's captures.
    """
    bands = [excited_band_hz(record, ReconstructionParameters().excitation_floor) for record in records]
    ((lowest, highest),) = survey_bands_hz([capture])
    step = min(record.rate_hz / record.transform_length for record in records)
    low = math.floor(max(lowest, min(low for low, _ in bands)) / step) * step
    high = math.ceil(min(highest, max(high for _, high in bands)) / step) * step
    return correlation_spectrum(records, samples, sigmas, (low, high))
