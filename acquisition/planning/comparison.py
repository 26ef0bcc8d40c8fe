"""The three ways to search a range compared: their times for the same detection, and their distance from the bound."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache

from acquisition.errors import FieldError, InvalidParameters
from acquisition.limits import InstrumentLimits
from acquisition.methods import checks
from acquisition.planning import detection, stepping, surveying
from acquisition.planning.goal import Goal
from acquisition.planning.overheads import Overheads
from acquisition.planning.powder import bound_rate_hz
from acquisition.planning.proposal import Proposal


@dataclass(frozen=True, eq=False)
class Comparison:
    """Proposals by rising duration, of the methods that can reach the goal; the first is recommended.

    `bound_s` is the time that a perfect spectrometer would take: every line at its Ernst angle all the time, and the
    receiver never blind.
    """

    goal: Goal
    proposals: tuple[Proposal, ...]
    bound_s: float

    @property
    def recommended(self) -> Proposal:
        return self.proposals[0]

    def from_bound(self, proposal: Proposal) -> float:
        """How many times longer than the bound a proposal takes."""
        return proposal.duration_s / self.bound_s


def compare(goal: Goal, limits: InstrumentLimits) -> Comparison:
    """The fastest survey, sequential and interleaved stepping for a goal on an instrument.

    Raises InvalidParameters for a goal that contradicts itself, lies outside the instrument's range, or that no method
    reaches.
    """
    faults = [*checks.static_faults(goal), *goal.faults()]
    if not faults:
        outside = checks.frequency_range_fault(
            goal.centre_frequency_hz, goal.span_hz / 2, limits, "centre_frequency_hz", "span_hz"
        )
        faults = [outside] if outside else []
    if faults:
        raise InvalidParameters(faults)
    if goal.nutation_frequency_hz == 0.0:
        goal = dataclasses.replace(goal, nutation_frequency_hz=limits.nutation_frequency_hz)
    return _compare(goal, dataclasses.replace(limits, nutation_frequency_hz=goal.nutation_frequency_hz))


@lru_cache(maxsize=32)
def _compare(goal: Goal, limits: InstrumentLimits) -> Comparison:
    overheads = Overheads.of(limits)
    found = [
        surveying.propose(goal, limits),
        stepping.propose(goal, limits, overheads, interleaved=False),
        stepping.propose(goal, limits, overheads, interleaved=True),
    ]
    proposals = sorted((one for one in found if one is not None), key=lambda one: one.duration_s)
    if not proposals:
        raise InvalidParameters(
            [
                FieldError(
                    "snr_per_sample",
                    "No method finds such a line on this instrument within its longest run of "
                    f"{checks.time_text(limits.run_duration_max_s)}.",
                )
            ]
        )
    return Comparison(goal, tuple(proposals), bound_s(goal))


def bound_s(goal: Goal) -> float:
    """Time that a perfect spectrometer takes for the same detection at the same false alarms."""
    log_tail = detection.threshold(goal.false_alarms, goal.span_hz)
    needed = detection.scale_needed([1.0], log_tail, goal.detection)
    return needed / (goal.snr_density_hz * bound_rate_hz(goal.t1_s, goal.t2_star_s))
