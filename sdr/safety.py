"""What must be true of a shot before anything of it is sent. Pure; every comparison is written so that NaN fails it.

Limits are compared in `acquisition.shot_limits`, the rule that plans are made by; what is added here is what only a
driver knows (radio and converter) and what only a driver is given (values of any kind).
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from typing import SupportsIndex

import numpy as np

from acquisition.limits import InstrumentLimits
from acquisition.pulse_facts import pulse_facts
from acquisition.shot import Shot
from acquisition.shot_limits import AMPLITUDE_TOLERANCE, first_fault
from sdr.converter import Converter
from sdr.errors import SafetyLimitExceeded


@dataclass(frozen=True)
class RadioRanges:
    """What the radio itself can do, as read from it; `buffer_samples_max` is the longest reception."""

    frequency_min_hz: float
    frequency_max_hz: float
    sample_rate_min_hz: float
    sample_rate_max_hz: float
    buffer_samples_max: int = 4_000_000


def check(shot: Shot, limits: InstrumentLimits, converter: Converter, radio: RadioRanges) -> None:
    """Raise SafetyLimitExceeded (naming field, value and limit) unless the shot may be played; cheap checks first.

    For a waveform (n,) that was checked lately all of it takes tens of microseconds and one comparison of the samples.
    """
    _check_rate(shot, limits, radio)
    _check_counts(shot, limits, radio)
    _check_waveform(shot)
    _within("dead_time_s", shot.dead_time_s, 0.0, shot.capture_time_s, "The dead time", " s")
    _check_phase_cycle(shot)
    fault = first_fault(shot, _within_reach(limits, converter, radio))
    if fault is not None:
        _fail(fault.field, fault.message)


def _fail(field: str, message: str) -> None:
    raise SafetyLimitExceeded(field, message)


def _within(field: str, value: float, low: float, high: float, what: str, unit: str) -> None:
    if not (low <= value <= high):
        _fail(field, f"{what} is {value:.10g}{unit}; allowed are {low:.10g} to {high:.10g}{unit}.")


def _whole(field: str, value: SupportsIndex, what: str) -> int:
    if isinstance(value, bool):
        _fail(field, f"{what} must be a whole number, not {value!r}.")
    try:
        return operator.index(value)
    except TypeError:
        raise SafetyLimitExceeded(field, f"{what} must be a whole number, not {value!r}.") from None


def _check_rate(shot: Shot, limits: InstrumentLimits, radio: RadioRanges) -> None:
    low = max(limits.sample_rate_min_hz, radio.sample_rate_min_hz)
    high = min(limits.sample_rate_max_hz, radio.sample_rate_max_hz)
    _within("sample_rate_hz", shot.sample_rate_hz, low, high, "The sample rate", " Hz")


def _check_counts(shot: Shot, limits: InstrumentLimits, radio: RadioRanges) -> None:
    samples = _whole("capture_samples", shot.capture_samples, "The capture length in samples")
    most = min(limits.capture_samples_max, radio.buffer_samples_max)
    _within("capture_samples", samples, 1, most, "The capture length", " samples")
    averages = _whole("averages", shot.averages, "The number of averages")
    cycle = len(shot.phase_cycle)
    if cycle < 1:
        _fail("phase_cycle", "The phase cycle is empty; it needs at least 1 phase.")
    if averages < 1 or averages % cycle:
        _fail("averages", f"The number of averages is {averages}; it must be a multiple of the phase cycle's {cycle}.")


def _check_waveform(shot: Shot) -> None:
    waveform = shot.waveform
    if not isinstance(waveform, np.ndarray) or waveform.ndim != 1 or waveform.dtype.kind not in "fc":
        _fail("waveform", "The waveform must be a one-dimensional array of complex numbers.")
    if not 1 <= len(waveform) <= shot.capture_samples:
        _fail(
            "waveform",
            f"The waveform has {len(waveform)} samples; allowed are 1 to the capture's {shot.capture_samples}.",
        )
    facts = pulse_facts(waveform, shot.sample_rate_hz)
    if not facts.finite:
        _fail("waveform", "The waveform holds values that are not finite; all must be finite.")
    if not facts.peak > 0:
        _fail("waveform", "The waveform is zero everywhere; at least 1 sample must differ from zero.")


def _check_phase_cycle(shot: Shot) -> None:
    for phase in shot.phase_cycle:
        if not abs(abs(complex(phase)) - 1.0) <= AMPLITUDE_TOLERANCE:
            _fail("phase_cycle", f"The phase cycle holds {phase!r}; every phase must have modulus 1.")


def _within_reach(limits: InstrumentLimits, converter: Converter, radio: RadioRanges) -> InstrumentLimits:
    """The limits, less what radio and converter do not reach."""
    reach_low, reach_high = converter.nqr_range_hz(radio.frequency_min_hz, radio.frequency_max_hz)
    low, high = max(limits.frequency_min_hz, reach_low), min(limits.frequency_max_hz, reach_high)
    if not low < high:
        _fail(
            "centre_frequency_hz",
            f"Radio and converter reach {reach_low:.10g} to {reach_high:.10g} Hz, which holds nothing of the "
            f"instrument's {limits.frequency_min_hz:.10g} to {limits.frequency_max_hz:.10g} Hz; "
            "its converter or its limits must be corrected.",
        )
    return replace(limits, frequency_min_hz=low, frequency_max_hz=high)
