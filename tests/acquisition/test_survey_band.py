"""Which range a survey capture speaks about."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from acquisition.limits import InstrumentLimits
from acquisition.methods import survey_checks, survey_shots, survey_windows
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.pulses import rectangular_pulse
from acquisition.shot import Capture
from acquisition.survey_band import inside, survey_bands_hz

LIMITS = InstrumentLimits()


def capture_of(parameters: SurveyParameters) -> tuple[Capture, survey_windows.Window]:
    layout = survey_checks.validate(parameters, LIMITS)
    window = survey_shots.windows_of(parameters, layout, LIMITS)[0]
    shot = survey_shots.survey_shot(parameters, LIMITS, layout, window, layout.averages)
    samples = np.zeros(shot.capture_samples, dtype=np.complex64)
    rate = shot.sample_rate_hz
    return Capture(samples, shot.waveform, rate, shot.centre_frequency_hz, 4e-6, shot.averages), window


@pytest.mark.parametrize("centre_hz", [1.5e6, 28.0846e6, 299.5e6])
@pytest.mark.parametrize("tooth_s", [1e-6, 1.24e-6, 2e-6])
@pytest.mark.parametrize("gap_period_s", [20e-6, 33.3e-6])
def test_the_band_is_the_window_and_a_tooth(centre_hz: float, tooth_s: float, gap_period_s: float) -> None:
    width_hz = 1 / tooth_s
    parameters = SurveyParameters(
        centre_frequency_hz=centre_hz, span_hz=min(width_hz, 0.999e6), tooth_s=tooth_s, gap_period_s=gap_period_s
    )
    capture, window = capture_of(parameters)
    ((low, high),) = survey_bands_hz([capture])
    assert low <= window.centre_hz - window.width_hz / 2
    assert high >= window.centre_hz + window.width_hz / 2
    assert (low + high) / 2 == pytest.approx(window.comb_hz, abs=5e3)
    assert high - low < width_hz * 1.3 + 2.2 / gap_period_s


def test_a_pulse_that_is_no_comb_speaks_about_all_that_was_received() -> None:
    capture, _ = capture_of(SurveyParameters(centre_frequency_hz=28e6, span_hz=1e6))
    plain = dataclasses.replace(capture, waveform=rectangular_pulse(8e-6, 10e6))
    assert survey_bands_hz([plain]) == [(plain.centre_frequency_hz - 5e6, plain.centre_frequency_hz + 5e6)]


def test_inside_means_in_one_of_the_bands() -> None:
    bands = [(1.0, 2.0), (4.0, 5.0)]
    assert [inside(value, bands) for value in (1.0, 3.0, 5.0, 5.1)] == [True, False, True, False]
