"""What to try next: the strongest line, carrier and ring-down that the components leave unexplained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from acquisition.reconstruction import search, statistics
from acquisition.reconstruction.components import Component, coherence
from acquisition.reconstruction.excitation import Real
from acquisition.reconstruction.model import MEMBER_ENERGY, Model

TEETH_COMPARED = 5
"""Teeth that are looked at closely, of all those in the received band."""

CARRIERS_MAX, RING_DOWNS_MAX = 48, 6
"""Carriers and ring-downs looked for in each capture; a line then has to stand above what carriers are left."""

CARRIER_APART = 0.7
"""Least distance of two carriers in units of the resolution of a capture: nearer ones cannot be told apart."""

PEAKS_MAX, DOUBTFUL_MAX = 200, 4
"""Maxima of the search that are looked at for lines beside the strongest one, and how many may be doubtful."""

TONES_MAX = 100
"""Maxima of a capture's transform that are looked at for carriers beside the strongest signal."""

CLEARLY_LESS = 0.6
"""Statistic of a carrier relative to a line's up to which there is no doubt that it is a line, and the reverse."""

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
    _tones: list[list[Candidate]] = field(default_factory=list)

    def strongest(self) -> list[Candidate]:
        """The strongest line of all captures, and carrier and ring-down of each, as far as they exceed thresholds."""
        found = []
        self._tones = [self._tones_of(c) for c in range(len(self.model.records))]
        lines = sum(1 for component in self.model.components if component.kind == "line")
        if lines < self.model.parameters.lines_max:
            line = self._line_candidate()
            if line is not None:
                found.append(line)
        for c, record in enumerate(self.model.records):
            limit = self._carrier_limit(c)
            if self._tones[c] and not self._is_full("carrier", c, CARRIERS_MAX):
                found.append(self._tones[c][0])
            if not self._is_full("probe", c, RING_DOWNS_MAX):
                bank = self.model.probes[c]
                powers = bank.powers(self.model.residuals[c]) / self.model.sigmas[c] ** 2
                best = int(np.argmax(powers))
                probe = Component(
                    "probe", record.centre_hz + float(bank.offset_hz[best]), float(bank.fwhm_hz[best]), (c,)
                )
                if powers[best] > limit and not self._was_rejected("probe", probe.frequency_hz, probe.fwhm_hz):
                    found.append(Candidate(probe, float(powers[best])))
        return found

    @property
    def blind_below(self) -> float:
        """Statistic of the strongest carrier in captures that have too many: below it nothing is known of lines."""
        left = [
            tones[0].statistic
            for c, tones in enumerate(self._tones)
            if tones and self._is_full("carrier", c, CARRIERS_MAX)
        ]
        return max(left, default=0.0)

    def _is_full(self, kind: str, c: int, most: int) -> bool:
        return sum(1 for one in self.model.components if one.kind == kind and c in one.members) >= most

    def _carrier_limit(self, c: int) -> float:
        limit = statistics.carrier_threshold(self.model.parameters.false_alarms_per_survey, self.model.records[c].count)
        return max([limit, *(GHOST_FAR * value for value, _ in self.model.statistics())])

    def _tones_of(self, c: int) -> list[Candidate]:
        """Possible carriers of one capture, the strongest first, none where there is one already."""
        record, noise = self.model.records[c], float(self.model.sigmas[c]) ** 2
        taken = [one.frequency_hz for one in self.model.components if one.kind == "carrier" and c in one.members]
        near_hz = CARRIER_APART / record.duration_s
        return [
            Candidate(Component("carrier", frequency, 0.0, (c,)), power / noise)
            for frequency, power in search.carriers(record, self.model.transforms[c], self._carrier_limit(c) * noise)[
                :TONES_MAX
            ]
            if self._is_searched(frequency)
            and all(abs(frequency - other) >= near_hz for other in taken)
            and not self._was_rejected("carrier", frequency, 2 / record.duration_s)
        ]

    def _is_searched(self, frequency_hz: float) -> bool:
        band_hz = self.model.searched_hz
        return band_hz is None or band_hz[0] <= frequency_hz <= band_hz[1]

    def carriers_apart(self, first: Component, others: Sequence[Candidate]) -> list[Component]:
        """Further carriers of all captures that there is no doubt of beside `first`, the strongest first.

        A tone counts if it would exceed the threshold whatever the phases of those before it and of the `others` that
        were considered, and if a line there would explain clearly less.
        """
        taken: list[Component] = []
        for c, record in enumerate(self.model.records):
            tones, near_hz = self._tones[c], CARRIER_APART / record.duration_s
            doubts = [
                (other.component, math.sqrt(other.statistic))
                for other in others
                if other.component.kind != "carrier" and c in other.component.members
            ]
            here: list[Component] = []
            if c in first.members:
                here.append(first)
                strength = min((abs(t.component.frequency_hz - first.frequency_hz), t.statistic) for t in tones)[1]
                doubts.append((first, math.sqrt(strength)))
            known = sum(1 for one in self.model.components if one.kind == "carrier" and c in one.members)
            least = math.sqrt(self._carrier_limit(c))
            as_lines = self._as_lines(c, [tone.component.frequency_hz for tone in tones])
            for tone, as_line in zip(tones, as_lines.tolist(), strict=True):
                height, one = math.sqrt(tone.statistic), tone.component
                if known + len(here) >= CARRIERS_MAX:
                    break
                if as_line > CLEARLY_LESS * tone.statistic:
                    continue
                if any(abs(one.frequency_hz - other.frequency_hz) < near_hz for other in here):
                    continue
                if all(height - coherence(record, one, other) * size >= least for other, size in doubts):
                    here.append(one)
                    doubts.append((one, height))
            taken += [one for one in here if one is not first]
        return taken

    def _as_lines(self, c: int, frequencies_hz: Sequence[float]) -> Real:
        """Statistic of the best line at each of these places of one capture, of any width."""
        widths = search.search_widths_hz(self.model.parameters)
        if not frequencies_hz:
            return np.zeros(0)
        places, width = np.tile(np.asarray(frequencies_hz), len(widths)), np.repeat(widths, len(frequencies_hz))
        return np.asarray(self.model.power_at(c, places, width).reshape(len(widths), -1).max(axis=0))

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
        doubtful, least = 0, math.sqrt(self.model.threshold)
        peaks = self._peaks(max(self.model.threshold, GHOST_NEAR * doubts[0][1] ** 2))[:PEAKS_MAX]
        places = np.asarray([frequency for _, frequency, _ in peaks])
        near = np.zeros(len(peaks), dtype=bool)
        for other in tops:
            near |= self._are_near(places, other)
        for k, (statistic, frequency, fwhm) in enumerate(peaks):
            if len(taken) >= room:
                break
            if near[k]:
                continue
            height = math.sqrt(statistic)
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
            near |= self._are_near(places, line)
        return taken

    def _as_carrier(self, line: Component) -> float:
        """Statistic of a carrier at the place of a line, of all its captures together."""
        return sum(
            search.carrier_power(self.model.records[c], self.model.transforms[c], line.frequency_hz)
            / float(self.model.sigmas[c]) ** 2
            for c in line.members
        )

    def _are_near(self, frequencies_hz: Real, other: Component) -> npt.NDArray[np.bool_]:
        """Which frequencies are next to a component or to one of its images."""
        distance = frequencies_hz - other.frequency_hz
        near = np.zeros(len(frequencies_hz), dtype=bool)
        for c in other.members:
            spacing = self.model.records[c].tooth_spacing_hz
            folded = distance if spacing is None else distance - spacing * np.round(distance / spacing)
            near |= np.abs(folded) < max(3 * other.fwhm_hz, 1e3)
        return near

    def _coherence(self, one: Component, other: Component) -> float:
        """Overlap of two components' signals, 0 to 1, the most over the captures that they share."""
        shared = [c for c in one.members if c in other.members]
        return max((coherence(self.model.records[c], one, other) for c in shared), default=0.0)

    def _peaks(self, least: float) -> list[tuple[float, float, float]]:
        """Maxima of the matched filters from `least` on: statistic, frequency and width, the strongest first."""
        peaks: list[tuple[float, float, float]] = []
        for fwhm, frequency, statistic in self._searched:
            inner = statistic[1:-1]
            tops = 1 + np.flatnonzero((inner >= least) & (inner >= statistic[:-2]) & (inner >= statistic[2:]))
            peaks += zip(statistic[tops].tolist(), frequency[tops].tolist(), [fwhm] * len(tops), strict=True)
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
        required = np.full(len(frequency), max(0.8 * self.model.threshold, self.blind_below))
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
