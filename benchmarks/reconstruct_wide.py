"""Time to reconstruct a survey of 10 MHz, all windows, against the time that the instrument takes to measure it."""

from __future__ import annotations

import time

import numpy as np

from acquisition.limits import InstrumentLimits
from acquisition.methods.survey_checks import validate
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.methods.survey_plan import plan
from acquisition.methods.survey_shots import survey_shot, windows_of
from acquisition.reconstruction import ReconstructionParameters
from acquisition.shot import Capture
from acquisition.verdict import reconstruct
from benchmarks.result import Result
from sdr.transceiver import InstrumentSettings
from tests.acquisition.synthetic import SyntheticLine, synthetic_capture

CENTRE_HZ, SPAN_HZ, LINES = 30e6, 10e6, 6
NOISE = 1.0


def run() -> Result:
    limits = InstrumentSettings(slug="wide", uri="").limits
    parameters = SurveyParameters(centre_frequency_hz=CENTRE_HZ, span_hz=SPAN_HZ)
    rng = np.random.default_rng(3)
    lines = [
        SyntheticLine(CENTRE_HZ + SPAN_HZ * (i + rng.uniform(0.2, 0.8)) / LINES - SPAN_HZ / 2, 300e-6)
        for i in range(LINES)
    ]
    captures = _captures(parameters, limits, lines)
    started = time.perf_counter()
    found = reconstruct(captures, ReconstructionParameters())
    seconds = time.perf_counter() - started
    near = sum(any(abs(one.frequency_hz - line.frequency_hz) < 2e3 for one in found.lines) for line in lines)
    measured = plan(parameters, limits).duration_s
    return Result(
        name="reconstruct_wide",
        value=round(seconds, 3),
        unit="s",
        against="the duration of the survey as planned",
        ratio=round(seconds / measured, 4),
        extra={
            "windows": len({capture.centre_frequency_hz for capture in captures}),
            "lines": LINES,
            "lines_found": near,
            "planned_s": round(measured, 2),
        },
    )


def _captures(parameters: SurveyParameters, limits: InstrumentLimits, lines: list[SyntheticLine]) -> list[Capture]:
    """One capture for each window; each has a phase of its own."""
    layout = validate(parameters, limits)
    captures = []
    for place, window in enumerate(windows_of(parameters, layout, limits)):
        shot = survey_shot(parameters, limits, layout, window, layout.averages)
        near = [line for line in lines if abs(line.frequency_hz - window.centre_hz) < window.width_hz]
        capture = synthetic_capture(
            shot.waveform,
            near,
            NOISE,
            sample_rate_hz=shot.sample_rate_hz,
            centre_frequency_hz=shot.centre_frequency_hz,
            dead_time_s=shot.dead_time_s,
            tail_s=(shot.capture_samples - len(shot.waveform)) / shot.sample_rate_hz,
            rng=place,
            global_phase_rad=0.5 * place,
            averages=shot.averages,
        )
        captures.append(capture)
    return captures
