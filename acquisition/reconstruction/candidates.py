"""What to try next: the strongest line, carrier and ring-down that the components leave unexplained."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from acquisition.reconstruction import search, statistics
from acquisition.reconstruction.fit import Component
from acquisition.reconstruction.model import MEMBER_ENERGY, Model
from acquisition.reconstruction.record import Real, Record

PROBE_DECAYS_S = (0.4e-6, 1.2e-6, 4e-6)
PROBE_REACH_HZ = 1e6
NUISANCES_MAX = 12

GHOST_NEAR, GHOST_FAR = 0.02, 1e-4
"""Least statistic of a line relative to a stronger one, next to it or to its images on other teeth, and elsewhere.

The first is what is left of a strong line whose shape or saturation the model describes to 14 % only; the second is a
dynamic range of 40 dB in amplitude, which no radio's linearity is better than.
"""


@dataclass(frozen=True)
class Candidate:
    """A component that would explain something, and how much of it over the noise."""

    component: Component
    statistic: float


@dataclass(eq=False)
class Candidates:
    """Looks for candidates in what a model leaves; those in `rejected` have been tried and did not stand."""

    model: Model
    rejected: list[Component] = field(default_factory=list)

    def strongest(self) -> list[Candidate]:
        """The strongest line of all captures, and carrier and ring-down of each, as far as they exceed thresholds."""
        found = []
        lines = sum(1 for component in self.model.components if component.kind == "line")
        if lines < self.model.parameters.lines_max:
            line = self._line_candidate()
            if line is not None:
                found.append(line)
        if len(self.model.components) - lines < NUISANCES_MAX:
            for c, record in enumerate(self.model.records):
                frequency, power = search.strongest_carrier(record, self.model.samples[c])
                statistic = power / self.model.sigmas[c] ** 2
                limit = statistics.carrier_threshold(self.model.parameters.false_alarms_per_survey, record.count)
                limit = max([limit, *(GHOST_FAR * value for value, _ in self.model.statistics())])
                if statistic > limit and not self._was_rejected("carrier", frequency, 2 / record.duration_s):
                    found.append(Candidate(Component("carrier", frequency, 0.0, (c,)), statistic))
                frequencies, widths = self._probe_grid(record)
                powers = self.model.power_at(c, frequencies, widths)
                best = int(np.argmax(powers))
                if powers[best] > limit and not self._was_rejected("probe", frequencies[best], widths[best]):
                    probe = Component("probe", float(frequencies[best]), float(widths[best]), (c,))
                    found.append(Candidate(probe, float(powers[best])))
        return found

    def _was_rejected(self, kind: str, frequency_hz: float, within_hz: float) -> bool:
        return any(r.kind == kind and abs(r.frequency_hz - frequency_hz) < within_hz for r in self.rejected)

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

    def _line_candidate(self) -> Candidate | None:
        best: Candidate | None = None
        for width_index in range(max((len(scans) for scans in self.model.scans), default=0)):
            frequency, statistic = self._combined(width_index)
            if len(frequency) == 0:
                continue
            allowed = np.where(statistic >= self._required(frequency), statistic, 0.0)
            top = int(np.argmax(allowed))
            if allowed[top] < 0.8 * self.model.threshold or (best is not None and allowed[top] <= best.statistic):
                continue
            fwhm = next(scans[width_index].fwhm_hz for scans in self.model.scans if scans)
            best = Candidate(self.model.line(float(frequency[top]), fwhm), float(allowed[top]))
        if best is None:
            return None
        return self._on_best_tooth(best)

    def _combined(self, width_index: int) -> tuple[Real, Real]:
        """Frequencies and the statistic of all captures together for one line width."""
        scans = [
            (c, s[width_index]) for c, s in enumerate(self.model.scans) if s and len(s[width_index].frequency_hz) > 1
        ]
        if len(scans) == 0:
            return np.zeros(0), np.zeros(0)
        if len(scans) == 1:
            c, scan = scans[0]
            return scan.frequency_hz, scan.power / self.model.sigmas[c] ** 2
        spacing = min(float(scan.frequency_hz[1] - scan.frequency_hz[0]) for _, scan in scans)
        low = min(float(scan.frequency_hz[0]) for _, scan in scans)
        high = max(float(scan.frequency_hz[-1]) for _, scan in scans)
        grid = np.arange(low, high + spacing, spacing)
        weights = np.stack(
            [np.interp(grid, s.frequency_hz, s.energy, left=0, right=0) / self.model.sigmas[c] ** 2 for c, s in scans]
        )
        powers = np.stack(
            [np.interp(grid, s.frequency_hz, s.power, left=0, right=0) / self.model.sigmas[c] ** 2 for c, s in scans]
        )
        used = weights >= MEMBER_ENERGY * np.maximum(weights.max(axis=0), 1e-300)
        return grid, statistics.log_tail(np.where(used, powers, 0).sum(axis=0), np.maximum(used.sum(axis=0), 1))

    def _required(self, frequency: Real) -> Real:
        """Least statistic at each frequency, given the lines already found: what they leave behind is not a line."""
        required = np.full(len(frequency), 0.8 * self.model.threshold)
        for rejected in self.rejected:
            if rejected.kind == "line":
                required[np.abs(frequency - rejected.frequency_hz) < rejected.fwhm_hz] = np.inf
        for component, (statistic, _) in zip(self.model.components, self.model.statistics(), strict=True):
            if component.kind == "probe":
                continue
            required = np.maximum(required, GHOST_FAR * statistic)
            distance = frequency - component.frequency_hz
            reach = max(3 * component.fwhm_hz, 1e3)
            for c in component.members:
                spacing = self.model.records[c].tooth_spacing_hz
                folded = distance if spacing is None else distance - spacing * np.round(distance / spacing)
                near = np.abs(folded) < (reach if spacing is None else min(reach, spacing / 4))
                required = np.where(near, np.maximum(required, GHOST_NEAR * statistic), required)
        return required

    def _on_best_tooth(self, candidate: Candidate) -> Candidate | None:
        """The candidate on whichever tooth explains the residual best, over the whole band that was received."""
        line = candidate.component
        if not line.members:
            return None
        reference = line.members[0]
        if len(line.members) > 1:
            reference = max(line.members, key=lambda c: self.model.power_at(c, [line.frequency_hz], line.fwhm_hz)[0])
        record = self.model.records[reference]
        spacing = record.tooth_spacing_hz
        if spacing is None:
            return candidate
        reach = math.floor(record.rate_hz / spacing)
        steps = np.arange(-reach, reach + 1)
        steps = steps[np.abs(line.frequency_hz + spacing * steps - record.centre_hz) < 0.48 * record.rate_hz]
        powers = self.model.power_at(reference, line.frequency_hz + spacing * steps, line.fwhm_hz)
        best = int(np.argmax(powers))
        if steps[best] == 0:
            return candidate
        moved = self.model.line(line.frequency_hz + spacing * float(steps[best]), line.fwhm_hz)
        return Candidate(moved, max(candidate.statistic, float(powers[best])))
