"""What is common to playing with and without the TDD core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from acquisition.shot import ComplexArray
from sdr.pluto.accumulate import Frame

# Samples in the queue of receptions that the radio's memory surely has room for.
QUEUE_SAMPLES = 16_000_000
QUEUE_MAX = 32
BUFFER_SAMPLES_MAX = 4_000_000


@dataclass(frozen=True)
class Pattern:
    """What stays the same over all bursts of a player; `frames_max` is the longest burst that will be asked for."""

    sample_rate_hz: float
    pulse_samples: int
    capture_samples: int
    repetition_time_s: float
    frames_max: int


class Player(Protocol):
    """Transmits one waveform at a time and hands over frames of reception; silent between bursts."""

    @property
    def frame_samples(self) -> int:
        """Samples in every frame handed over."""
        ...

    def burst(
        self, waveform: ComplexArray, frames: int, take: Callable[[Frame], None], poll: Callable[[], None]
    ) -> None:
        """Transmit `waveform` `frames` times and give each frame (2 frame_samples,) to `take`.

        All waveforms given to one player have the same length.
        """
        ...

    def close(self) -> None:
        """Destroy all buffers."""
        ...


def queue_length(block_samples: int) -> int:
    """How many receptions the radio may keep for us."""
    return max(2, min(QUEUE_MAX, QUEUE_SAMPLES // block_samples))


def as_complex(frame: Frame) -> ComplexArray:
    """A frame of interleaved integers (2 n,) as complex numbers (n,)."""
    return frame.astype(np.float32).view(np.complex64)


def padded(waveform: ComplexArray, samples: int) -> ComplexArray:
    """The waveform followed by silence, `samples` in all."""
    whole = np.zeros(samples, dtype=np.complex64)
    whole[: len(waveform)] = waveform
    return whole
