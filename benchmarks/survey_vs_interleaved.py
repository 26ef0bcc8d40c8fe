"""Instrument time of the survey against the best interleaved stepping, in which windows recover in turn; reference.

The rival's pulse, steps, visits and repetition time are the planner's best for the overheads as measured. Value and
ratio are times of the radio's clock, played through the whole path. A second figure, from the spins alone, is for
interleaving without any overhead: a radio that is tuned and armed in no time.
"""

from __future__ import annotations

from benchmarks import _reference
from benchmarks.result import Result


def run() -> Result:
    ours, theirs = _reference.proposed("survey"), _reference.proposed("interleaved")
    played, played_theirs = _reference.play(ours), _reference.play(theirs)
    armed = _reference.armed()
    bound_s = _reference.comparison().bound_s
    extra: dict[str, float | int | str] = {
        "times_faster": round(played_theirs.time_s / played.time_s, 2),
        "times_faster_in_spins": round(theirs.time_s / ours.time_s, 2),
        "times_faster_than_armed_in_spins": round(armed.time_s / ours.time_s, 2),
        "interleaved_s": round(played_theirs.time_s, 2),
        "interleaved_steps": theirs.windows,
        "survey_over_bound": round(ours.time_s / bound_s, 2),
        "interleaved_over_bound": round(theirs.time_s / bound_s, 2),
        "armed_over_bound": round(armed.time_s / bound_s, 2),
    }
    for name, whole in (("survey", played), ("interleaved", played_theirs)):
        extra |= {f"{name}_recall": round(whole.recall, 3), f"{name}_false_lines": whole.false_lines}
    ratio = played.time_s / played_theirs.time_s
    return Result("survey_vs_interleaved", played.time_s, "s", "interleaved stepping", ratio, extra)
