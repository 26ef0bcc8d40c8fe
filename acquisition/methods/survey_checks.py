"""Everything that can be wrong with the parameters of a survey, and the layout that follows from sound ones.

Counts are checked by arithmetic before anything is laid out, so that planning an absurd survey is instantaneous.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from acquisition.comb import gate
from acquisition.errors import FieldError, InvalidParameters
from acquisition.limits import InstrumentLimits
from acquisition.methods import checks, narrow_band
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.methods.survey_shots import Layout, narrow_settings, survey_shot, windows_of
from acquisition.methods.survey_windows import USABLE_BAND, WINDOW_OVERLAP, reach_hz, sampled_tooth_s
from acquisition.shot_limits import first_fault, near_forbidden

COUNTED_SAMPLES_MAX = 1_000_000
"""Longest excitation whose transmitting samples are counted where their upper bound is too coarse."""


def validate(parameters: SurveyParameters, limits: InstrumentLimits) -> Layout:
    """The layout of a survey; raises InvalidParameters with every fault."""
    faults = checks.static_faults(parameters)
    if faults:
        raise InvalidParameters(faults)
    p = parameters
    found: list[FieldError | None] = [
        checks.frequency_range_fault(p.centre_frequency_hz, p.span_hz / 2, limits, "centre_frequency_hz", "span_hz"),
        checks.probe_fault(p.centre_frequency_hz, p.span_hz / 2, limits, "centre_frequency_hz", "span_hz"),
        *_averages_faults(p),
        checks.repetition_time_fault(p.repetition_time_s, p.pulse_length_s + p.tail_s, limits),
        *_comb_faults(p, limits),
        checks.pulse_length_fault("pulse_length_s", p.pulse_length_s, limits),
        checks.sample_rate_fault(p.sample_rate_hz, limits),
        checks.capture_fault("tail_s", p.pulse_length_s + p.tail_s, p.sample_rate_hz, limits),
    ]
    window_width_hz = min(1.0 / sampled_tooth_s(p), USABLE_BAND * p.sample_rate_hz)
    found.append(_reach_fault(p, limits))
    step_hz = window_width_hz * (1.0 - WINDOW_OVERLAP)
    windows = 1 + max(0, math.ceil((p.span_hz - window_width_hz) / step_hz - 1e-9))
    averages = checks.whole_cycles(p.averages)
    shots = windows * averages
    blamed = "span_hz" if windows > averages else "averages"
    found.append(checks.amount_fault(blamed, shots, shots * p.repetition_time_s, limits))
    if windows > checks.WINDOWS_MAX:
        found.append(
            FieldError(
                "span_hz",
                f"The range takes {checks.count_text(windows)} windows of {checks.frequency_text(window_width_hz)}; at "
                f"most {checks.WINDOWS_MAX:,} are allowed. A shorter tooth makes windows wider.",
            )
        )
    if p.confirm and not any(found):
        found += _confirmation_faults(p, limits)
    checks.raise_all(found, SurveyParameters)
    layout = Layout(
        window_width_hz=window_width_hz,
        windows=windows,
        averages=averages,
        averages_max=checks.whole_cycles(p.averages_max),
        capture_samples=math.ceil((p.pulse_length_s + p.tail_s) * p.sample_rate_hz - 1e-9),
    )
    _require_allowed(p, layout, limits)
    return layout


def _require_allowed(p: SurveyParameters, layout: Layout, limits: InstrumentLimits) -> None:
    """Raise InvalidParameters for what only the sampled waveforms tell: forbidden bands and the average power."""
    if not limits.forbidden_bands_hz and limits.average_power_max >= limits.duty_max:
        return  # nothing that is on for so little of the time can exceed it
    laid = windows_of(p, layout, limits)
    near = [one for one in laid if near_forbidden(one.tuned_hz, p.sample_rate_hz, limits)]
    for window in (laid[0], *near):
        fault = first_fault(survey_shot(p, limits, layout, window, layout.averages), limits)
        if fault is not None:
            names = {known.name for known in dataclasses.fields(SurveyParameters)}
            field = fault.field if fault.field in names else "centre_frequency_hz"
            low = checks.frequency_text(window.centre_hz - window.width_hz / 2)
            high = checks.frequency_text(window.centre_hz + window.width_hz / 2)
            raise InvalidParameters([FieldError(field, f"In the window {low} to {high}: {fault.message}")])


def _confirmation_faults(p: SurveyParameters, limits: InstrumentLimits) -> list[FieldError]:
    """The single pulse of a confirmation, and the spin echo that a broad line needs, must fit as well."""
    settings = narrow_settings(p)
    faults = narrow_band.timing_faults(settings, limits, None, "amplitude")
    broadest_s = narrow_band.ECHO_BELOW_DEAD_TIMES * limits.dead_time_s
    if broadest_s > 0.0 and not faults:
        delay_s = narrow_band.echo_delay_s(broadest_s, settings, limits)
        faults = narrow_band.timing_faults(settings, limits, delay_s, "amplitude")
    return [FieldError(fault.field, f"For the confirmation of candidates: {fault.message}") for fault in faults]


def _reach_fault(p: SurveyParameters, limits: InstrumentLimits) -> FieldError | None:
    width_hz, allowed_hz = 2.0 * reach_hz(p), limits.frequency_max_hz - limits.frequency_min_hz
    if width_hz <= allowed_hz:
        return None
    return FieldError(
        "tooth_s",
        f"Teeth of {checks.time_text(p.tooth_s)} every {checks.time_text(p.gap_period_s)} excite a band of "
        f"{checks.frequency_text(width_hz)}; the instrument's range is {checks.frequency_text(allowed_hz)} wide.",
    )


def _averages_faults(p: SurveyParameters) -> list[FieldError | None]:
    if p.averages_max > checks.SHOTS_MAX >= p.averages:
        return [FieldError("averages_max", f"Must be at most {checks.SHOTS_MAX:,}; it is {p.averages_max:,}.")]
    if p.averages_max >= p.averages:
        return []
    return [FieldError("averages_max", f"Must be at least the averages, {p.averages:,}; it is {p.averages_max:,}.")]


def _comb_faults(p: SurveyParameters, limits: InstrumentLimits) -> list[FieldError | None]:
    """Tooth, dead time and gap must leave something to receive, and the sampling must resolve a tooth."""
    faults: list[FieldError | None] = []
    gap, tooth, dead = (checks.time_text(t) for t in (p.gap_period_s, p.tooth_s, limits.dead_time_s))
    receive_s = p.gap_period_s - p.tooth_s - limits.dead_time_s
    needed_s = checks.RECEIVE_SAMPLES_MIN / p.sample_rate_hz
    if p.tooth_s >= p.gap_period_s:
        faults.append(FieldError("tooth_s", f"The tooth of {tooth} must be shorter than the gap period of {gap}."))
        return faults
    faults.append(_duty_fault(p, limits))
    if receive_s < needed_s * (1.0 - 1e-9):
        shortest = checks.time_text(p.tooth_s + limits.dead_time_s + needed_s)
        faults.append(
            FieldError(
                "gap_period_s",
                f"A gap period of {gap} leaves nothing to receive after the tooth of {tooth} and the dead time of "
                f"{dead}; it must be at least {shortest}.",
            )
        )
    if p.tooth_s * p.sample_rate_hz < 1.0 - 1e-9:
        faults.append(
            FieldError(
                "tooth_s",
                f"A tooth of {tooth} is shorter than one sample at {p.sample_rate_hz / 1e6:g} MS/s, which is "
                f"{checks.least_time_text(1.0 / p.sample_rate_hz)}; it needs at least {1e-6 / p.tooth_s:.4g} MS/s.",
            )
        )
    if p.pulse_length_s < 5 * p.gap_period_s * (1.0 - 1e-9):
        least = checks.time_text(5 * p.gap_period_s)
        faults.append(FieldError("pulse_length_s", f"The pulse must hold at least five gap periods, {least}."))
    return faults


def _duty_fault(p: SurveyParameters, limits: InstrumentLimits) -> FieldError | None:
    """Duty of the waveform as it is sampled: a tooth is a whole number of samples, up to one more than its length."""
    samples = p.pulse_length_s * p.sample_rate_hz
    teeth = math.ceil(samples / (p.gap_period_s * p.sample_rate_hz) + 1e-6)
    on_samples = teeth * math.ceil(p.tooth_s * p.sample_rate_hz)
    fault = checks.duty_fault("repetition_time_s", on_samples / p.sample_rate_hz, p.repetition_time_s, limits)
    if fault is None or samples > COUNTED_SAMPLES_MAX:
        return fault
    # The bound is a sample per tooth too high at worst, so count before anything is refused.
    on_samples = int(np.count_nonzero(gate(round(samples), p.gap_period_s, p.tooth_s, p.sample_rate_hz)))
    return checks.duty_fault("repetition_time_s", on_samples / p.sample_rate_hz, p.repetition_time_s, limits)
