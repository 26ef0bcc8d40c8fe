"""What to try next: the strongest line, carrier and ring-down that the components leave unexplained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from acquisition.reconstruction import search, statistics
from acquisition.reconstruction.components import Component, coherence
from acquisition.reconstruction.excitation import Real
from acquisition.reconstruction.model import MEMBER_ENERGY, Model

TEETH_COMPARED = 5
"""Teeth that are looked at closely, of all those in the received band."""

NUISANCES_MAX = 12
"""Carriers and ring-downs that are looked for in each capture."""

PEAKS_MAX, DOUBTFUL_MAX = 200, 4
"""Maxima of the search that are looked at for lines beside the strongest one, and how many may be doubtful."""

CLEARLY_LESS = 0.6
"""Statistic of a carrier relative to that of a line up to which there is no doubt that it is a line."""

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
    _searched: list[tuple[float, Real, Real]] = field(default_factory=list)

    def strongest(self) -> list[Candidate]:
        """The strongest line of all captures, and carrier and ring-down of each, as far as they exceed thresholds."""
        found = []
        lines = sum(1 for component in self.model.components if component.kind == "line")
        if lines < self.model.parameters.lines_max:
            line = self._line_candidate()
            if line is not None:
                found.append(line)
        if len(self.model.components) - lines < NUISANCES_MAX * len(self.model.records):
            for c, record in enumerate(self.model.records):
                frequency, power = search.strongest_carrier(record, self.model.transforms[c])
                statistic = power / self.model.sigmas[c] ** 2
                limit = statistics.carrier_threshold(self.model.parameters.false_alarms_per_survey, record.count)
                limit = max([limit, *(GHOST_FAR * value for value, _ in self.model.statistics())])
                if statistic > limit and not self._was_rejected("carrier", frequency, 2 / record.duration_s):
                    found.append(Candidate(Component("carrier", frequency, 0.0, (c,)), statistic))
                bank = self.model.probes[c]
                powers = bank.powers(self.model.residuals[c]) / self.model.sigmas[c] ** 2
                best = int(np.argmax(powers))
                probe = Component(
                    "probe", record.centre_hz + float(bank.offset_hz[best]), float(bank.fwhm_hz[best]), (c,)
                )
                if powers[best] > limit and not self._was_rejected("probe", probe.frequency_hz, probe.fwhm_hz):
                    found.append(Candidate(probe, float(powers[best])))
        return found

    def _was_rejected(self, kind: str, frequency_hz: float, within_hz: float) -> bool:
        return any(r.kind == kind and abs(r.frequency_hz - frequency_hz) < within_hz for r in self.rejected)

    def apart(self, first: Component, others: Sequence[Candidate]) -> list[Component]:
        """Further lines that the same data show beyond doubt beside `first`, the strongest first.

        A peak counts if it would exceed the threshold whatever the phases of those before it and of the `others` that
        were considered, that is by more than their signals overlap with its own; and if a carrier there would explain
        clearly less. Nothing less is taken before those have been fitted.
        """
        doubts = [(other.component, math.sqrt(other.statistic)) for other in others]
        taken: list[Component] = []
        room = self.model.parameters.lines_max - 1 - sum(1 for one in self.model.components if one.kind == "line")
        tops = [first, *(other.component for other in others if other.component.kind == "line")]
        least, doubtful = math.sqrt(self.model.threshold), 0
        for statistic, frequency, fwhm in self._peaks()[:PEAKS_MAX]:
            height = math.sqrt(statistic)
            if len(taken) >= room or height < least or statistic < GHOST_NEAR * doubts[0][1] ** 2:
                break
            if any(self._is_near(frequency, other) for other in [*tops, *taken]):
                continue
            line = self.model.line(frequency, fwhm, statistic)
            if self._as_carrier(line) > CLEARLY_LESS * statistic:
                continue
            if any(height - self._coherence(line, other) * size < least for other, size in doubts):
                doubtful += 1
                if doubtful == DOUBTFUL_MAX:
                    break
                continue
            if self._on_best_tooth(Candidate(line, statistic)).component is not line:
                continue
            taken.append(line)
            doubts.append((line, height))
        return taken

    def _as_carrier(self, line: Component) -> float:
        """Statistic of a carrier at the place of a line, the largest of its captures."""
        return max(
            search.carrier_power(self.model.records[c], self.model.transforms[c], line.frequency_hz)
            / float(self.model.sigmas[c]) ** 2
            for c in line.members
        )

    def _is_near(self, frequency_hz: float, other: Component) -> bool:
        """Whether a frequency is next to a component or to one of its images."""
        distance = frequency_hz - other.frequency_hz
        for c in other.members:
            spacing = self.model.records[c].tooth_spacing_hz
            folded = distance if spacing is None else distance - spacing * round(distance / spacing)
            if abs(folded) < max(3 * other.fwhm_hz, 1e3):
                return True
        return False

    def _coherence(self, one: Component, other: Component) -> float:
        """Overlap of two components' signals, 0 to 1, the most over the captures that they share."""
        shared = [c for c in one.members if c in other.members]
        return max((coherence(self.model.records[c], one, other) for c in shared), default=0.0)

    def _peaks(self) -> list[tuple[float, float, float]]:
        """Maxima of the matched filters that may be lines: statistic, frequency and width, the strongest first."""
        peaks: list[tuple[float, float, float]] = []
        for fwhm, frequency, statistic in self._searched:
            inner = statistic[1:-1]
            tops = 1 + np.flatnonzero((inner > 0) & (inner >= statistic[:-2]) & (inner >= statistic[2:]))
            peaks += [(float(statistic[i]), float(frequency[i]), fwhm) for i in tops.tolist()]
        return sorted(peaks, reverse=True)

    def _line_candidate(self) -> Candidate | None:
        best: Candidate | None = None
        self._searched = []
        for width_index in range(max((len(scans) for scans in self.model.scans), default=0)):
            frequency, statistic = self._combined(width_index)
            if len(frequency) == 0:
                continue
            allowed = self._allowed(frequency, statistic)
            top = int(np.argmax(allowed))
            fwhm = next(scans[width_index].fwhm_hz for scans in self.model.scans if scans)
            self._searched.append((fwhm, frequency, allowed))
            if allowed[top] > (0.0 if best is None else best.statistic):
                best = Candidate(self.model.line(float(frequency[top]), fwhm, float(allowed[top])), float(allowed[top]))
        return None if best is None else self._on_best_tooth(best)

    def _combined(self, width_index: int) -> tuple[Real, Real]:
        """Frequencies and the statistic of all captures together for one line width."""
        scans = [
            (c, s[width_index]) for c, s in enumerate(self.model.scans) if s and len(s[width_index].frequency_hz) > 1
        ]
        if len(scans) == 0:
            return np.zeros(0), np.zeros(0)
        if len(scans) == 1:
            c, scan = scans[0]
            return scan.frequency_hz, scan.power / self.model.noise_at(c, scan.frequency_hz)
        spacing = min(float(scan.frequency_hz[1] - scan.frequency_hz[0]) for _, scan in scans)
        low = min(float(scan.frequency_hz[0]) for _, scan in scans)
        high = max(float(scan.frequency_hz[-1]) for _, scan in scans)
        grid = np.arange(low, high + spacing, spacing)
        weights = np.stack(
            [np.interp(grid, s.frequency_hz, s.energy, left=0, right=0) / self.model.sigmas[c] ** 2 for c, s in scans]
        )
        powers = np.stack(
            [np.interp(grid, s.frequency_hz, s.power, left=0, right=0) / self.model.noise_at(c, grid) for c, s in scans]
        )
        used = weights >= MEMBER_ENERGY * np.maximum(weights.max(axis=0), 1e-300)
        return grid, statistics.log_tail(np.where(used, powers, 0).sum(axis=0), np.maximum(used.sum(axis=0), 1))

    def _allowed(self, frequency: Real, statistic: Real) -> Real:
        """The statistic where it may be a line's, elsewhere zero."""
        allowed = np.zeros(len(statistic))
        places = np.flatnonzero(statistic >= 0.8 * self.model.threshold)
        there = statistic[places]
        allowed[places] = np.where(there >= self._required(frequency[places]), there, 0.0)
        return allowed

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

    def _on_best_tooth(self, candidate: Candidate) -> Candidate:
        """The candidate on whichever tooth explains the residual best, over the whole band that was received."""
        line = candidate.component
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
        rough = search.tooth_powers(
            record, self.model.transforms[reference], line.frequency_hz + spacing * steps, line.fwhm_hz
        )
        steps = steps[np.argsort(rough)[-TEETH_COMPARED:]]
        steps = np.append(steps[steps != 0], 0)
        places = np.asarray(line.frequency_hz + spacing * steps, dtype=np.float64)
        power, energy = record.matched(self.model.residuals[reference], places, line.fwhm_hz)
        powers = power / self.model.noise_at(reference, places)
        best = int(np.argmax(statistics.tooth_evidence(powers, energy)))
        if steps[best] == 0:
            return candidate
        moved = self.model.line(line.frequency_hz + spacing * float(steps[best]), line.fwhm_hz, float(powers[best]))
        return Candidate(moved, max(candidate.statistic, float(powers[best])))
