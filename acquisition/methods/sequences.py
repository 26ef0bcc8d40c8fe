"""Sequences of hard pulses: laid out in samples, checked against an instrument, played as shots, read back of captures.

Everything that a reconstruction needs to know of a sequence (when its pulses were, how long, of which phase) is read
from the capture's waveform, so a stored capture says all of itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acquisition import free_decay
from acquisition.coverage import pulse_frequency_hz
from acquisition.errors import FieldError
from acquisition.limits import InstrumentLimits
from acquisition.methods import checks, fits, narrow_band
from acquisition.shot import SILENCE_ENDS_PULSE_S, Capture, ComplexArray, Shot

OFFSET_STEP_HZ = 50e3
"""Stands for the spacing of a comb's teeth where a centre frequency beside the line is chosen."""

FOUR_PHASES = (1, 1j, -1, -1j)
"""Takes out DC, the quadrature image and the leakage of the oscillator."""


@dataclass(frozen=True)
class HardPulse:
    """A rectangular pulse: first sample, length in samples, amplitude (1 = the largest that may be sent), phase."""

    start: int
    length: int
    amplitude: float
    phase_rad: float = 0.0

    @property
    def end(self) -> int:
        """The first sample after it."""
        return self.start + self.length

    @property
    def middle(self) -> float:
        """Its middle, in samples."""
        return self.start + (self.length - 1) / 2


@dataclass(frozen=True)
class PulseSequence:
    """Pulses in the order of time, and for how many samples is received, counted from the first sample."""

    pulses: tuple[HardPulse, ...]
    samples: int

    @property
    def end(self) -> int:
        """The first sample after the last pulse."""
        return self.pulses[-1].end

    def waveform(self, offset_hz: float, sample_rate_hz: float) -> ComplexArray:
        """The pulses on a carrier `offset_hz` above the centre frequency that runs on through the delays."""
        made = np.zeros(self.end, dtype=np.complex64)
        for pulse in self.pulses:
            place = np.arange(pulse.start, pulse.end)
            turns = offset_hz / sample_rate_hz * place
            made[pulse.start : pulse.end] = pulse.amplitude * np.exp(1j * (2 * np.pi * turns + pulse.phase_rad))
        return made

    def longest_pulse_samples(self, sample_rate_hz: float) -> int:
        """Samples of the longest pulse, where pulses without a longer silence between them are one."""
        silence = SILENCE_ENDS_PULSE_S * sample_rate_hz
        longest, first = 0, self.pulses[0].start
        for pulse, following in zip(self.pulses, (*self.pulses[1:], None), strict=True):
            longest = max(longest, pulse.end - first)
            if following is not None and following.start - pulse.end >= silence:
                first = following.start
        return longest


def hard_pulse(
    flip_deg: float,
    sample_rate_hz: float,
    limits: InstrumentLimits,
    *,
    amplitude: float = 1.0,
    start: int = 0,
    phase_rad: float = 0.0,
) -> HardPulse:
    """The pulse of a flip angle as short as `amplitude` (of the instrument's largest) allows, at least two samples.

    The amplitude is trimmed so that whole samples give the exact angle.
    """
    turns = flip_deg / 360.0
    strongest = limits.peak_amplitude * amplitude
    length = max(2, math.ceil(turns * sample_rate_hz / (limits.nutation_frequency_hz * strongest) - 1e-9))
    exact = turns * sample_rate_hz / (limits.nutation_frequency_hz * length)
    return HardPulse(start, length, min(exact, strongest), phase_rad)


def sequence_faults(
    sequence: PulseSequence,
    sample_rate_hz: float,
    repetition_time_s: float,
    limits: InstrumentLimits,
    *,
    pulse_field: str,
    length_field: str,
    repetition_field: str = "repetition_time_s",
) -> list[FieldError]:
    """What an instrument has against a sequence, by arithmetic only; each fault is blamed on the field that made it."""
    rate = sample_rate_hz
    on_s = sum(pulse.length for pulse in sequence.pulses) / rate
    found = [
        checks.sample_rate_fault(rate, limits),
        checks.pulse_length_fault(pulse_field, sequence.longest_pulse_samples(rate) / rate, limits),
        checks.capture_fault(length_field, sequence.samples / rate, rate, limits),
        checks.duty_fault(repetition_field, on_s, repetition_time_s, limits),
    ]
    repetition = checks.repetition_time_fault(repetition_time_s, sequence.samples / rate, limits)
    if repetition is not None:
        found.append(FieldError(repetition_field, repetition.message))
    return [fault for fault in found if fault is not None]


