"""Shots for the tests of the front-end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from acquisition.shot import ComplexArray, Shot


def comb(
    samples: int = 4000, period: int = 200, tooth: int = 10, sweep_hz: float = 50e3, rate_hz: float = 10e6
) -> ComplexArray:
    """A linear sweep cut into teeth, the shape of a survey's pulse, shape (samples,)."""
    n = np.arange(samples)
    t = n / rate_hz
    phase = 2 * np.pi * (-sweep_hz / 2 * t + sweep_hz / 2 * t**2 * rate_hz / samples)
    gate = (n % period) < tooth
    return (gate * np.exp(1j * phase)).astype(np.complex64)


def shot(**changes: Any) -> Shot:
    """A shot within the default limits of an instrument."""
    base = Shot(
        method="survey",
        centre_frequency_hz=28e6,
        sample_rate_hz=10e6,
        waveform=comb(),
        capture_samples=8000,
        dead_time_s=4e-6,
        averages=8,
        repetition_time_s=5e-3,
    )
    return replace(base, **changes)
