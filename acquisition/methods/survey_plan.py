"""The plan of a survey: how long it takes, what it excites, and advice."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from acquisition.experiment import Plan
from acquisition.limits import InstrumentLimits
from acquisition.methods import narrow_band, survey_advice
from acquisition.methods.survey_checks import validate
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.methods.survey_shots import Layout, comb_of, windows_of
from acquisition.methods.survey_windows import Window

CANDIDATES_EXPECTED = 4
CANDIDATES_MAX = 40
"""Confirmations that the expected and the longest duration of a plan allow for."""

PROFILE_POINTS = 2048


def plan(parameters: SurveyParameters, limits: InstrumentLimits) -> Plan:
    """What the survey will do; raises InvalidParameters with every fault."""
    layout = validate(parameters, limits)
    laid = windows_of(parameters, layout, limits)
    survey_s = layout.windows * (layout.averages * parameters.repetition_time_s + limits.settling_s)
    confirm_s = 0.0
    if parameters.confirm:
        confirm_s = confirmation_s(parameters, layout) + CANDIDATES_EXPECTED * limits.settling_s
    longest_s = duration_max_s(parameters, layout, limits)
    frequency_hz, flip_deg = excitation(parameters, limits, laid)
    return Plan(
        windows_hz=tuple((window.centre_hz, window.width_hz) for window in laid),
        shots_survey=layout.windows,
        shots_confirm_max=_confirm_most(layout)[0] if parameters.confirm else 0,
        averages_per_shot=layout.averages,
        duration_s=min(survey_s + confirm_s, longest_s),
        duration_max_s=longest_s,
        excitation_frequency_hz=frequency_hz,
        excitation_flip_deg=flip_deg,
        notes=survey_advice.notes(parameters, limits, flip_deg=_middle_flip_deg(parameters, limits), laid=laid),
    )


def _middle_flip_deg(parameters: SurveyParameters, limits: InstrumentLimits) -> float:
    """Flip angle in the middle of a window, as far as a passage turns at all."""
    flip_rad = float(comb_of(parameters, limits).tooth_flip_rad(0, limits.nutation_frequency_hz))
    return min(90.0, math.degrees(flip_rad))


def confirmation_s(parameters: SurveyParameters, layout: Layout) -> float:
    """Time that the expected number of candidates takes."""
    per_candidate = 2 * narrow_band.averages_per_shot(layout.averages)
    return CANDIDATES_EXPECTED * per_candidate * parameters.repetition_time_s


def duration_max_s(parameters: SurveyParameters, layout: Layout, limits: InstrumentLimits) -> float:
    """The bound of the whole experiment, which keeps to it."""
    shots = layout.windows * layout.averages_max + (_confirm_most(layout)[1] if parameters.confirm else 0)
    settling_s = settling_max_s(parameters, layout, limits)
    return min(shots * parameters.repetition_time_s + settling_s, limits.run_duration_max_s)


def settling_max_s(parameters: SurveyParameters, layout: Layout, limits: InstrumentLimits) -> float:
    """Time for which the probe settles, at most: once for each window and each candidate."""
    return (layout.windows + (CANDIDATES_MAX if parameters.confirm else 0)) * limits.settling_s


def _confirm_most(layout: Layout) -> tuple[int, int]:
    """(captures, averages of all of them) of as many candidates as are measured, each in every way there is."""
    rounds = narrow_band.rounds(layout.averages, layout.averages_max)
    # Two centre frequencies in each round, and once more on both neighbouring teeth; then a control and a saturation.
    captures = 2 * len(rounds) + 4 + 2
    averages = 2 * sum(rounds) + (4 + 2) * narrow_band.averages_per_shot(layout.averages)
    return CANDIDATES_MAX * captures, CANDIDATES_MAX * averages


def excitation(
    parameters: SurveyParameters, limits: InstrumentLimits, laid: tuple[Window, ...]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(frequency in Hz, small-angle flip angle in degrees) over the whole range: the best window at each frequency."""
    low = laid[0].centre_hz - laid[0].width_hz / 2
    high = laid[-1].centre_hz + laid[-1].width_hz / 2
    frequency = np.linspace(low, high, PROFILE_POINTS)
    centres = np.array([window.comb_hz for window in laid])
    nearest = centres[np.searchsorted((centres[1:] + centres[:-1]) / 2, frequency)]
    comb = comb_of(parameters, limits)
    tooth = (frequency - nearest) / comb.tooth_spacing_hz
    flip_rad = comb.tooth_flip_rad(tooth, limits.nutation_frequency_hz)
    return frequency, np.degrees(flip_rad)
