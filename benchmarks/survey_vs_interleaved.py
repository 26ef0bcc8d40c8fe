"""Instrument time of the survey against the best interleaved stepping, in which windows recover in turn.

The case is the reference one.
The rival's pulse, steps, visits and repetition time are the planner's best for the overheads as measured. A second
figure is for interleaving without any overhead: a radio that is tuned and armed in no time.
"""

from __future__ import annotations

from benchmarks import _reference
from benchmarks.result import Result


def run() -> Result:
    ours = _reference.proposed("survey")
    theirs, armed = _reference.proposed("interleaved"), _reference.armed()
    whole = _reference.play(theirs)
    bound_s = _reference.comparison().bound_s
    extra: dict[str, float | int | str] = {
        "times_faster": round(theirs.time_s / ours.time_s, 2),
        "times_faster_than_armed": round(armed.time_s / ours.time_s, 2),
        "survey_s": round(ours.time_s, 2),
        "interleaved_s": round(theirs.time_s, 2),
        "interleaved_steps": theirs.windows,
        "armed_s": round(armed.time_s, 2),
        "survey_over_bound": round(ours.time_s / bound_s, 2),
        "interleaved_over_bound": round(theirs.time_s / bound_s, 2),
        "armed_over_bound": round(armed.time_s / bound_s, 2),
        "interleaved_recall_through_libiio": round(whole.recall, 3),
        "interleaved_false_lines_through_libiio": whole.false_lines,
        "interleaved_radio_clock_s": round(whole.time_s, 2),
    }
    return Result(
        "survey_vs_interleaved", ours.time_s, "s", "interleaved stepping", ours.time_s / theirs.time_s, extra
    )  # fmt: skip
