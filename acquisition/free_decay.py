"""Narrow-band captures boiled down to what matters: the free decay near one frequency, at a low sampling rate.

After the pulses of a capture every line is a decaying exponential, and it stays one when the samples are shifted in
frequency, filtered and decimated. So a capture of 10 MS/s becomes some thousand samples around a candidate, in which
lines far away are gone and fits are fast.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from acquisition.decimation import decimate, root_raised_cosine
from acquisition.lines import Line
from acquisition.shot import Capture, ComplexArray

LOWEST_RATE_HZ = 400e3
RATE_PER_FWHM = 200.0
"""The lower rate, at least, and per width of the line: the filter is then short against the decay."""


@dataclass(frozen=True, eq=False)
class FreeDecay:
    """A capture whose first sample stands for the excitation and whose others are the decay.

    `delay_s` lies between the middle of the (first) pulse, or the top of the echo, and that first sample.
    """

    capture: Capture
    delay_s: float

    def amplitude(self, line: Line) -> tuple[float, float]:
        """(amplitude, standard deviation) of a line of this frequency and width at the first sample.

        The linear least-squares value z = <r, y> / <r, r> with r = exp((2 pi i f - pi FWHM) t); its noise is taken from
        what the line leaves of the data.
        """
        data, response = self.data, self._response(line)
        energy = float(np.vdot(response, response).real)
        value = complex(np.vdot(response, data)) / energy
        rest = data - value * response
        return abs(value), math.sqrt(float(np.mean(np.abs(rest) ** 2)) / energy)

    def without(self, lines: Sequence[Line]) -> FreeDecay:
        """The decay after lines of known frequency and width were taken out, with their best amplitudes."""
        inside = [line for line in lines if abs(line.frequency_hz - self.centre_hz) < 0.5 * self.rate_hz]
        if not inside:
            return self
        responses = np.stack([self._response(line) for line in inside], axis=1)
        values = np.linalg.lstsq(responses, self.data, rcond=1e-6)[0]
        samples = self.capture.samples.copy()
        samples[1:] -= responses @ values
        return replace(self, capture=replace(self.capture, samples=samples))

    @property
    def rate_hz(self) -> float:
        return self.capture.sample_rate_hz

    @property
    def centre_hz(self) -> float:
        return self.capture.centre_frequency_hz

    @property
    def data(self) -> npt.NDArray[np.complex128]:
        """The samples of the decay, shape (n,); number k belongs to the time (k + 1) / rate."""
        return self.capture.samples[1:].astype(np.complex128)

    def _response(self, line: Line) -> npt.NDArray[np.complex128]:
        time_s = np.arange(1, len(self.capture.samples)) / self.rate_hz
        exponent = 2j * np.pi * (line.frequency_hz - self.centre_hz) - np.pi * line.fwhm_hz
        return np.asarray(np.exp(exponent * time_s), dtype=np.complex128)


def pulses(waveform: ComplexArray) -> tuple[tuple[int, int], ...]:
    """(first, behind last) sample of every stretch of transmission, in order."""
    driven = np.concatenate([[False], np.asarray(waveform) != 0, [False]])
    starts = np.flatnonzero(driven[1:] & ~driven[:-1])
    ends = np.flatnonzero(~driven[1:] & driven[:-1])
    return tuple(zip(starts.tolist(), ends.tolist(), strict=True))


def free_decay(capture: Capture, around_hz: float, fwhm_hz: float) -> FreeDecay | None:
    """The decay after the last pulse (of two pulses: from the top of the echo) within a band around a frequency.

    None where nothing was received then. The filter is a root raised cosine, which keeps white noise white and passes
    a quarter of the lower rate to either side unchanged.
    """
    found = pulses(capture.waveform)
    if not found:
        return None
    origin, start = _origin_and_start(capture, found)
    rate = capture.sample_rate_hz
    step = max(1, math.floor(rate / max(LOWEST_RATE_HZ, RATE_PER_FWHM * fwhm_hz)))
    received = np.asarray(capture.samples[start:], dtype=np.complex128)
    taps = root_raised_cosine(step) if step > 1 else np.ones(1)
    if len(received) < len(taps) + 16 * step:
        return None
    turns = (around_hz - capture.centre_frequency_hz) / rate * np.arange(len(received))
    filtered = decimate(received * np.exp(-2j * np.pi * turns), taps, step)
    # Sample 0 stands for the excitation, one period before the first sample of the decay.
    samples = np.concatenate([[0.0], filtered]).astype(np.complex64)
    first_s = (start + (len(taps) - 1) / 2 - origin) / rate
    low_rate = replace(
        capture,
        samples=samples,
        waveform=np.ones(1, dtype=np.complex64),
        sample_rate_hz=rate / step,
        centre_frequency_hz=around_hz,
        dead_time_s=0.0,
    )
    return FreeDecay(low_rate, first_s - step / rate)


def _origin_and_start(capture: Capture, found: tuple[tuple[int, int], ...]) -> tuple[float, int]:
    """Sample at which the signal is whole, and the first sample of undisturbed reception."""
    middles = [(first + end - 1) / 2 for first, end in found]
    blind = math.ceil(capture.dead_time_s * capture.sample_rate_hz - 1e-9)
    clear = found[-1][1] + blind
    if len(found) != 2:
        return middles[-1], clear
    top = 2 * middles[1] - middles[0]
    return top, max(clear, math.ceil(top))