def centre_hz(target_hz: float, limits: InstrumentLimits) -> float:
    """A centre frequency beside the target, so that it lies neither at DC nor on a harmonic of anything round."""
    return target_hz - narrow_band.offsets_hz(target_hz, (), OFFSET_STEP_HZ, limits)[0]


def shot(
    sequence: PulseSequence,
    *,
    method: str,
    purpose: str,
    target_hz: float,
    sample_rate_hz: float,
    averages: int,
    repetition_time_s: float,
    limits: InstrumentLimits,
    phase_cycle: tuple[complex, ...] = FOUR_PHASES,
) -> Shot:
    """The sequence at a target as a shot; raises ShotDoesNotFit where the instrument cannot play it."""
    centre = centre_hz(target_hz, limits)
    laid_out = Shot(
        method=method,
        centre_frequency_hz=centre,
        sample_rate_hz=sample_rate_hz,
        waveform=sequence.waveform(target_hz - centre, sample_rate_hz),
        capture_samples=sequence.samples,
        dead_time_s=limits.dead_time_s,
        averages=averages,
        repetition_time_s=repetition_time_s,
        phase_cycle=phase_cycle,
        purpose=purpose,
    )
    return fits.require(laid_out, limits)


@dataclass(frozen=True)
class PlayedPulse:
    """A pulse as it was transmitted: `phase_rad` is the waveform's phase at `middle` (in samples)."""

    start: int
    end: int
    amplitude: float
    phase_rad: float

    @property
    def middle(self) -> float:
        return (self.start + self.end - 1) / 2

    @property
    def length(self) -> int:
        return self.end - self.start


def played_pulses(capture: Capture) -> tuple[PlayedPulse, ...]:
    """The pulses of a capture in the order of time."""
    offset_hz = pulse_frequency_hz(capture) - capture.centre_frequency_hz
    found = []
    for first, end in free_decay.pulses(capture.waveform):
        pulse = np.asarray(capture.waveform[first:end], dtype=np.complex128)
        turns = offset_hz / capture.sample_rate_hz * (np.arange(end - first) - (end - first - 1) / 2)
        phase_rad = float(np.angle(np.sum(pulse * np.exp(-2j * np.pi * turns))))
        found.append(PlayedPulse(first, end, float(np.mean(np.abs(pulse))), phase_rad))
    return tuple(found)


@dataclass(frozen=True)
class EchoTop:
    """Where an echo has its top, in samples, and its phase if all pulses do what they should."""

    place: float
    phase_rad: float
    clear_from: int  # first sample after the pulse before it and the dead time
    clear_to: int  # first sample of the next pulse, or the end of the capture


def echo_tops(capture: Capture, pulses: Sequence[PlayedPulse] | None = None) -> tuple[EchoTop, ...]:
    """The echoes of a sequence of an exciting pulse and refocusing ones, in the order of time.

    Each refocusing pulse at time t and phase p mirrors magnetisation that was in phase s at time u into one that is in
    phase 2 p - s at time 2 t - u, whatever its frequency. Phases are those of pulses (of the waveform at their middle):
    a pulse of phase p excites magnetisation a quarter of a turn beside it, which adds half a turn for each mirroring.
    """
    played = tuple(pulses) if pulses is not None else played_pulses(capture)
    if len(played) < 2:
        return ()
    blind = math.ceil(capture.dead_time_s * capture.sample_rate_hz - 1e-9)
    place, phase_rad = played[0].middle, played[0].phase_rad
    ends = [pulse.start for pulse in played[2:]] + [len(capture.samples)]
    tops = []
    for pulse, end in zip(played[1:], ends, strict=True):
        place, phase_rad = 2 * pulse.middle - place, 2 * pulse.phase_rad - phase_rad + math.pi
        tops.append(EchoTop(place, phase_rad, pulse.end + blind, end))
    return tuple(tops)
