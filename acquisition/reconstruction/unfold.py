"""Sparse deconvolution: explains captures by as few lines as the noise allows, and says how sure each tooth is.

Orthogonal matching pursuit with continuous refinement: look for the strongest unexplained signal, decide whether it is
a line, a constant-frequency carrier or the probe's ring-down, fit everything found until now together, and look again
until nothing is left that noise would not give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from acquisition.reconstruction.candidates import Candidate, Candidates
from acquisition.reconstruction.components import Component
from acquisition.reconstruction.fit import refine, shape_gains, solve
from acquisition.reconstruction.model import FWHM_LIMITS_HZ, SATURATION_STATISTIC, Model
from acquisition.reconstruction.parameters import ReconstructionParameters
from acquisition.reconstruction.record import Record
from acquisition.reconstruction.tooth_choice import settle_teeth

REJECTIONS_MAX = 6

ROUNDS_MAX = 60
"""Searches after which what is left is given up: where interference has no end, each is less worth than the last."""

RIVAL = 0.4
"""Statistic relative to the largest from which on a candidate may turn out to explain more once it was fitted."""

TWINS = 0.5
"""Distance of two carriers, in units of the resolution of a capture, below which they are one."""

SHAPE_GAIN = 8.0
"""Gain in log-likelihood for which a strong line is given a shape of its own."""

SHAPE_STATISTIC = 150.0
"""SNR squared from which on a shape is looked for."""


class Unfolder(Model):
    """Runs the pursuit over captures of one sample: first `run`, then its components are the explanation.

    `confidences` are the probabilities of the teeth of the lines, by the place of the line among the components;
    `blind_below` is the SNR squared below which interference was left, so that no lines were looked for there.
    """

    def __init__(
        self,
        records: Sequence[Record],
        parameters: ReconstructionParameters,
        band_hz: tuple[float, float] | None = None,
    ) -> None:
        super().__init__(records, parameters, band_hz)
        self.confidences: dict[int, float] = {}
        self.blind_below = 0.0

    def run(self) -> None:
        """The pursuit until nothing is left above the threshold."""
        search = Candidates(self)
        for _ in range(ROUNDS_MAX):
            candidates = search.strongest()
            self.blind_below = search.blind_below
            if not candidates:
                break
            before = len(self.components)
            added = self._add(search, candidates)
            self._free_saturations(SATURATION_STATISTIC)
            self._free_shapes()
            self._prune()
            if len(self.components) <= before:
                # What was added did not stand beside the others; do not try it again, but look for others.
                search.rejected += added
                if len(search.rejected) > REJECTIONS_MAX:
                    self.after_fit()
                    break
            self.after_fit()
        else:
            left = [candidate.statistic for candidate in search.strongest()]
            self.blind_below = max([search.blind_below, *left])
        if self.beside(self.components, []) is not None:
            self.fit(self.components)
            self.after_fit()
        self.confidences = settle_teeth(self)
        if self._free_saturations(0.0):
            self.after_fit()

    def _add(self, search: Candidates, candidates: Sequence[Candidate]) -> list[Component]:
        """Fit whichever candidate explains most, with all that is there already; returns what was added.

        Where only a line is to be seen, others that are beyond doubt are taken with it.
        """
        known = len(self.components)
        trials = [[*self.components, *added] for added in _rivals(candidates)]
        chosen = trials[0]
        if len(trials) > 1:
            fits = [
                refine(
                    self.records,
                    self.sigmas,
                    trial,
                    fwhm_limits_hz=FWHM_LIMITS_HZ,
                    movable=range(known, len(trial)),
                    rounds=6,
                    tolerance=0.05,
                )
                for trial in trials
            ]
            chosen = min(fits, key=lambda fit: fit[1].cost)[0]
        if chosen[known].kind == "line":
            chosen = [*chosen, *search.apart(chosen[known], candidates)]
        elif chosen[known].kind == "carrier":
            chosen = [*chosen, *search.carriers_apart(chosen[known], candidates)]
        self.fit(chosen, self.beside(chosen, range(known, len(chosen))))
        added = self.components[known:]
        self._drop_twins()
        return added

    def _drop_twins(self) -> None:
        """Take out carriers that were drawn to where there is one already: only the difference of two is determined."""
        kept: list[Component] = []
        for one in self.components:
            near_hz = TWINS / min(self.records[c].duration_s for c in one.members)
            if one.kind == "carrier" and any(
                other.kind == "carrier"
                and other.members == one.members
                and abs(other.frequency_hz - one.frequency_hz) < near_hz
                for other in kept
            ):
                continue
            kept.append(one)
        if len(kept) < len(self.components):
            self.fit(kept, self.beside(kept, []))

    def _free_saturations(self, least: float) -> bool:
        """Fit the saturation of lines from a statistic on; returns whether there were any that had none.

        Weak lines have theirs fitted when it is settled that they are lines: noise must not gain by a freedom more.
        """
        freed = [
            replace(one, free_saturation=True)
            if one.saturation > 0 and not one.free_saturation and one.kind == "line" and value >= least
            else one
            for one, (value, _) in zip(self.components, self.statistics(), strict=True)
        ]
        if freed == self.components:
            return False
        changed = [i for i, (one, now) in enumerate(zip(self.components, freed, strict=True)) if one is not now]
        self.fit(freed, self.beside(freed, changed))
        return True

    def _free_shapes(self) -> None:
        """Fit the shape of strong lines where it explains the data better, so that no remains look like new lines."""
        strong = [
            i
            for i, (component, (statistic, _)) in enumerate(zip(self.components, self.statistics(), strict=True))
            if component.kind == "line" and not component.free_shape and statistic >= SHAPE_STATISTIC
        ]
        if not strong:
            return
        trial = [replace(one, free_shape=True) if i in strong else one for i, one in enumerate(self.components)]
        gains = shape_gains(solve(self.records, self.sigmas, trial), trial)
        for i in strong:
            if gains[i] < SHAPE_GAIN:
                continue
            trial = list(self.components)
            trial[i] = replace(trial[i], free_shape=True)
            fitted, solution = refine(
                self.records,
                self.sigmas,
                trial,
                fwhm_limits_hz=FWHM_LIMITS_HZ,
                movable=self.beside(trial, [i]),
                rounds=6,
                tolerance=0.05,
            )
            if self.solution.cost - solution.cost > SHAPE_GAIN:
                self.components, self.solution = fitted, solution

    def _prune(self) -> None:
        """Take out components that do not reach the threshold beside the others, the weakest first."""
        while self.components:
            values = self.statistics()
            logs = [value[1] for value in values]
            weakest = int(np.argmin(logs))
            if logs[weakest] >= self.threshold:
                return
            movable = self.beside(self.components, [weakest])
            if movable is not None:
                movable = [i - (i > weakest) for i in movable if i != weakest]
            self.fit([one for i, one in enumerate(self.components) if i != weakest], movable, rounds=6)


def _rivals(candidates: Sequence[Candidate]) -> list[list[Component]]:
    """What may explain most: each candidate alone, but the ring-downs of all captures as the one thing that they are.

    A line has the data of all its captures to explain; it must not be compared with the ring-down of one.
    """
    together = [[one] for one in candidates if one.component.kind != "probe"]
    ring_downs = [one for one in candidates if one.component.kind == "probe"]
    together += [ring_downs] if ring_downs else []
    sums = [sum(one.statistic for one in part) for part in together]
    return [
        [one.component for one in part]
        for part, total in zip(together, sums, strict=True)
        if total >= RIVAL * max(sums)
    ]
