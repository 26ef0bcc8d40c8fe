"""Instrument time of the survey against that of the sequential stepped survey that laboratories run, reference case.

That is: the powder's best pulse of 58.6 degrees, steps as wide as its half-power band, and a repetition time of three
times T1, which takes T1 to be known. Extra fields: the same with other steps and repetition times, and the best
sequential survey that the planner can think of (short weak pulses that excite the whole range at once).
"""

from __future__ import annotations

from benchmarks import _reference
from benchmarks.result import Result


def run() -> Result:
    ours = _reference.proposed("survey")
    theirs = _reference.laboratory()
    played, played_theirs = _reference.play(ours), _reference.play(theirs)
    extra: dict[str, float | int | str] = {
        "times_faster": round(theirs.time_s / ours.time_s, 2),
        "survey_s": round(ours.time_s, 2),
        "sequential_s": round(theirs.time_s, 2),
        "steps": theirs.windows,
        "over_bound": round(ours.time_s / _reference.comparison().bound_s, 2),
    }
    for name, measured in (
        ("at_1.3_t1", _reference.laboratory(repetitions=1.3)),
        ("at_5_t1", _reference.laboratory(repetitions=5.0)),
        ("at_1.3_t1_step_50_khz", _reference.laboratory(step_hz=50e3, repetitions=1.3)),
        ("best_sequential", _reference.proposed("sequential")),
    ):
        extra[f"times_faster_{name}"] = round(measured.time_s / ours.time_s, 2)
    for name, whole in (("survey", played), ("sequential", played_theirs)):
        extra[f"{name}_recall_through_libiio"] = round(whole.recall, 3)
        extra[f"{name}_false_lines_through_libiio"] = whole.false_lines
        extra[f"{name}_radio_clock_s"] = round(whole.time_s, 2)
    against = "sequential stepping: 58.6 degree pulse, half-power steps, 3 T1"
    return Result("survey_vs_sequential", ours.time_s, "s", against, ours.time_s / theirs.time_s, extra)
