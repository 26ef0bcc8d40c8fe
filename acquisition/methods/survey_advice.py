"""What a plan tells people about a survey that could be better; advice, not faults."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from acquisition.limits import InstrumentLimits
from acquisition.methods import checks
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.methods.survey_windows import Window
from acquisition.reconstruction.detection import threshold_note


def ernst_angle_deg(repetition_time_s: float, t1_s: float) -> float:
    """Flip angle of the largest steady-state signal, arccos(exp(-TR / T1)), in degrees (Ernst and Anderson 1966)."""
    return math.degrees(math.acos(math.exp(-repetition_time_s / t1_s)))


def steady_state_signal(flip_deg: float, repetition_time_s: float, t1_s: float) -> float:
    """Signal per shot of a repeatedly excited line: sin(a) (1 - E) / (1 - E cos(a)), E = exp(-TR / T1)."""
    flip, recovery = math.radians(flip_deg), math.exp(-repetition_time_s / t1_s)
    return math.sin(flip) * (1.0 - recovery) / (1.0 - recovery * math.cos(flip))


def notes(
    parameters: SurveyParameters, limits: InstrumentLimits, *, flip_deg: float, laid: Sequence[Window]
) -> tuple[str, ...]:
    """Sentences on flip angle (in the middle of a window), repetition time, windows and threshold."""
    said = []
    ernst_deg = ernst_angle_deg(parameters.repetition_time_s, parameters.t1_s)
    said.append(f"The flip angle is about {flip_deg:.0f}° in the middle of each window; the Ernst angle for the "
                f"expected T1 and this repetition time is {ernst_deg:.0f}°.")  # fmt: skip
    # Signal per square root of time is what counts for a given instrument time.
    rate = steady_state_signal(flip_deg, parameters.repetition_time_s, parameters.t1_s) / math.sqrt(
        parameters.repetition_time_s
    )
    shortest_s = max(parameters.pulse_length_s + parameters.tail_s + checks.GUARD_S, limits.repetition_time_min_s)
    times = np.geomspace(shortest_s, max(shortest_s, 5.0 * parameters.t1_s), 60)
    rates = [steady_state_signal(flip_deg, float(t), parameters.t1_s) / math.sqrt(t) for t in times]
    best = int(np.argmax(rates))
    if rate < 0.8 * rates[best]:
        said.append(f"A repetition time of {checks.time_text(round(float(times[best]), 4))} would give "
                    f"{rates[best] / rate:.1f} times the signal-to-noise ratio in the same time.")  # fmt: skip
    inside = [window for window in laid if abs(window.offset_hz) < window.width_hz / 2]
    if inside:
        said.append(f"In {len(inside)} of {len(laid)} windows the radio is tuned to a frequency inside the window: a "
                    "line there cannot be told from the receiver's own carrier, and images of lines are told from "
                    "lines by the confirmation only. A longer tooth or a higher sampling rate avoids it.")  # fmt: skip
    if parameters.tail_s < 0.5e-3:
        said.append("A reception of less than 0.5 ms after the pulse makes narrow lines look broader.")
    said.append(
        threshold_note(parameters.false_alarms_per_survey, parameters.span_hz, measured_again=parameters.confirm)
    )
    return tuple(said)
