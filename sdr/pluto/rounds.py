"""How the averages of a shot are dealt out over phases and time. Pure.

All phases of the cycle take turns in short bursts, so that an average broken off has whole phase cycles in it, slow
drifts cancel, and no burst keeps the transmitter going for long. Every other round goes through the phases backwards:
each begins with the phase that the one before ended with, and the radio keeps the waveform it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

BURST_S = 0.5


@dataclass(frozen=True)
class Burst:
    """`frames` receptions of one phase; `ends_round` says that all phases have as many frames after it."""

    phase: int
    frames: int
    ends_round: bool


def bursts(
    averages: int, phases: int, repetition_time_s: float, frames_max: int, *, backwards: bool = False
) -> Iterator[Burst]:
    """Deal out `averages` (a multiple of `phases`): bursts of at most `frames_max` frames and, if longer, BURST_S.

    The first round begins with phase 0, or, if `backwards`, with the last.
    """
    per_phase = averages // phases
    per_burst = max(1, min(frames_max, int(BURST_S / repetition_time_s), per_phase))
    rounds = -(-per_phase // per_burst)
    for index in range(rounds):
        # Equal rounds rather than full ones and a small rest: 10 frames, 4 at most, become 4, 3, 3.
        frames = per_phase // rounds + (index < per_phase % rounds)
        for turn in range(phases):
            phase = turn if backwards == bool(index % 2) else phases - 1 - turn
            yield Burst(phase, frames, ends_round=turn == phases - 1)
