"""Start and phase of the leakage, from a short weak pulse that does not saturate the receiver.

The oscillators of transmitter and receiver have an unknown relative phase after every tuning, and the pulse of a shot
usually saturates the receiver, which bends its phase by up to 45 degrees. So each shot is preceded by a few frames of
this pulse and of its negative: their difference has no offsets in it, and the same phase whatever the shot's own
waveform is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sdr import alignment
from sdr.errors import AlignmentFailed
from sdr.pluto.accumulate import RX_FULL_SCALE, FrameSum
from sdr.pluto.playing import Pattern, Player

PULSE_SAMPLES = 64
CAPTURE_SAMPLES = 256
FRAMES = 2
LEVEL_FIRST = 1 / 64
LEVEL_LEAST = 1 / 1024
LEVEL_FALL, LEVEL_RISE = 1 / 8, 4.0


@dataclass(frozen=True)
class Reference:
    """`start` counts samples of the player's frames; `gain` is reception (of its full scale) per transmission."""

    start: int
    phase_rad: float
    gain: float
    level: float


def pattern(sample_rate_hz: float) -> Pattern:
    """What the player of the reference pulse must be made for."""
    return Pattern(sample_rate_hz, PULSE_SAMPLES, CAPTURE_SAMPLES, CAPTURE_SAMPLES / sample_rate_hz, FRAMES)


def measure(player: Player, peak: float, level: float, poll: Callable[[], None]) -> Reference:
    """Play the reference pulse at `level` of full scale, weaker or stronger (up to `peak`) until it is heard well.

    Raises AlignmentFailed if it is not heard unsaturated at any level.
    """
    level = min(level, peak)
    saturated_above = np.inf
    while True:
        waveform = np.full(PULSE_SAMPLES, level, dtype=np.complex64)
        sums = [FrameSum(player.frame_samples) for _ in range(2)]
        try:
            for sign, frame_sum in zip((1, -1), sums, strict=True):
                player.burst(np.complex64(sign) * waveform, FRAMES, frame_sum.add, poll)
            if not any(bool(frame_sum.overloaded().any()) for frame_sum in sums):
                heard = (sums[0].total() - sums[1].total()) / np.float32(2 * FRAMES * RX_FULL_SCALE)
                found = alignment.find_start(heard, waveform)
                gain = float(np.mean(np.abs(heard[found.start : found.start + PULSE_SAMPLES]))) / level
                return Reference(found.start, found.phase_rad, gain, level)
            saturated_above, following = level, level * LEVEL_FALL
        except AlignmentFailed:
            following = level * LEVEL_RISE
        following = min(following, peak)
        if following >= saturated_above or following < LEVEL_LEAST or following == level:
            raise AlignmentFailed("The leakage of the reference pulse is not heard without saturating the receiver.")
        level = following
