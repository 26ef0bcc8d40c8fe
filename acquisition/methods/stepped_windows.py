"""From the captures of a frequency-stepped survey to one spectrum and its lines, window by window."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import fft

from acquisition.artefacts.judging import narrow_fault
from acquisition.coverage import excitation, is_control, pulse_frequency_hz
from acquisition.experiment import Spectrum
from acquisition.free_decay import free_decay
from acquisition.lines import Line, LineStatus
from acquisition.methods.sequences import echo_tops, played_pulses
from acquisition.reconstruction import Reconstruction, ReconstructionParameters, reconstruct_survey
from acquisition.reconstruction.detection import Detection, of_all
from acquisition.second_look import at_pulse
from acquisition.shot import Capture
from acquisition.verdict import settle
from acquisition.wings import wing_fault

POINTS_PER_RESOLUTION = 4
"""Points of the spectrum per 1 / (length of the reception)."""

APODISATION_DECAYS = 3.0
"""The reception is weighted with a decay of which so many time constants fit into it: little noise, little ringing."""

BROADEST_FWHM_HZ = 5e3
"""Width that the decimation of a window is made for; it keeps lines of several times that."""

STEP_PER_FWHM = 100.0
"""Steps wider than this many of that width: the decimation is made for the step, which its filter then passes whole."""

FALSE_ALARMS_MOST = 10.0
"""Largest rate that a reconstruction accepts."""

WELL_EXCITED = 0.75
"""A neighbouring window must show a line that its pulse excites at least to this fraction."""


@dataclass(frozen=True)
class Window:
    """One tuning: the coherent mean of everything that was received there."""

    middle_hz: float
    capture: Capture


def windows_of(captures: Sequence[Capture]) -> list[Window]:
    """The windows by rising frequency. Captures of the same tuning and sequence are averaged.

    They are coherent although the radio was retuned between them, because the driver turns each to the phase of its
    own leakage.
    """
    groups: dict[tuple[int, int, int], list[Capture]] = {}
    for capture in captures:
        if not np.any(capture.waveform) or capture.averages <= 0:
            continue
        key = (round(capture.centre_frequency_hz), len(capture.waveform), len(capture.samples))
        groups.setdefault(key, []).append(capture)
    made = [_window(group) for group in groups.values()]
    return sorted(made, key=lambda window: window.middle_hz)


def _window(group: Sequence[Capture]) -> Window:
    total = sum(capture.averages for capture in group)
    mean = np.zeros(len(group[0].samples), dtype=np.complex128)
    for capture in group:
        mean += (capture.averages / total) * np.asarray(capture.samples, dtype=np.complex128)
    capture = replace(group[0], samples=mean.astype(np.complex64), averages=total)
    return Window(pulse_frequency_hz(capture), capture)


def step_of(windows: Sequence[Window]) -> float:
    """Distance of neighbouring windows in Hz; of a single one the band that its pulse excites at half height."""
    if len(windows) > 1:
        return float(np.min(np.diff([window.middle_hz for window in windows])))
    pulse = played_pulses(windows[0].capture)[0]
    return 1.2 * windows[0].capture.sample_rate_hz / pulse.length


def stitched(windows: Sequence[Window]) -> Spectrum:
    """One spectrum of all windows, each in the middle of its own range, on one grid; empty without windows.

    Time counts from the middle of the pulse (or the top of the echo), so that lines have the phase of the pulse.
    """
    if not windows:
        return Spectrum(0.0, 1.0, np.zeros(0, dtype=np.complex64), 0.0)
    step_hz = step_of(windows)
    first = windows[0].capture
    dx_hz = first.sample_rate_hz / (POINTS_PER_RESOLUTION * len(first.samples))
    low = math.ceil((windows[0].middle_hz - step_hz / 2) / dx_hz)
    high = math.floor((windows[-1].middle_hz + step_hz / 2) / dx_hz)
    values = np.zeros(high - low + 1, dtype=np.complex64)
    sigmas = []
    for window in windows:
        begin = max(math.ceil((window.middle_hz - step_hz / 2) / dx_hz), low)
        end = min(math.ceil((window.middle_hz + step_hz / 2) / dx_hz), high + 1)
        if end <= begin:
            continue
        part, sigma = _part(window.capture, begin * dx_hz, dx_hz, end - begin)
        values[begin - low : end - low] = part
        sigmas.append(sigma)
    noise = math.sqrt(float(np.mean(np.square(sigmas)))) if sigmas else 0.0
    return Spectrum(low * dx_hz, dx_hz, values, noise)


def _part(capture: Capture, from_hz: float, dx_hz: float, count: int) -> tuple[np.ndarray, float]:
    """`count` points of a capture's spectrum from a frequency on, scaled to the line's amplitude, and their noise."""
    rate = capture.sample_rate_hz
    origin, clear = _origin(capture)
    time_s = (np.arange(clear, len(capture.samples)) - origin) / rate
    if len(time_s) < 2:
        return np.zeros(count, dtype=np.complex64), 0.0
    length_s = time_s[-1]
    weight = np.exp(-APODISATION_DECAYS * np.maximum(time_s, 0.0) / length_s)
    received = np.asarray(capture.samples[clear:], dtype=np.complex128) * weight
    turned = received * np.exp(-2j * np.pi * (from_hz - capture.centre_frequency_hz) * time_s)
    points = round(rate / dx_hz)
    # The transform counts from its first sample; the phase of what lies before it is put back.
    spectrum = fft.fft(turned, points)[:count] * np.exp(-2j * np.pi * dx_hz * np.arange(count) * time_s[0])
    scale = 1.0 / float(np.sum(weight))
    # The median of what lies between strong lines: |noise|^2 is exponentially distributed.
    whole = np.abs(fft.fft(received, fft.next_fast_len(len(received)))) ** 2
    sigma = math.sqrt(float(np.median(whole)) / math.log(2.0)) * scale
    return (spectrum * scale).astype(np.complex64), sigma


def _origin(capture: Capture) -> tuple[float, int]:
    """Sample from which the phase counts, and the first sample of undisturbed reception after it."""
    played = played_pulses(capture)
    tops = echo_tops(capture, played)
    late = capture.delay_s * capture.sample_rate_hz
    if tops:
        return tops[0].place + late, max(tops[0].clear_from, math.ceil(tops[0].place + late))
    blind = math.ceil(capture.dead_time_s * capture.sample_rate_hz - 1e-9)
    return played[0].middle + late, played[0].end + blind


def lines_of(
    windows: Sequence[Window], parameters: ReconstructionParameters
) -> tuple[tuple[Line, ...], float, Detection | None]:
    """The lines of all windows, with a threshold for the false alarms of all of them together; noise and threshold.

    Each window answers for its own range only. A line is compared with what the other windows say of it: one that
    does not excite it must not hear it.
    """
    step_hz = step_of(windows)
    captures = [window.capture for window in windows]
    found: list[Line] = []
    noise: list[float] = []
    thresholds: list[Detection | None] = []
    for window in windows:
        decay = free_decay(window.capture, window.middle_hz, max(BROADEST_FWHM_HZ, step_hz / STEP_PER_FWHM))
        if decay is None:
            continue
        share = parameters.false_alarms_per_survey / len(windows) * max(1.0, decay.rate_hz / step_hz)
        level = replace(parameters, false_alarms_per_survey=min(share, FALSE_ALARMS_MOST), minimum_confidence=0.0)
        result = reconstruct_survey([decay.capture], level)
        thresholds.append(result.detection)
        noise.append(result.noise_sigma * math.sqrt(window.capture.sample_rate_hz / decay.rate_hz))
        for line in result.lines:
            if not -step_hz / 2 <= line.frequency_hz - window.middle_hz < step_hz / 2:
                continue
            whole = at_pulse(line, [decay])
            fault = wing_fault(line, result.lines) or narrow_fault(line, _witnesses(line, captures))
            status = LineStatus.REJECTED if fault else LineStatus.CONFIRMED
            found.append(replace(whole, status=status, reason=fault, unfolding_confidence=1.0))
    sigma = math.sqrt(float(np.mean(np.square(noise)))) if noise else 0.0
    return settle(found), sigma, of_all(thresholds, parameters.false_alarms_per_survey)


def _witnesses(line: Line, captures: Sequence[Capture]) -> list[Capture]:
    """The captures that excite a line well, and those that hear it without exciting it."""
    return [
        capture
        for capture in captures
        if is_control(capture, line.frequency_hz) or excitation(capture, line.frequency_hz) >= WELL_EXCITED
    ]


def reconstruct(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """The stitched spectrum and the lines of a frequency-stepped survey, from its captures alone."""
    windows = windows_of(captures)
    if not windows:
        return Reconstruction((), stitched(()), 0.0, ("Nothing was received after the pulses.",))
    lines, noise, detection = lines_of(windows, parameters)
    return Reconstruction(lines, stitched(windows), noise, detection=detection)
