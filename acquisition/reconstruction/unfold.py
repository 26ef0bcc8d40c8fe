"""Sparse deconvolution: explains captures by as few lines as the noise allows, and says how sure each tooth is.

Orthogonal matching pursuit with continuous refinement: look for the strongest unexplained signal, decide whether it is
a line, a constant-frequency carrier or the probe's ring-down, fit everything found until now together, and look again
until nothing is left that noise would not give.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from acquisition.reconstruction import search, statistics
from acquisition.reconstruction.fit import (
    SATURATION_PRIOR,
    Component,
    Solution,
    expected_gain,
    refine,
    residual,
    signal_blocks,
    solve,
)
from acquisition.reconstruction.noise import in_band_variance, residual_variance
from acquisition.reconstruction.parameters import ReconstructionParameters
from acquisition.reconstruction.record import Real, Record

FWHM_LIMITS_HZ = (30.0, 60e3)
PROBE_DECAYS_S = (0.4e-6, 1.2e-6, 4e-6)
PROBE_REACH_HZ = 1e6
NUISANCES_MAX = 12
REJECTIONS_MAX = 6
SHAPE_GAIN = 8.0
"""Gain in log-likelihood for which a strong line is given a shape of its own."""

MEMBER_ENERGY = 0.05
"""A line is fitted in a capture that would see at least this fraction of the energy that the best capture sees."""

GHOST_NEAR, GHOST_FAR = 0.02, 1e-4
"""Least statistic of a line relative to a stronger one, next to it or to its images on other teeth, and elsewhere.

