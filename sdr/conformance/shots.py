"""Shots of the conformance suite, and how a capture is compared with what was sent. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from acquisition.shot import Capture, ComplexArray, Shot
from sdr.conformance.bench import Bench

TOOTH_SAMPLES = 10
PERIOD_SAMPLES = 200
TEETH = 20
CAPTURE_SAMPLES = 8000
# The response of filters, probe and cables is taken to lie within these lags, in samples.
BEFORE_SAMPLES, AFTER_SAMPLES = 8, 24


def coded(level: float, code: int = 0) -> ComplexArray:
    """Teeth whose phases, multiples of 90 degrees, are a function of `code`: no two codes resemble each other."""
    waveform = np.zeros(TEETH * PERIOD_SAMPLES, dtype=np.complex64)
    turns = np.random.default_rng([code, 936]).integers(0, 4, TEETH)
    for index, turn in enumerate(turns):
        waveform[index * PERIOD_SAMPLES : index * PERIOD_SAMPLES + TOOTH_SAMPLES] = level * 1j ** int(turn)
    return waveform


def shot(bench: Bench, **changes: Any) -> Shot:
    """A shot that every instrument may play, at the bench's quiet frequency."""
    base = Shot(
        method="conformance",
        centre_frequency_hz=bench.centre_frequency_hz,
        sample_rate_hz=bench.sample_rate_hz,
        waveform=coded(bench.level),
        capture_samples=CAPTURE_SAMPLES,
        dead_time_s=10e-6,
        averages=16,
        repetition_time_s=bench.repetition_time_s,
    )
    return replace(base, **changes)


@dataclass(frozen=True)
class Echo:
    """How a capture follows from the waveform that was sent.

    `response` (BEFORE + AFTER,) is the linear filter that leads from one to the other, its entry BEFORE_SAMPLES the
    lag 0; `unexplained` is the part of the power during the pulse that no such filter explains.
    """

    response: npt.NDArray[np.complex128]
    unexplained: float

    @property
    def gain(self) -> complex:
        """Response to a long pulse."""
        return complex(np.sum(self.response))

    @property
    def onset(self) -> int:
        """The first lag, in samples, with more than a quarter of the strongest."""
        size = np.abs(self.response)
        return int(np.argmax(size > 0.25 * np.max(size))) - BEFORE_SAMPLES


def echo(capture: Capture, waveform: ComplexArray) -> Echo:
    """Fit the filter, by least squares, over the length of the waveform and a little more."""
    length = min(len(waveform) + AFTER_SAMPLES, len(capture.samples))
    sent = np.zeros(BEFORE_SAMPLES + length + AFTER_SAMPLES, dtype=np.complex128)
    sent[AFTER_SAMPLES : AFTER_SAMPLES + len(waveform)] = waveform
    columns = [
        sent[AFTER_SAMPLES - lag : AFTER_SAMPLES - lag + length] for lag in range(-BEFORE_SAMPLES, AFTER_SAMPLES)
    ]
    heard = capture.samples[:length].astype(np.complex128)
    matrix = np.stack(columns, axis=1)
    response = np.asarray(np.linalg.lstsq(matrix, heard, rcond=None)[0], dtype=np.complex128)
    rest = heard - matrix @ response
    return Echo(response, float(np.vdot(rest, rest).real / np.vdot(heard, heard).real))
