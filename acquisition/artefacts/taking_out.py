"""Takes whatever bands of frequency can hold out of the data of a capture, and nothing of what answers the pulses.

The least-squares fit of the data by frequencies half a resolution apart. Ring-down holds every frequency too; if the
fit took its part in the band, what is left of it would have a hole, which looks like lines on either side. So the data
are fitted by the band and by any answer that follows the teeth's amplitudes from gap to gap, together, and the band's
part alone is taken out. Beside few pulses the fit leaves out what is received right after each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import fft, linalg

from acquisition.free_decay import pulses
from acquisition.shot import Capture

Complex = npt.NDArray[np.complex128]

MARGIN = 3.0
MARGIN_MOST_HZ = 3e3
"""Margin on either side of a band, in units of the capture's resolution, and at most."""

TEETH_LEAST = 16
"""Pulses from which on they are the teeth of a comb, whose gaps show what answers them."""

EARLY_S = 20e-6
"""How long after each of few pulses the data are left out of the fit."""


def without_bands(data: Complex, capture: Capture, bands_hz: Sequence[tuple[float, float]]) -> Complex:
    """Data (zero where there are none) less what bands of offsets hold of them that does not answer the pulses.

    The products of the frequencies with one another are values of the mask's own transform, so the fit is a system of
    equations as large as the bands together are wide in half resolutions.
    """
    length = 2 * len(data)
    places = _places(capture, bands_hz, length)
    stretches = pulses(capture.waveform)
    combed = len(stretches) >= TEETH_LEAST
    used = capture.receive_mask if combed else _late(capture, stretches)
    mask = fft.fft(used.astype(np.float64), length)
    products = mask[(places[:, None] - places) % length]
    spectrum = fft.fft(np.where(used, data, 0), length)[places % length]
    if combed:
        answers, sums = _answers(data, capture, stretches, places, length)
        products = products - answers @ answers.conj().T
        spectrum = spectrum - answers @ sums
    # Neighbours half a resolution apart are nearly dependent; what little this adds is far below the noise.
    products[np.diag_indices_from(products)] *= 1.0 + 1e-6
    placed = np.zeros(length, dtype=np.complex128)
    placed[places % length] = linalg.solve(products, spectrum, assume_a="her")
    fitted = fft.ifft(placed)[: len(data)] * length
    return np.asarray(np.where(capture.receive_mask, data - fitted, 0), dtype=np.complex128)


def without(capture: Capture, bands_hz: Sequence[tuple[float, float]]) -> Capture:
    """A capture without what bands of absolute frequency hold of its data."""
    centre_hz = capture.centre_frequency_hz
    inside = [(low - centre_hz, high - centre_hz) for low, high in bands_hz if overlaps((low, high), capture)]
    if not inside:
        return capture
    samples = capture.samples.astype(np.complex128)
    data = without_bands(np.where(capture.receive_mask, samples, 0), capture, inside)
    return replace(capture, samples=np.where(capture.receive_mask, data, samples).astype(np.complex64))


def overlaps(band_hz: tuple[float, float], capture: Capture) -> bool:
    """Whether a band of absolute frequency lies within what a capture was sampled for."""
    reach_hz = 0.5 * capture.sample_rate_hz
    return all(abs(edge - capture.centre_frequency_hz) < reach_hz for edge in band_hz)


def _places(capture: Capture, bands_hz: Sequence[tuple[float, float]], length: int) -> npt.NDArray[np.intp]:
    """The frequencies of the bands, in steps of half a resolution."""
    step_hz = capture.sample_rate_hz / length
    parts = []
    for low_hz, high_hz in bands_hz:
        # A pure carrier needs the places next to it only.
        margin = min(2.0 * MARGIN, MARGIN_MOST_HZ / step_hz) if high_hz - low_hz > 2.0 * step_hz else 0.5
        parts.append(np.arange(math.floor(low_hz / step_hz - margin), math.ceil(high_hz / step_hz + margin) + 1))
    return np.unique(np.concatenate(parts)).astype(np.intp)


def _late(capture: Capture, stretches: Sequence[tuple[int, int]]) -> npt.NDArray[np.bool_]:
    """The received samples but for those right after each pulse."""
    used = capture.receive_mask.copy()
    blind = math.ceil((capture.dead_time_s + EARLY_S) * capture.sample_rate_hz)
    for _, end in stretches:
        used[end : end + blind] = False
    return used if np.count_nonzero(used) > np.count_nonzero(capture.receive_mask) // 2 else capture.receive_mask


def _answers(
    data: Complex, capture: Capture, stretches: Sequence[tuple[int, int]], places: npt.NDArray[np.intp], length: int
) -> tuple[Complex, Complex]:
    """Products of what may answer the teeth with the frequencies (places, lags) and with the data (lags,).

    One normalised signal for each lag behind a tooth: the tooth's amplitude, in every gap.
    """
    amplitudes = np.asarray([np.sum(capture.waveform[first:end], dtype=np.complex128) for first, end in stretches])
    ends = np.asarray([end for _, end in stretches]) + math.ceil(capture.dead_time_s * capture.sample_rate_hz)
    room = np.diff([*(first for first, _ in stretches), len(data)]) - np.asarray([e - f for f, e in stretches])
    room = room - math.ceil(capture.dead_time_s * capture.sample_rate_hz) - 1
    lags = np.arange(max(int(np.quantile(room, 0.1)), 0))
    whole = room >= len(lags)
    begins, amplitudes = ends[whole], amplitudes[whole]
    received = capture.receive_mask[begins[:, None] + lags].all(axis=1)
    begins, amplitudes = begins[received], amplitudes[received]
    size = max(math.sqrt(float(np.sum(np.abs(amplitudes) ** 2))), 1e-300)
    turn = -2j * np.pi / length
    gaps = np.exp(turn * np.outer(places, begins)) @ amplitudes / size
    answers = gaps[:, None] * np.exp(turn * np.outer(places, lags))
    return answers, np.conj(amplitudes) @ data[begins[:, None] + lags] / size