The first is what is left of a strong line whose shape or saturation the model describes to 14 % only; the second is a
dynamic range of 40 dB in amplitude, which no radio's linearity is better than.
"""


@dataclass(frozen=True)
class _Candidate:
    component: Component
    statistic: float


def _statistics(components: Sequence[Component], solution: Solution, sigmas: Real) -> list[tuple[float, float]]:
    """Leave-one-out statistic of each component, summed over captures, and the same as -ln of its noise probability."""
    out = []
    for i, component in enumerate(components):
        total = 0.0
        for c in component.members:
            place = sum(1 for other in components[:i] if c in other.members)
            variance = float(solution.inverses[c][place, place].real) * float(sigmas[c]) ** 2
            total += float(abs(solution.amplitudes[c][i])) ** 2 / max(variance, 1e-300)
        out.append((total, float(statistics.log_tail(total, len(component.members)))))
    return out


class Unfolder:
    """Runs the pursuit over captures of one sample; see `unfold`."""

    def __init__(
        self,
        records: Sequence[Record],
        parameters: ReconstructionParameters,
        band_hz: tuple[float, float] | None = None,
        lines_max: int | None = None,
    ) -> None:
        self.records = list(records)
        self.parameters = parameters
        self.lines_max = lines_max or parameters.lines_max
        widths = search.search_widths_hz(parameters)
        bands = []
        for record in self.records:
            low, high = search.excited_band_hz(record, parameters.excitation_floor)
            bands.append((low, high) if band_hz is None else (max(low, band_hz[0]), min(high, band_hz[1])))
        self.searchers = [search.Searcher(r, widths, b) for r, b in zip(self.records, bands, strict=True)]
        band = sum(high - low for low, high in _union(bands))
        self.threshold = statistics.detection_threshold(
            parameters.false_alarms_per_survey, band, [1 / (math.pi * width) for width in widths]
        )
        self.components: list[Component] = []
        self._rejected: list[Component] = []
        self.messages: list[str] = []
        self.confidences: dict[int, float] = {}
        self._look()

    # -- one round -------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Fit amplitudes, take the components away, and estimate the noise from what is left."""
        if not hasattr(self, "sigmas"):
            self.sigmas = np.sqrt([max(r.energy / max(r.count, 1), 1e-300) for r in self.records])
        self.solution = solve(self.records, self.sigmas, self.components)
        self._after_fit()

    def _after_fit(self) -> None:
        self.residuals = residual(self.records, self.components, self.solution)
        samples = [r.in_samples(left) for r, left in zip(self.records, self.residuals, strict=True)]
        self.samples = samples
        self.scans = [s.scan(y) for s, y in zip(self.searchers, samples, strict=True)]
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
        self.solution = solve(self.records, self.sigmas, self.components)

    def _in_band_variance(self, c: int) -> float:
        if not self.scans[c]:
            return 0.0
        scan = self.scans[c][0]
        searcher = self.searchers[c]
        seconds = min(1 / (math.pi * scan.fwhm_hz), self.records[c].samples / self.records[c].rate_hz)
        return in_band_variance(scan.power, (searcher.high_hz - searcher.low_hz) * seconds)

    def _fit(self, components: list[Component], movable: Sequence[int] | None = None, rounds: int = 12) -> None:
        self.components, self.solution = refine(
            self.records,
            self.sigmas,
            components,
            fwhm_limits_hz=FWHM_LIMITS_HZ,
            movable=movable,
            rounds=rounds,
            tolerance=0.01,
        )

    def run(self) -> None:
        """The pursuit until nothing is left above the threshold."""
        while True:
            candidates = self._candidates()
            if not candidates or len(self.components) >= self.lines_max + NUISANCES_MAX:
                break
            strongest = max(candidate.statistic for candidate in candidates)
            best: tuple[float, list[Component], Solution] | None = None
            for candidate in candidates:
                if candidate.statistic < 0.4 * strongest:
                    continue
                trial = [*self.components, candidate.component]
                fitted, solution = refine(
                    self.records,
                    self.sigmas,
                    trial,
                    fwhm_limits_hz=FWHM_LIMITS_HZ,
                    movable=[len(trial) - 1],
                    rounds=6,
                    tolerance=0.05,
                )
                if best is None or solution.cost < best[0]:
                    best = solution.cost, fitted, solution
            assert best is not None
            before = len(self.components)
            self._fit(best[1])
            self._free_shapes()
            self._prune()
            if len(self.components) <= before:
                # What was added did not stand beside the others; do not try it again, but look for others.
                self._rejected.append(best[1][-1])
                if len(self._rejected) > REJECTIONS_MAX:
                    self._after_fit()
                    break
            self._after_fit()
        self.confidences = self._settle_teeth()

    def statistics(self) -> list[tuple[float, float]]:
        """For each component how much of the data it explains that the others cannot, over the noise: SNR squared.

        With it the same as minus the logarithm of the probability that noise does so.
        """
        return _statistics(self.components, self.solution, self.sigmas)

    # -- candidates ------------------------------------------------------------------------------------------------

    def _candidates(self) -> list[_Candidate]:
        found = []
        lines = sum(1 for component in self.components if component.kind == "line")
        if lines < self.lines_max:
            line = self._line_candidate()
            if line is not None:
                found.append(line)
        if len(self.components) - lines < NUISANCES_MAX:
            for c, record in enumerate(self.records):
                frequency, power = search.strongest_carrier(record, self.samples[c])
                statistic = power / self.sigmas[c] ** 2
                limit = statistics.carrier_threshold(self.parameters.false_alarms_per_survey, record.count)
                limit = max([limit, *(GHOST_FAR * value for value, _ in self.statistics())])
                if statistic > limit and not self._was_rejected("carrier", frequency, 2 / record.duration_s):
                    found.append(_Candidate(Component("carrier", frequency, 0.0, (c,)), statistic))
                frequencies, widths = self._probe_grid(record)
                powers = self._power_at(c, frequencies, widths)
                best = int(np.argmax(powers))
                if powers[best] > limit and not self._was_rejected("probe", frequencies[best], widths[best]):
                    probe = Component("probe", float(frequencies[best]), float(widths[best]), (c,))
                    found.append(_Candidate(probe, float(powers[best])))
        return found

    def _was_rejected(self, kind: str, frequency_hz: float, within_hz: float) -> bool:
        return any(r.kind == kind and abs(r.frequency_hz - frequency_hz) < within_hz for r in self._rejected)

    @staticmethod
    def _probe_grid(record: Record) -> tuple[Real, Real]:
        """Frequencies and widths at which ring-down is looked for."""
        reach = min(PROBE_REACH_HZ, 0.45 * record.rate_hz)
        frequencies, widths = [], []
        for decay_s in PROBE_DECAYS_S:
            width = 1 / (math.pi * decay_s)
            count = max(1, math.floor(reach / (width / 2)))
            frequencies.append(record.centre_hz + np.arange(-count, count + 1) * (width / 2))
            widths.append(np.full(2 * count + 1, width))
        return np.concatenate(frequencies), np.concatenate(widths)

    def _line_candidate(self) -> _Candidate | None:
        best: _Candidate | None = None
        for width_index in range(max((len(scans) for scans in self.scans), default=0)):
            frequency, statistic = self._combined(width_index)
            if len(frequency) == 0:
                continue
            allowed = np.where(statistic >= self._required(frequency), statistic, 0.0)
            top = int(np.argmax(allowed))
            if allowed[top] < 0.8 * self.threshold or (best is not None and allowed[top] <= best.statistic):
                continue
            fwhm = next(scans[width_index].fwhm_hz for scans in self.scans if scans)
            best = _Candidate(self._line(float(frequency[top]), fwhm), float(allowed[top]))
        if best is None:
            return None
        return self._on_best_tooth(best)

    def _combined(self, width_index: int) -> tuple[Real, Real]:
        """Frequencies and the statistic of all captures together for one line width."""
        scans = [(c, s[width_index]) for c, s in enumerate(self.scans) if s and len(s[width_index].frequency_hz) > 1]
        if len(scans) == 0:
            return np.zeros(0), np.zeros(0)
        if len(scans) == 1:
            c, scan = scans[0]
            return scan.frequency_hz, scan.power / self.sigmas[c] ** 2
        spacing = min(float(scan.frequency_hz[1] - scan.frequency_hz[0]) for _, scan in scans)
        low = min(float(scan.frequency_hz[0]) for _, scan in scans)
        high = max(float(scan.frequency_hz[-1]) for _, scan in scans)
        grid = np.arange(low, high + spacing, spacing)
        weights = np.stack(
            [np.interp(grid, s.frequency_hz, s.energy, left=0, right=0) / self.sigmas[c] ** 2 for c, s in scans]
        )
        powers = np.stack(
            [np.interp(grid, s.frequency_hz, s.power, left=0, right=0) / self.sigmas[c] ** 2 for c, s in scans]
        )
        used = weights >= MEMBER_ENERGY * np.maximum(weights.max(axis=0), 1e-300)
        return grid, statistics.log_tail(np.where(used, powers, 0).sum(axis=0), np.maximum(used.sum(axis=0), 1))

    def _required(self, frequency: Real) -> Real:
        """Least statistic at each frequency, given the lines already found: what they leave behind is not a line."""
        required = np.full(len(frequency), 0.8 * self.threshold)
        for rejected in self._rejected:
            if rejected.kind == "line":
                required[np.abs(frequency - rejected.frequency_hz) < rejected.fwhm_hz] = np.inf
        for component, (statistic, _) in zip(self.components, self.statistics(), strict=True):
            if component.kind == "probe":
                continue
            required = np.maximum(required, GHOST_FAR * statistic)
            distance = frequency - component.frequency_hz
            reach = max(3 * component.fwhm_hz, 1e3)
            for c in component.members:
                spacing = self.records[c].tooth_spacing_hz
                folded = distance if spacing is None else distance - spacing * np.round(distance / spacing)
                near = np.abs(folded) < (reach if spacing is None else min(reach, spacing / 4))
                required = np.where(near, np.maximum(required, GHOST_NEAR * statistic), required)
        return required

    def _line(self, frequency_hz: float, fwhm_hz: float) -> Component:
        """A line component in all captures that see it."""
        weights = [
            float(r.response_energy(np.asarray([frequency_hz]), fwhm_hz)[0]) / sigma**2
            if abs(frequency_hz - r.centre_hz) < r.rate_hz / 2
            else 0.0
            for r, sigma in zip(self.records, self.sigmas, strict=True)
        ]
        members = tuple(c for c, weight in enumerate(weights) if weight >= MEMBER_ENERGY * max(weights) and weight > 0)
        combed = any(self.records[c].tooth_spacing_hz is not None for c in members)
        saturation = SATURATION_PRIOR[0] if combed else 0.0
        return Component("line", frequency_hz, fwhm_hz, members, saturation, free_saturation=combed)

    def _on_best_tooth(self, candidate: _Candidate) -> _Candidate | None:
        """The candidate on whichever tooth explains the residual best, over the whole band that was received."""
        line = candidate.component
        if not line.members:
            return None
        reference = line.members[0]
        if len(line.members) > 1:
            reference = max(line.members, key=lambda c: self._power_at(c, [line.frequency_hz], line.fwhm_hz)[0])
        record = self.records[reference]
        spacing = record.tooth_spacing_hz
        if spacing is None:
            return candidate
        reach = math.floor(record.rate_hz / spacing)
        steps = np.arange(-reach, reach + 1)
        steps = steps[np.abs(line.frequency_hz + spacing * steps - record.centre_hz) < 0.48 * record.rate_hz]
        powers = self._power_at(reference, line.frequency_hz + spacing * steps, line.fwhm_hz)
        best = int(np.argmax(powers))
        if steps[best] == 0:
            return candidate
        moved = self._line(line.frequency_hz + spacing * float(steps[best]), line.fwhm_hz)
        return _Candidate(moved, max(candidate.statistic, float(powers[best])))

    def _power_at(self, c: int, frequencies: Sequence[float] | Real, fwhm_hz: float | Real) -> Real:
        power = self.records[c].matched_power(self.residuals[c], np.asarray(frequencies, dtype=np.float64), fwhm_hz)
        return np.asarray(power / float(self.sigmas[c]) ** 2, dtype=np.float64)

    # -- keeping the model honest ----------------------------------------------------------------------------------

    def _free_shapes(self) -> None:
        """Fit the shape of strong lines where it explains the data better, so that no remains look like new lines."""
        for i, component in enumerate(self.components):
            if component.kind != "line" or component.free_shape:
                continue
            if _statistics(self.components, self.solution, self.sigmas)[i][0] < 150:
                continue
            trial = list(self.components)
            trial[i] = replace(component, free_shape=True)
            if expected_gain(solve(self.records, self.sigmas, trial), trial) < SHAPE_GAIN:
                continue
            fitted, solution = refine(
                self.records, self.sigmas, trial, fwhm_limits_hz=FWHM_LIMITS_HZ, rounds=6, tolerance=0.05
            )
            if self.solution.cost - solution.cost > SHAPE_GAIN:
                self.components, self.solution = fitted, solution

    def _prune(self) -> None:
        """Take out components that do not reach the threshold beside the others, the weakest first."""
        while self.components:
            values = _statistics(self.components, self.solution, self.sigmas)
            logs = [value[1] for value in values]
            weakest = int(np.argmin(logs))
            if logs[weakest] >= self.threshold:
                return
            self._fit([component for i, component in enumerate(self.components) if i != weakest], rounds=6)

    def _settle_teeth(self, reach: int = 4) -> dict[int, float]:
        """Put each line on its most probable tooth; returns the probability of that tooth for each line."""
        confidences: dict[int, float] = {}
        moves = 0
        i = 0
        while i < len(self.components):
            component = self.components[i]
            if component.kind != "line":
                i += 1
                continue
            costs = [self.solution.cost]
            trials: list[tuple[list[Component], Solution]] = []
            for frequency in self._rival_teeth(i, reach):
                moved = self._line(frequency, component.fwhm_hz)
                if not moved.members:
                    continue
                trial = list(self.components)
                trial[i] = replace(component, frequency_hz=frequency, members=moved.members)
                fitted = refine(
                    self.records,
                    self.sigmas,
                    trial,
                    fwhm_limits_hz=FWHM_LIMITS_HZ,
                    movable=[i],
                    rounds=6,
                    tolerance=0.05,
                )
                trials.append(fitted)
                costs.append(fitted[1].cost)
            if trials and min(costs) < costs[0] - 1e-6 and moves < 3 * len(self.components):
                moves += 1
                self._fit(trials[int(np.argmin(costs[1:]))][0])
                self._after_fit()
                continue
            confidences[i] = statistics.posterior_of_first(costs)
            i += 1
        return confidences

    def _rival_teeth(self, index: int, reach: int) -> list[float]:
        """Frequencies up to `reach` teeth away that could explain component `index` about as well.

        Judged by the linear matched filter on the data without the other components; only those are worth a fit.
        """
        component = self.components[index]
        own = self._statistic_at(index, [component.frequency_hz])[0]
        rivals = []
        for spacing in sorted({round(self.records[c].tooth_spacing_hz or 0.0, 3) for c in component.members} - {0.0}):
            steps = np.concatenate([np.arange(-reach, 0), np.arange(1, reach + 1)])
            frequencies = component.frequency_hz + spacing * steps
            close = own - self._statistic_at(index, frequencies) < 30.0 + 0.3 * own
            rivals.extend(frequencies[close].tolist())
        return rivals

    def _statistic_at(self, index: int, frequencies: Sequence[float] | Real) -> Real:
        """Matched-filter statistic of the data without all components but one, summed over that one's captures."""
        component = self.components[index]
        total = np.zeros(len(frequencies))
        for c in component.members:
            record = self.records[c]
            own = signal_blocks(record, component, complex(self.solution.amplitudes[c][index]))
            power = record.matched_power(self.residuals[c] + own, np.asarray(frequencies), component.fwhm_hz)
            total += power / self.sigmas[c] ** 2
        return total


def _union(bands: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Bands with their overlaps merged."""
    merged: list[tuple[float, float]] = []
    for low, high in sorted(band for band in bands if band[1] > band[0]):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged
