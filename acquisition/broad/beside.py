"""Narrow lines out of the echoes of a map, so that what is left is only that of something broad.

A narrow line answers both pulses: with an echo, and with the free decay after the first one, which outlives the second
and changes its sign with the first as an echo does. Known in place and width, both are taken out of every echo by
projection, with as much freedom in place and shape as would be seen above the noise. What is left at the line's own
place tells nothing any more: the points there have no say in the fits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from acquisition.broad.echo import EchoShot
from acquisition.broad.vocs import Echoes, Sum
from acquisition.efg import Density, Fit
from acquisition.lines import Line

Complex = npt.NDArray[np.complex128]
Real = npt.NDArray[np.float64]

SHAPE_ERROR = 0.3
"""Place and width of a line are taken to be known to this part of the width, if not worse: few are quite Lorentzian."""

BELOW_NOISE = 0.2
"""What is left of a line in one echo, as a part of the noise of one free parameter."""

HIDDEN_RESOLUTIONS = 0.75
"""Points so many resolutions from a line, and half of its width more, say nothing of anything else."""


def without_lines(echoes: Echoes, lines: Sequence[Line], broad: Sequence[Complex] | None = None) -> Echoes:
    """The echoes less what these narrow lines may contribute to each of them.

    Of `broad`, the samples (n,) of every echo that something else is expected to give, nothing is taken out.
    """
    if not lines:
        return echoes
    others = [np.zeros(len(shot.capture.samples), dtype=np.complex128) for shot in echoes.shots]
    shots = tuple(
        _without(shot, lines, float(sigma), other)
        for shot, sigma, other in zip(echoes.shots, echoes.noise_sigma, broad or others, strict=True)
    )
    return replace(echoes, shots=shots)


def expected(echoes: Echoes, found: Sum, fit: Fit) -> list[Complex]:
    """The samples (n,) that a fitted line gives in every echo, from the relation that the sum inverts."""
    frequency_hz = found.density.fine_frequency_hz()
    middle_hz = float(found.density.frequency_hz.mean())
    line = fit.area * fit.density(frequency_hz) * (frequency_hz / middle_hz) ** 2
    line = line * float(frequency_hz[1] - frequency_hz[0])
    delayed = line * np.exp(2j * np.pi * found.delay_s * (frequency_hz - middle_hz))
    made = []
    for shot, response, phase in zip(echoes.shots, echoes.responses, found.phases_rad.tolist(), strict=True):
        rate = shot.capture.sample_rate_hz
        place = np.arange(len(shot.capture.samples), dtype=np.float64)
        offset_hz = frequency_hz - shot.frequency_hz
        excited = response.at(offset_hz)
        heard = np.flatnonzero(excited)
        waves = np.exp(2j * np.pi * np.outer((place - shot.top) / rate, offset_hz[heard]))
        carrier = np.exp(
            2j * np.pi * (shot.frequency_hz - shot.capture.centre_frequency_hz) * place / rate + 1j * phase
        )
        made.append(shot.turn * carrier * (waves @ (excited * delayed)[heard]))
    return made


def hidden(density: Density, lines: Sequence[Line], resolution_hz: float) -> Density:
    """The density with its points at these lines left out of all fits."""
    used = np.ones(len(density.frequency_hz), dtype=np.bool_)
    for line in lines:
        reach_hz = HIDDEN_RESOLUTIONS * resolution_hz + 0.5 * line.fwhm_hz
        used &= np.abs(density.frequency_hz - line.frequency_hz) > reach_hz
    return replace(density, used=used)


def _without(shot: EchoShot, lines: Sequence[Line], sigma: float, other: Complex) -> EchoShot:
    capture = shot.capture
    samples = np.asarray(capture.samples, dtype=np.complex128)
    heard = (samples - other)[shot.first :]
    time_s: Real = (np.arange(shot.first, len(samples), dtype=np.float64) - shot.top) / capture.sample_rate_hz
    for line in lines:
        offset_hz = line.frequency_hz - capture.centre_frequency_hz
        if abs(offset_hz) >= 0.5 * capture.sample_rate_hz:
            continue
        columns = _columns(line, offset_hz, time_s)
        amplitude = float(np.abs(np.vdot(columns[:, 0], heard)) / np.vdot(columns[:, 0], columns[:, 0]).real)
        vectors, sizes, _ = np.linalg.svd(columns, full_matrices=False)
        basis = vectors[:, (sizes * amplitude > BELOW_NOISE * sigma) | (sizes == sizes[0])]
        heard = heard - basis @ (basis.conj().T @ heard)
    samples = np.concatenate([samples[: shot.first], heard + other[shot.first :]])
    return replace(shot, capture=replace(capture, samples=samples.astype(np.complex64)))


def _columns(line: Line, offset_hz: float, time_s: Real) -> Complex:
    """Free decay and echo of a line about the echo's top, and what errors of its place and width make of them.

    The echo is that of a Lorentzian and that of a Gaussian of the same width: lines are something in between.
    """
    place_hz = max(line.frequency_sigma_hz, SHAPE_ERROR * line.fwhm_hz)
    width_hz = max(line.fwhm_sigma_hz, SHAPE_ERROR * line.fwhm_hz)
    wave = np.exp(2j * np.pi * offset_hz * time_s)
    decay = wave * np.exp(-np.pi * line.fwhm_hz * time_s)
    echo = wave * np.exp(-np.pi * line.fwhm_hz * np.abs(time_s))
    gaussian = wave * np.exp(-((np.pi * line.fwhm_hz * time_s) ** 2) / (4.0 * math.log(2.0)))
    return np.stack(
        [
            echo,
            decay,
            gaussian,
            2.0 * np.pi * place_hz * time_s * echo,
            2.0 * np.pi * place_hz * time_s * decay,
            np.pi * width_hz * np.abs(time_s) * echo,
            2.0 * np.pi * place_hz * time_s * gaussian,
            (np.pi * line.fwhm_hz * time_s) ** 2 * gaussian,
        ],
        axis=1,
    )
