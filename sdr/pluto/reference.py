"""Start and phase of the leakage, from a short weak pulse that does not saturate the receiver.

The oscillators of transmitter and receiver have an unknown relative phase after every tuning, and the pulse of a shot
usually saturates the receiver, which bends its phase by up to 45 degrees. So a few frames of this pulse are played: a
rectangle and, after a gap, its negative, so that offsets drop out of the correlation. Its phase does not depend on the
shot's own waveform.

Once its level is known, it need not be played by itself: it is the tail of every frame, after the last sample of the
capture (`with_tail`, `listen`). That costs no time, and follows the phase through the shot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from acquisition.shot import BoolArray, ComplexArray
from sdr import alignment
from sdr.errors import AlignmentFailed
from sdr.pluto.accumulate import RX_FULL_SCALE, FrameSum
from sdr.pluto.playing import Excitation, Pattern, Player

HALF_SAMPLES = 64
GAP_SAMPLES = 128
PULSE_SAMPLES = 2 * HALF_SAMPLES + GAP_SAMPLES
# What a tail adds to a frame: a gap, and the pulse.
TAIL_SAMPLES = GAP_SAMPLES + PULSE_SAMPLES
CAPTURE_SAMPLES = 512
FRAMES = 4
PHASE_TOLERANCE_RAD = 0.15
LEVEL_FIRST = 1 / 64
LEVEL_LEAST = 1 / 2048  # eight steps of the converter
LEVEL_FALL, LEVEL_RISE = 1 / 8, 4.0
# How far the pulse must stand above the noise for its onset to be told to the sample: behind a probe of 2.5 MHz the
# first sample at 10 MS/s is half as high as the pulse and the next a quarter higher, so that the right onset scores
# 0.6 pulse heights more than the next candidate, with a deviation of 2.2 times the noise: 5 deviations.
CLEAR_OF_NOISE = 20.0


@dataclass(frozen=True)
class Reference:
    """`start` counts samples of the player's frames; `gain` is reception (of its full scale) per transmission."""

    start: int
    phase_rad: float
    gain: float
    level: float

    def agrees_with(self, other: Reference) -> bool:
        """Both were heard on the same way from transmitter to receiver."""
        turned = np.angle(np.exp(1j * (self.phase_rad - other.phase_rad)))
        return self.start == other.start and bool(abs(turned) < PHASE_TOLERANCE_RAD)


def pattern(sample_rate_hz: float) -> Pattern:
    """What the player of the reference pulse must be made for."""
    repetition_time_s = CAPTURE_SAMPLES / sample_rate_hz
    return Pattern(sample_rate_hz, PULSE_SAMPLES, PULSE_SAMPLES, CAPTURE_SAMPLES, repetition_time_s, FRAMES)


def measure(player: Player, peak: float, level: float, poll: Callable[[], None]) -> Reference:
    """Play the reference pulse at `level` of full scale, weaker or stronger (up to `peak`) until it is heard well.

    Raises AlignmentFailed if at no level it is heard clearly and unsaturated.
    """
    level = min(level, peak)
    saturated_above = np.inf
    while True:
        waveform = shape(level)
        frame_sum = FrameSum(player.frame_samples)
        try:
            player.burst(Excitation(waveform), FRAMES, frame_sum.add, poll)
            if not frame_sum.overloaded().any():
                found = _find(frame_sum.total() / np.float32(FRAMES * RX_FULL_SCALE), waveform, level)
                if found is not None:
                    return found
                following = level * LEVEL_RISE
            else:
                saturated_above, following = level, max(level * LEVEL_FALL, LEVEL_LEAST)
        except AlignmentFailed:
            following = level * LEVEL_RISE
        following = min(following, peak)
        if following >= saturated_above or following == level:
            raise AlignmentFailed("The leakage of the reference pulse is not heard clearly without saturation.")
        level = following


def with_tail(waveform: ComplexArray, capture_samples: int, level: float) -> ComplexArray:
    """The waveform (m,), silence to the end of the capture and for a gap, then the reference pulse."""
    tailed = np.zeros(capture_samples + TAIL_SAMPLES, dtype=np.complex64)
    tailed[: len(waveform)] = waveform
    tailed[-PULSE_SAMPLES:] = shape(level)
    return tailed


def listen(mean: ComplexArray, overloaded: BoolArray, capture_samples: int, level: float) -> Reference | None:
    """From the tails in averaged frames (n,), the start of the waveform in them, and the phase.

    None if the tail is not heard clearly, or saturated the receiver.
    """
    first = capture_samples + GAP_SAMPLES
    if overloaded[first:].any():
        return None
    try:
        found = _find(mean[first:], shape(level), level)
    except AlignmentFailed:
        return None
    # The tail's pulse begins this much behind the waveform.
    behind = capture_samples + TAIL_SAMPLES - PULSE_SAMPLES
    return None if found is None else replace(found, start=found.start + first - behind)


def _find(heard: ComplexArray, waveform: ComplexArray, level: float) -> Reference | None:
    """Where the reference pulse is, and how it was received; None if it is not clear of the noise."""
    found = alignment.find_start(heard, waveform)
    response = np.vdot(waveform, heard[found.start : found.start + PULSE_SAMPLES])
    gain = float(np.abs(response) / np.sum(np.abs(waveform) ** 2))
    if not gain * level >= CLEAR_OF_NOISE * _noise(heard, found.start):
        return None
    return Reference(found.start, found.phase_rad, gain, level)


def _noise(heard: ComplexArray, start: int) -> float:
    """Standard deviation of what was received behind the pulse, after some time for it to die down."""
    quiet = heard[start + PULSE_SAMPLES + GAP_SAMPLES :]
    return float(np.std(quiet)) if len(quiet) else np.inf


def shape(level: float) -> ComplexArray:
    """The reference pulse at `level` of full scale, shape (PULSE_SAMPLES,)."""
    waveform = np.zeros(PULSE_SAMPLES, dtype=np.complex64)
    waveform[:HALF_SAMPLES] = level
    waveform[-HALF_SAMPLES:] = -level
    return waveform
