"""What is common to playing with and without the TDD core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from acquisition.shot import ComplexArray
from sdr.pluto.accumulate import Frame
from sdr.pluto.samples import quantise

# Samples in the queue of receptions that the radio's memory surely has room for.
QUEUE_SAMPLES = 16_000_000
# The kernel takes no more blocks than this (read from its public sources, not tried on a radio).
QUEUE_MAX = 64


@dataclass(frozen=True)
class Pattern:
    """What stays the same over all bursts of a shot; `frames_max` is the longest burst that will be asked for.

    Every frame plays `buffer_samples`, of which the first `pulse_samples` are the pulse, and is received for
    `capture_samples` from its first transmitted sample on.
    """

    sample_rate_hz: float
    pulse_samples: int
    buffer_samples: int
    capture_samples: int
    repetition_time_s: float
    frames_max: int


@dataclass(frozen=True, eq=False)
class Excitation:
    """A waveform (n,), and the integers that make the radio play it: a shot plays each of its few many times."""

    waveform: ComplexArray

    @cached_property
    def integers(self) -> npt.NDArray[np.int16]:
        """Interleaved I and Q (2 n,); raises ValueError if the waveform goes beyond full scale."""
        return quantise(self.waveform)

    def plays_like(self, other: Excitation) -> bool:
        """The radio makes no difference between the two."""
        return self is other or np.array_equal(self.integers, other.integers)


class Player(Protocol):
    """Transmits one waveform at a time and hands over frames of reception; silent between bursts."""

    def prepare(self, pattern: Pattern) -> None:
        """Say what the bursts that follow have in common; whatever the radio has of it already stays as it is."""
        ...

    @property
    def frame_samples(self) -> int:
        """Samples in every frame handed over."""
        ...

    def has_loaded(self, excitation: Excitation) -> bool:
        """The radio holds the excitation from an earlier burst."""
        ...

    def burst(
        self, excitation: Excitation, frames: int, take: Callable[[Frame], None], poll: Callable[[], None]
    ) -> None:
        """Transmit `excitation` `frames` times and give each frame (2 frame_samples,) to `take`.

        All excitations given between two calls of `prepare` have the same length.
        """
        ...

    def destroy(self) -> None:
        """Destroy all buffers; sends nothing that could fail on a broken connection."""
        ...


def queue_length(block_samples: int) -> int:
    """How many receptions the radio may keep for us."""
    return max(2, min(QUEUE_MAX, QUEUE_SAMPLES // block_samples))


def as_complex(frame: Frame) -> ComplexArray:
    """A frame of interleaved integers (2 n,) as complex numbers (n,)."""
    return frame.astype(np.float32).view(np.complex64)
