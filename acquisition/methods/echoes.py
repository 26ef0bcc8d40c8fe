"""Echoes of a capture as traces around their tops, and the phases with which they are measured.

Each echo sequence is measured in several senses. When the exciting pulse is turned by 180 degrees the echo turns with
it; the free decays that refocusing pulses make by themselves do not, and cancel. When the refocusing pulse is turned
by 90 degrees the echo turns by 180; what is left of the first free decay does not, and cancels. In a train only the
exciting pulse is turned: its refocusing pulses must stay a quarter of a turn beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import fft

from acquisition.errors import FieldError
from acquisition.experiment import Spectrum
from acquisition.limits import InstrumentLimits
from acquisition.line_signal import Trace, trace
from acquisition.methods import checks, sequences
from acquisition.methods.sequences import HardPulse, PlayedPulse, PulseSequence, echo_tops
from acquisition.methods.single_line import ExcitedLineParameters, Point
from acquisition.shot import Capture

REFOCUSING = 2.0
"""Length of a refocusing pulse in lengths of the exciting one."""

TRAIN_SENSES_RAD = ((0.0, math.pi / 2), (math.pi, math.pi / 2))
"""Phases of the exciting and of the refocusing pulses. A quarter of a turn apart, errors of the refocusing pulses do
not add up in a train."""

ECHO_SENSES_RAD = (*TRAIN_SENSES_RAD, (0.0, math.pi), (math.pi, math.pi))
"""The same for a single echo."""


def train(
    p: ExcitedLineParameters,
    limits: InstrumentLimits,
    *,
    half_spacing_s: float,
    echoes: int,
    senses_rad: tuple[float, float],
    after_top_s: float,
    refocusing: float = REFOCUSING,
) -> PulseSequence:
    """An exciting pulse and `echoes` refocusing ones; tops are 2 half_spacing_s apart, the last reception goes on for
    `after_top_s`. Middles of pulses lie on whole samples' distances."""
    rate = p.sample_rate_hz
    first = sequences.hard_pulse(p.flip_deg, rate, limits, amplitude=p.amplitude, phase_rad=senses_rad[0])
    length = max(2, round(refocusing * first.length))
    delay = round(half_spacing_s * rate)
    start = first.start + (first.length - length) // 2
    later = [
        HardPulse(start + (2 * number + 1) * delay, length, first.amplitude, senses_rad[1]) for number in range(echoes)
    ]
    return PulseSequence((first, *later), later[-1].end + delay + round(after_top_s * rate))


def spacing_fault(
    field: str, p: ExcitedLineParameters, limits: InstrumentLimits, half_spacing_s: float, per_delay: float = 1.0
) -> FieldError | None:
    """Whether the pulses and the dead time fit between exciting and refocusing pulse.

    The field holds `per_delay` times the delay.
    """
    rate = p.sample_rate_hz
    pulse = sequences.hard_pulse(p.flip_deg, rate, limits, amplitude=p.amplitude)
    needed_s = 2.0 * (1.0 + REFOCUSING) * pulse.length / rate + limits.dead_time_s + 16 / rate
    if half_spacing_s >= needed_s:
        return None
    least = checks.least_time_text(per_delay * needed_s)
    return FieldError(field, f"It must be at least {least}, so that pulses and dead time fit before the echo.")


def echo_trace(
    capture: Capture,
    pulses: Sequence[PlayedPulse],
    around_hz: float,
    *,
    number: int = 0,
    before_s: float = math.inf,
    after_s: float = math.inf,
) -> Trace | None:
    """Echo `number` of a capture from at most `before_s` before to `after_s` after its top; None where it has none."""
    tops = echo_tops(capture, pulses)
    if number >= len(tops):
        return None
    top, rate = tops[number], capture.sample_rate_hz
    first = max(top.clear_from, math.ceil(top.place - min(before_s * rate, top.place)))
    end = min(top.clear_to, math.floor(top.place + min(after_s * rate, len(capture.samples))))
    return trace(capture, around_hz, first, end, top.place, top.phase_rad)


def room_before_top_s(points: Sequence[Point], number: int = 0) -> float:
    """How long before the top of an echo all points have undisturbed reception."""
    rooms = []
    for point in points:
        capture = point.captures[0]
        tops = echo_tops(capture, point.pulses)
        if number < len(tops):
            rooms.append((tops[number].place - tops[number].clear_from) / capture.sample_rate_hz)
    return max(0.0, min(rooms, default=0.0))


def top_time_s(point: Point, number: int = 0) -> float:
    """Time from the middle of the exciting pulse to the top of an echo."""
    capture = point.captures[0]
    return (echo_tops(capture, point.pulses)[number].place - point.pulses[0].middle) / capture.sample_rate_hz


def echo_spectrum(echo: Trace, half_width_hz: float) -> Spectrum:
    """The spectrum of a whole echo, its phase that of the pulses at the top: lines are real and positive.

    Scaled by the number of samples, so that a carrier shows with its amplitude.
    """
    points = fft.next_fast_len(4 * len(echo.data))
    dx_hz = 1.0 / (points * echo.step_s)
    values = fft.fft(echo.data, points)
    offsets = fft.fftfreq(points, echo.step_s)
    values = values * np.exp(-2j * np.pi * offsets * echo.time_s[0]) / len(echo.data)
    order = np.argsort(offsets)
    offsets, values = offsets[order], values[order]
    inside = np.abs(offsets) <= min(half_width_hz, 0.45 / echo.step_s)
    power = np.abs(fft.fft(echo.data)) ** 2
    sigma = math.sqrt(float(np.median(power)) / math.log(2.0)) / len(echo.data)
    return Spectrum(echo.around_hz + float(offsets[inside][0]), dx_hz, values[inside].astype(np.complex64), sigma)
