"""What a survey plays: the excitation of each window, and the settings of its confirmations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from acquisition.comb import Comb
from acquisition.limits import InstrumentLimits
from acquisition.methods import checks, narrow_band, survey_windows
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.methods.survey_windows import Window
from acquisition.shot import ComplexArray, Shot


@dataclass(frozen=True)
class Layout:
    """The numbers that follow from the parameters before anything is made."""

    window_width_hz: float
    windows: int
    averages: int
    averages_max: int
    capture_samples: int


def windows_of(parameters: SurveyParameters, layout: Layout, limits: InstrumentLimits) -> tuple[Window, ...]:
    """The windows of a survey, from low to high frequency."""
    return survey_windows.windows(parameters, layout.window_width_hz, layout.windows, limits)


def comb_of(parameters: SurveyParameters, limits: InstrumentLimits) -> Comb:
    """The excitation of a survey; its amplitude is in units of the transmitter's full scale."""
    return Comb(
        gap_period_s=parameters.gap_period_s,
        tooth_s=parameters.tooth_s,
        pulse_length_s=parameters.pulse_length_s,
        hs_order=parameters.hs_order,
        amplitude=parameters.amplitude * limits.peak_amplitude,
    )


def narrow_settings(p: SurveyParameters) -> narrow_band.NarrowBandSettings:
    """What the confirmations of a survey have in common."""
    return narrow_band.NarrowBandSettings(
        sample_rate_hz=p.sample_rate_hz,
        repetition_time_s=p.repetition_time_s,
        tooth_spacing_hz=1.0 / p.gap_period_s,
        amplitude=p.amplitude,
    )


def survey_waveform(parameters: SurveyParameters, limits: InstrumentLimits, window: Window) -> ComplexArray:
    """The excitation of one window, shifted to its place beside the radio's centre."""
    waveform = comb_of(parameters, limits).waveform(parameters.sample_rate_hz)
    cycles = window.offset_hz / parameters.sample_rate_hz * np.arange(len(waveform))
    return np.asarray(waveform * np.exp(2j * np.pi * cycles), dtype=np.complex64)


def survey_shot(
    parameters: SurveyParameters, limits: InstrumentLimits, layout: Layout, window: Window, averages: int
) -> Shot:
    """A shot of one window."""
    low = checks.frequency_text(window.centre_hz - window.width_hz / 2)
    high = checks.frequency_text(window.centre_hz + window.width_hz / 2)
    return Shot(
        method="survey",
        centre_frequency_hz=window.tuned_hz,
        sample_rate_hz=parameters.sample_rate_hz,
        waveform=survey_waveform(parameters, limits, window),
        capture_samples=layout.capture_samples,
        dead_time_s=limits.dead_time_s,
        averages=averages,
        repetition_time_s=parameters.repetition_time_s,
        phase_cycle=(1, 1j, -1, -1j),
        purpose=f"survey {low} to {high}",
        probe_frequency_hz=window.centre_hz,
    )
