"""Checks of parameters against an instrument, shared by the methods: each gives sentences with the limit in them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from acquisition.errors import FieldError, InvalidParameters
from acquisition.limits import InstrumentLimits
from acquisition.methods.parameters import parse

SHOTS_MAX = 5_000_000
"""Most excitations that one run may plan; a bound on mistakes, above what a day usually allows."""

WINDOWS_MAX = 10_000
"""Most windows that one survey may plan: each is one shot at least, and one entry of the plan."""

RECEIVE_SAMPLES_MIN = 8
"""Fewest samples that must be left to receive in a gap between two teeth."""

GUARD_S = 0.2e-3
"""Time kept free between the end of a reception and the next excitation."""


def frequency_text(value_hz: float) -> str:
    """A frequency as people write it: 28.0846 MHz, 50 kHz, 3 Hz."""
    for unit, scale in (("MHz", 1e6), ("kHz", 1e3)):
        if abs(value_hz) >= scale:
            return f"{value_hz / scale:.6g} {unit}"
    return f"{value_hz:.4g} Hz"


def time_text(value_s: float) -> str:
    """A time as people write it: 20 µs, 4 ms, 90 s, 3.5 min, 24 h, 579 days."""
    size = abs(value_s)
    if size >= 2 * 86400.0:
        return f"{value_s / 86400.0:,.4g} days" if size < 86400.0 * 1e5 else f"{value_s / 86400.0:.3g} days"
    for unit, scale, smallest in (("h", 3600.0, 3600.0), ("min", 60.0, 120.0), ("s", 1.0, 1.0), ("ms", 1e-3, 1e-3)):
        if size >= smallest:
            return f"{value_s / scale:.4g} {unit}"
    return f"{value_s * 1e6:.4g} µs"


def count_text(number: float) -> str:
    """A count with separated thousands, and with four digits where it would be too long to read."""
    return f"{number:,.0f}" if number < 1e12 else f"{number:.4g}"


def least_time_text(value_s: float) -> str:
    """A time rounded up to four digits: what is entered from this sentence is long enough."""
    digit = 10.0 ** (math.floor(math.log10(value_s)) - 3)
    return time_text(math.ceil(value_s / digit - 1e-9) * digit)


def static_faults(parameters: Any) -> list[FieldError]:
    """What is wrong with parameters by themselves: types, finite numbers, the limits that the fields carry."""
    try:
        parse(type(parameters), dataclasses.asdict(parameters))
    except InvalidParameters as error:
        return list(error.errors)
    return []


def raise_all(found: Sequence[FieldError | None], parameters: type[Any]) -> None:
    """Raise InvalidParameters with what was found, in the order of the fields; return if nothing was."""
    order = {f.name: number for number, f in enumerate(dataclasses.fields(parameters))}
    faults = sorted((fault for fault in found if fault is not None), key=lambda fault: order[fault.field])
    if faults:
        raise InvalidParameters(faults)


def frequency_range_fault(
    centre_hz: float, half_width_hz: float, limits: InstrumentLimits, centre_field: str, width_field: str
) -> FieldError | None:
    """Whether the whole range lies where the instrument can go; the centre is blamed first, then the width."""
    low, high = limits.frequency_min_hz, limits.frequency_max_hz
    allowed = f"the instrument's {frequency_text(low)} to {frequency_text(high)}"
    if not low <= centre_hz <= high:
        return FieldError(centre_field, f"{frequency_text(centre_hz)} is outside {allowed}.")
    if centre_hz - half_width_hz < low or centre_hz + half_width_hz > high:
        reach = f"{frequency_text(centre_hz - half_width_hz)} to {frequency_text(centre_hz + half_width_hz)}"
        return FieldError(width_field, f"The range {reach} reaches outside {allowed}.")
    return None


def probe_fault(
    centre_hz: float, half_width_hz: float, limits: InstrumentLimits, centre_field: str, width_field: str
) -> FieldError | None:
    """Whether a probe that stays where it is hears the whole range."""
    band_hz = limits.probe_band_hz
    if band_hz is None:
        return None
    low, high = band_hz
    allowed = f"the {frequency_text(low)} to {frequency_text(high)} of the probe, which is not tuned during a run"
    if not low <= centre_hz <= high:
        return FieldError(centre_field, f"{frequency_text(centre_hz)} is outside {allowed}.")
    if centre_hz - half_width_hz < low or centre_hz + half_width_hz > high:
        reach = f"{frequency_text(centre_hz - half_width_hz)} to {frequency_text(centre_hz + half_width_hz)}"
        return FieldError(width_field, f"The range {reach} reaches outside {allowed}.")
    return None


def sample_rate_fault(sample_rate_hz: float, limits: InstrumentLimits) -> FieldError | None:
    low, high = limits.sample_rate_min_hz, limits.sample_rate_max_hz
    if low <= sample_rate_hz <= high:
        return None
    return FieldError(
        "sample_rate_hz",
        f"The sampling rate must be between {low / 1e6:g} and {high / 1e6:g} MS/s, not {sample_rate_hz / 1e6:g} MS/s.",
    )


def pulse_length_fault(field: str, length_s: float, limits: InstrumentLimits) -> FieldError | None:
    if length_s <= limits.pulse_length_max_s:
        return None
    return FieldError(
        field,
        f"A pulse of {time_text(length_s)} is longer than the instrument's limit of "
        f"{time_text(limits.pulse_length_max_s)}.",
    )


def duty_fault(field: str, transmit_s: float, repetition_time_s: float, limits: InstrumentLimits) -> FieldError | None:
    """Transmitting time over repetition time against the duty limit."""
    duty = transmit_s / repetition_time_s
    # Compared exactly as the driver does it: what is accepted here must not be refused there.
    if duty <= limits.duty_max:
        return None
    return FieldError(
        field,
        f"The transmitter would be on for {100 * duty:.3g} % of the time; the instrument's limit is "
        f"{100 * limits.duty_max:.3g} %. Use a repetition time of at least "
        f"{least_time_text(transmit_s / limits.duty_max)}.",
    )


def repetition_time_fault(repetition_time_s: float, shot_s: float, limits: InstrumentLimits) -> FieldError | None:
    """The repetition time must hold excitation and reception, and respect the instrument's shortest."""
    shortest = max(shot_s + GUARD_S, limits.repetition_time_min_s)
    # The guard time leaves room for rounding; the instrument's own limit does not.
    if repetition_time_s >= limits.repetition_time_min_s and repetition_time_s >= shortest * (1.0 - 1e-9):
        return None
    return FieldError(
        "repetition_time_s",
        f"The repetition time must be at least {least_time_text(shortest)} (pulse and reception take "
        f"{time_text(shot_s)}), not {time_text(repetition_time_s)}.",
    )


def capture_fault(field: str, capture_s: float, sample_rate_hz: float, limits: InstrumentLimits) -> FieldError | None:
    samples = capture_s * sample_rate_hz
    if samples <= limits.capture_samples_max:
        return None
    longest = time_text(limits.capture_samples_max / sample_rate_hz)
    return FieldError(
        field,
        f"One reception would take {count_text(samples)} samples; the buffer holds {limits.capture_samples_max:,}, "
        f"which is {longest} at this sampling rate.",
    )


def amount_fault(field: str, shots: float, duration_s: float, limits: InstrumentLimits) -> FieldError | None:
    """A plan with too many shots or of too long a duration."""
    if shots <= SHOTS_MAX and duration_s <= limits.run_duration_max_s:
        return None
    return FieldError(
        field,
        f"The plan has {count_text(shots)} shots and would take {time_text(duration_s)}; at most {SHOTS_MAX:,} shots "
        f"and {time_text(limits.run_duration_max_s)} are allowed.",
    )


def whole_cycles(averages: float, cycle: int = 4) -> int:
    """The number of averages rounded up to whole phase cycles."""
    return max(cycle, cycle * math.ceil(averages / cycle - 1e-9))
