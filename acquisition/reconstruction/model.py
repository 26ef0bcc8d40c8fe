"""What is known of the captures at one moment of the pursuit: components, their fit, what it leaves, and the noise."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np

from acquisition.reconstruction import search, statistics
from acquisition.reconstruction.components import Component, coherence
from acquisition.reconstruction.excitation import Real
from acquisition.reconstruction.fit import SATURATION_PRIOR, Solution, refine, residual, solve
from acquisition.reconstruction.noise import Colour, colour_of, in_band_variance, residual_variance
from acquisition.reconstruction.parameters import ReconstructionParameters
from acquisition.reconstruction.record import Record

FWHM_LIMITS_HZ = (30.0, 60e3)

CROWD, OVERLAP = 12, 0.1
"""Lines and ring-downs up to which all are moved together, and the coherence above which two always are."""

SATURATION_STATISTIC = 60.0
"""SNR squared from which on the saturation of a line is fitted while others are still looked for."""

MEMBER_ENERGY = 0.05
"""A line is fitted in a capture that would see at least this fraction of the energy that the best capture sees."""


def _statistics(
    components: Sequence[Component], solution: Solution, sigmas: Real, colours: Sequence[Colour]
) -> list[tuple[float, float]]:
    """Leave-one-out statistic of each component, summed over captures, and the same as -ln of its noise probability."""
    out = []
    for i, component in enumerate(components):
        total = 0.0
        for c in component.members:
            place = sum(1 for other in components[:i] if c in other.members)
            noise = float(sigmas[c]) ** 2 * float(colours[c].factor(components[i].frequency_hz))
            variance = float(solution.inverses[c][place, place].real) * noise
            total += float(abs(solution.amplitudes[c][i])) ** 2 / max(variance, 1e-300)
        out.append((total, float(statistics.log_tail(total, len(component.members)))))
    return out


class Model:
    """Components that explain captures of one sample, with the searches of what they leave."""

    def __init__(
        self,
        records: Sequence[Record],
        parameters: ReconstructionParameters,
        band_hz: tuple[float, float] | None = None,
    ) -> None:
        self.records = list(records)
        self.parameters = parameters
        self.searched_hz = band_hz
        widths = search.search_widths_hz(parameters)
        bands = []
        for record in self.records:
            low, high = search.excited_band_hz(record, parameters.excitation_floor)
            bands.append((low, high) if band_hz is None else (max(low, band_hz[0]), min(high, band_hz[1])))
        self.bands = bands
        banks: dict[Hashable, search.Bank] = {}
        probes: dict[int, search.ProbeBank] = {}
        self.banks, self.probes = [], []
        for record, (low, high) in zip(self.records, bands, strict=True):
            offsets = (round(low - record.centre_hz, 3), round(high - record.centre_hz, 3))
            key = (id(record.excitation), offsets)
            if key not in banks:
                banks[key] = search.Bank(record.excitation, widths, offsets)
            self.banks.append(banks[key])
            if id(record.excitation) not in probes:
                probes[id(record.excitation)] = search.ProbeBank(record.excitation)
            self.probes.append(probes[id(record.excitation)])
        band = sum(high - low for low, high in _union(bands))
        self.threshold = statistics.detection_threshold(
            parameters.false_alarms_per_survey, band, [1 / (math.pi * width) for width in widths]
        )
        self.components: list[Component] = []
        self._known: tuple[tuple[object, ...], list[tuple[float, float]]] | None = None
        self.colours = [Colour(low, high) for low, high in bands]
        self.sigmas = np.sqrt([max(r.energy / max(r.count, 1), 1e-300) for r in self.records])
        self.solution = solve(self.records, self.sigmas, self.components)
        self.after_fit()

    def after_fit(self) -> None:
        """Take the components away, look at what is left, and estimate the noise from it."""
        self.residuals = residual(self.records, self.components, self.solution)
        self.transforms = [search.transform_of(r, left) for r, left in zip(self.records, self.residuals, strict=True)]
        self.scans = [
            bank.scan(transform, r.centre_hz)
            for bank, transform, r in zip(self.banks, self.transforms, self.records, strict=True)
        ]
        fixed = self.parameters.noise_sigma
        variances = []
        for c, record in enumerate(self.records):
            fitted = 4 * sum(1 for component in self.components if c in component.members)
            variance = max(
                residual_variance(record, self.residuals[c], fitted),
                self._in_band_variance(c),
                1e-14 * record.energy / max(record.count, 1),
                1e-300,
            )
            variances.append(fixed**2 if fixed > 0 else variance)
        self.sigmas = np.sqrt(variances)
        self.colours = [
            Colour(*band) if fixed > 0 else colour_of(record, transform, band, variance)
            for record, transform, band, variance in zip(
                self.records, self.transforms, self.bands, variances, strict=True
            )
        ]
        self.solution = solve(self.records, self.sigmas, self.components)

    def _in_band_variance(self, c: int) -> float:
        if not self.scans[c]:
            return 0.0
        scan = self.scans[c][0]
        low, high = self.bands[c]
        seconds = min(1 / (math.pi * scan.fwhm_hz), self.records[c].samples / self.records[c].rate_hz)
        return in_band_variance(scan.power, (high - low) * seconds)

    def fit(self, components: list[Component], movable: Sequence[int] | None = None, rounds: int = 12) -> None:
        """Take these components, or the `movable` among them, to their best places; `after_fit` is yet to be called.

        Carriers are settled from then on.
        """
        fitted, self.solution = refine(
            self.records,
            self.sigmas,
            components,
            fwhm_limits_hz=FWHM_LIMITS_HZ,
            movable=movable,
            rounds=rounds,
            tolerance=0.01,
        )
        self.components = [replace(one, settled=True) if one.kind == "carrier" else one for one in fitted]

    def beside(self, components: Sequence[Component], changed: Sequence[int]) -> list[int] | None:
        """Which components are to be moved when those in `changed` were added or are to be moved: None for all.

        Among many that is what overlaps with them; to move each whenever anything is found takes longer than it helps.
        """
        free = [i for i, component in enumerate(components) if not component.settled]
        if len(free) <= CROWD:
            return None
        return [i for i in free if i in changed or any(self._overlap(components[i], components[k]) for k in changed)]

    def _overlap(self, one: Component, other: Component) -> bool:
        shared = (c for c in one.members if c in other.members)
        return any(coherence(self.records[c], one, other) >= OVERLAP for c in shared)

    def statistics(self) -> list[tuple[float, float]]:
        """For each component how much of the data it explains that the others cannot, over the noise: SNR squared.

        With it the same as minus the logarithm of the probability that noise does so.
        """
        made_of = (self.components, self.solution, self.colours)
        if self._known is None or any(now is not then for now, then in zip(made_of, self._known[0], strict=True)):
            self._known = made_of, _statistics(self.components, self.solution, self.sigmas, self.colours)
        return self._known[1]

    def line(self, frequency_hz: float, fwhm_hz: float, statistic: float = 0.0) -> Component:
        """A line component in all captures that see it, its saturation the usual one; fitted if the line is strong."""
        heard = [abs(frequency_hz - r.centre_hz) < r.rate_hz / 2 for r in self.records]
        members = tuple(c for c, hears in enumerate(heard) if hears)
        if len(members) > 1:
            energies = [self.records[c].response_energy(np.asarray([frequency_hz]), fwhm_hz)[0] for c in members]
            weights = np.asarray(energies) / self.sigmas[list(members)] ** 2
            enough = (weights >= MEMBER_ENERGY * weights.max()) & (weights > 0)
            members = tuple(c for c, seen in zip(members, enough.tolist(), strict=True) if seen)
        combed = any(self.records[c].tooth_spacing_hz is not None for c in members)
        saturation = SATURATION_PRIOR[0] if combed else 0.0
        return Component(
            "line",
            frequency_hz,
            fwhm_hz,
            members,
            saturation,
            free_saturation=combed and statistic >= SATURATION_STATISTIC,
        )

    def power_at(self, c: int, frequencies: Sequence[float] | Real, fwhm_hz: float | Real) -> Real:
        """Matched-filter statistic of lines at these frequencies in what is left of one capture."""
        power = self.records[c].matched_power(self.residuals[c], np.asarray(frequencies, dtype=np.float64), fwhm_hz)
        return np.asarray(power / self.noise_at(c, frequencies), dtype=np.float64)

    def noise_at(self, c: int, frequencies_hz: Sequence[float] | Real) -> Real:
        """Noise per sample, squared, that counts at these frequencies in one capture."""
        factor = self.colours[c].factor(np.asarray(frequencies_hz, dtype=np.float64))
        return np.asarray(float(self.sigmas[c]) ** 2 * factor, dtype=np.float64)


def _union(bands: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Bands with their overlaps merged."""
    merged: list[tuple[float, float]] = []
    for low, high in sorted(band for band in bands if band[1] > band[0]):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged
