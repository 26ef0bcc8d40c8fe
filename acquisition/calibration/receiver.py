"""The receiver's own errors: the quadrature image of tones, and what the oscillator itself leaves in the reception.

A receiver with unequal I and Q makes y + b y* of y. A tone at +f then has an image at -f, which the captures of tones
show if their phase cycle has two steps. The transmitter can have such an image too. Its image turns with the unknown
phase of each tuning in another way than the receiver's, so several tunings tell the two apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acquisition.shot import Capture

Real = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]

SETTLED_FRACTION = 0.25
"""Of a tone, at its beginning: there it is not steady yet."""

NEIGHBOURS = (3, 4, 5, 6, 7, 8)
"""Steps of frequency beside the image at which the noise is looked at."""

TUNINGS_LEAST = 3
"""Fewer tunings cannot tell the transmitter's image from the receiver's."""

BAND_SIGMAS = 5.0
"""Beside the oscillator counts what is so much above the noise."""

SPREAD_BINS = 3
"""Half-width of a steady signal in the spectrum, in its steps; below it nothing is known of a band."""


@dataclass(frozen=True, eq=False)
class Image:
    """The receiver's image `coefficient` (the b above), with the one-sigma of its real and of its imaginary part.

    `offset_hz` (n,) are the tones, `values` (n,) what each says of b when the transmitter's image is taken out,
    `sigma` (n,) their uncertainties (of a real or imaginary part). `transmitter` is the transmitter's image, its size.
    """

    coefficient: complex
    coefficient_sigma: float
    offset_hz: Real
    values: Complex
    sigma: Real
    transmitter: float
    transmitter_sigma: float


@dataclass(frozen=True)
class _Tone:
    offset_hz: float
    direct: complex  # the tone
    sent: complex  # what was transmitted of it
    image: complex
    sigma: float  # of a complex value: E|n|^2
    turned: complex  # exp(-2 i turned_rad), what turns the radio's b into the capture's
    inverted: bool
    left: complex


def image(captures: Sequence[Capture]) -> Image | None:
    """The image that captures of tones show, of whatever phase cycle leaves it in; None if there are too few."""
    tones = [tone for tone in map(_tone, captures) if tone is not None]
    if len(tones) < TUNINGS_LEAST:
        return None
    inverted = tones[0].inverted
    # image / left = b' exp(-+ 2 i phi) direct* + a sent*, with b' = b or, mirrored, b*.
    wanted = np.asarray([tone.image / tone.left for tone in tones])
    receiver = np.asarray([tone.turned * np.conj(tone.direct) for tone in tones])
    # The way to the receiver is about the same at both frequencies, so its gain is that of the tone.
    transmitter = np.asarray([tone.direct / tone.sent * np.conj(tone.sent) for tone in tones])
    sigma = np.asarray([tone.sigma / abs(tone.left) for tone in tones])
    design = np.stack([receiver, transmitter], axis=1) / sigma[:, None]
    if np.linalg.cond(design) > 1e3:
        return None
    found, *_ = np.linalg.lstsq(design, wanted / sigma, rcond=None)
    covariance = np.linalg.inv(np.conj(design).T @ design).real
    left = design @ found - wanted / sigma
    degrees = max(len(tones) - 2, 1)
    larger = math.sqrt(max(1.0, float(np.sum(np.abs(left) ** 2)) / degrees))
    sigmas = np.sqrt(np.diag(covariance) / 2.0) * larger
    values = (wanted - found[1] * transmitter) / receiver
    coefficient = complex(found[0])
    return Image(
        coefficient=coefficient.conjugate() if inverted else coefficient,
        coefficient_sigma=float(sigmas[0]),
        offset_hz=np.asarray([tone.offset_hz for tone in tones]),
        values=np.conj(values) if inverted else values,
        sigma=sigma / np.abs(receiver) / math.sqrt(2.0),
        transmitter=abs(complex(found[1])),
        transmitter_sigma=float(sigmas[1]),
    )


def _tone(capture: Capture) -> _Tone | None:
    """The tone of a capture and its image; None if there is none, or its phase cycle leaves no image."""
    radio = capture.radio
    driven = np.flatnonzero(capture.waveform)
    if radio is None or abs(radio.image_left) < 0.1 or len(driven) < 64:
        return None
    first, end = int(driven[0]), int(driven[-1]) + 1
    begin = first + int(SETTLED_FRACTION * (end - first))
    place = np.arange(begin, end)
    sent = np.asarray(capture.waveform[begin:end], dtype=np.complex128)
    heard = np.asarray(capture.samples[begin:end], dtype=np.complex128)
    step = float(np.angle(np.vdot(sent[:-1], sent[1:])))
    # A window without side lobes, so that the strong tone is not heard at its image.
    window = np.blackman(len(place))
    window /= np.sum(window)

    def at(signal: Complex, angle: float) -> complex:
        return complex(np.sum(window * signal * np.exp(-1j * angle * place)))

    resolution = 2 * np.pi / len(place)
    beside = [at(heard, -step + sign * k * resolution) for k in NEIGHBOURS for sign in (-1, 1)]
    turned = complex(np.exp(-2j * radio.turned_rad))
    return _Tone(
        offset_hz=step * capture.sample_rate_hz / (2 * math.pi),
        direct=at(heard, step),
        sent=at(sent, step),
        image=at(heard, -step),
        sigma=math.sqrt(float(np.mean(np.abs(beside) ** 2))),
        turned=turned.conjugate() if radio.inverted else turned,
        inverted=radio.inverted,
        left=radio.image_left,
    )


@dataclass(frozen=True, eq=False)
class Carrier:
    """What is received at the oscillator's own frequency: `level` (of full scale) with its one-sigma, and the
    half-width of the band that it fills, with the step of the spectrum as its uncertainty.

    `offset_hz` (n,) and `size` (n,) are the spectrum beside it, `noise` the standard deviation of a point of it.
    """

    level: float
    level_sigma: float
    band_hz: float
    band_sigma_hz: float
    offset_hz: Real
    size: Real
    noise: float


def carrier(captures: Sequence[Capture], reach_hz: float) -> Carrier | None:
    """The oscillator in captures without a phase cycle, up to `reach_hz` beside it; None if there are none.

    Amplitudes of several captures are averaged: their phases differ by those of the tunings.
    """
    spectra, levels, step_hz, sigma = [], [], 0.0, 0.0
    for capture in captures:
        radio = capture.radio
        if radio is None or len(set(radio.phase_cycle)) != 1 or not np.any(capture.waveform):
            continue
        mask = capture.receive_mask
        data = np.asarray(capture.samples, dtype=np.complex128)[int(np.flatnonzero(mask)[0]) :]
        window = np.blackman(len(data))
        window /= np.sum(window)
        spectrum = np.fft.fftshift(np.fft.fft(data * window))
        offset_hz = np.fft.fftshift(np.fft.fftfreq(len(data), 1.0 / capture.sample_rate_hz))
        near = np.abs(offset_hz) <= reach_hz
        # The median of |n|^2 is ln 2 of its mean.
        noise = math.sqrt(float(np.median(np.abs(spectrum[near]) ** 2)) / math.log(2.0))
        spectra.append((offset_hz[near], np.abs(spectrum[near])))
        levels.append(abs(complex(np.sum(data * window))))
        step_hz, sigma = float(offset_hz[1] - offset_hz[0]), noise
    if not spectra or len({len(size) for _, size in spectra}) != 1:
        return None
    offset_hz = spectra[0][0]
    size = np.sqrt(np.mean([values**2 for _, values in spectra], axis=0))
    middle = int(np.argmin(np.abs(offset_hz)))
    reach = 0
    for k in range(1, min(middle, len(size) - 1 - middle) + 1):
        if max(size[middle - k], size[middle + k]) > BAND_SIGMAS * sigma:
            reach = k
        elif k > reach + 2 * SPREAD_BINS:
            break
    return Carrier(
        level=float(np.mean(levels)),
        level_sigma=sigma / math.sqrt(2.0 * len(levels)),
        band_hz=(reach + 1) * step_hz,
        band_sigma_hz=step_hz,
        offset_hz=offset_hz,
        size=size,
        noise=sigma,
    )
