"""Instrument time of the survey against that of the sequential stepped survey that laboratories run, reference case.

That is: the powder's best pulse of 58.6 degrees, steps as wide as its half-power band, and a repetition time of three
times T1, which takes T1 to be known. Value and ratio are times of the radio's clock, played through the whole path;
the extra figures are from the spins alone: other steps and repetition times, and the best sequential survey that
the planner can think of (short weak pulses that excite the whole range at once).
"""

from __future__ import annotations

from benchmarks import _reference
from benchmarks.result import Result


def run() -> Result:
    ours, theirs = _reference.proposed("survey"), _reference.laboratory()
    played, played_theirs = _reference.play(ours), _reference.play(theirs)
    extra: dict[str, float | int | str] = {
        "times_faster": round(played_theirs.time_s / played.time_s, 2),
        "times_faster_in_spins": round(theirs.time_s / ours.time_s, 2),
        "sequential_s": round(played_theirs.time_s, 2),
        "steps": theirs.windows,
        "over_bound": round(played.time_s / _reference.comparison().bound_s, 2),
    }
    for name, measured in (
        ("at_1.3_t1", _reference.laboratory(repetitions=1.3)),
        ("at_5_t1", _reference.laboratory(repetitions=5.0)),
        ("at_1.3_t1_step_50_khz", _reference.laboratory(step_hz=50e3, repetitions=1.3)),
        ("best_sequential", _reference.proposed("sequential")),
    ):
        extra[f"times_faster_{name}"] = round(measured.time_s / ours.time_s, 2)
    for name, whole, spins in (("survey", played, ours), ("sequential", played_theirs, theirs)):
        extra |= {
            f"{name}_recall": round(whole.recall, 3),
            f"{name}_false_lines": whole.false_lines,
            f"{name}_averages": whole.averages,
            f"{name}_averages_in_spins": spins.averages,
        }
    against = "sequential stepping: 58.6 degree pulse, half-power steps, 3 T1"
    return Result("survey_vs_sequential", played.time_s, "s", against, played.time_s / played_theirs.time_s, extra)
