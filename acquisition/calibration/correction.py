"""A capture as it would be if the radio had no known errors: what the calibrations in force say is taken out.

Everything here is exact for each sample by itself, so nothing spreads from saturated samples into the data.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from acquisition.calibration import quantities
from acquisition.reception import calibrated
from acquisition.shot import Capture

IMAGE_MOST = 0.5
"""An image larger than this against the signal is no imbalance but a broken receiver, and is left as it is."""


def corrected_all(captures: Sequence[Capture]) -> list[Capture]:
    """Every capture corrected."""
    return [corrected(capture) for capture in captures]


def corrected(capture: Capture) -> Capture:
    """The capture without what its calibrations know; those are used up, so doing it twice changes nothing.

    * `xo_error`: the radio's reference is off by this fraction, and with it oscillator and sample rate;
    * `iq_gain_imbalance`, `iq_phase_rad`: the quadrature image, as far as the phase cycle has left it;
    * `timing_error_s`: how much later the reception is than its first sample says.
    """
    if not capture.calibrations:
        return capture
    changed = _without_image(capture)
    changed = _on_true_axis(changed)
    delay_s = calibrated(capture.calibrations, quantities.TIMING_ERROR, capture.sample_rate_hz)
    return dataclasses.replace(changed, delay_s=delay_s or 0.0, calibrations=())


def image_coefficient(gain_imbalance: float, phase_rad: float) -> complex:
    """The b of a receiver that makes y + b y* of y, from the difference of gain and phase between I and Q.

    With gains 1 + g/2 and 1 - g/2 and axes that are 90 degrees - p apart, to first order b = (g + i p) / 2.
    """
    return 0.5 * complex(gain_imbalance, phase_rad)


def image_in_capture(capture: Capture, coefficient: complex) -> complex:
    """The k of a capture y + k y*, for a receiver of this coefficient: 0 if the phase cycle takes the image out.

    The coefficient is that of the radio's own baseband, which was turned by -turned_rad and, behind a converter that
    inverts, mirrored.
    """
    radio = capture.radio
    if radio is None:
        return 0j
    turned = coefficient * np.exp(-2j * radio.turned_rad)
    return complex(radio.image_left * (turned.conjugate() if radio.inverted else turned))


def _without_image(capture: Capture) -> Capture:
    gain = calibrated(capture.calibrations, quantities.IQ_GAIN_IMBALANCE, 0.0)
    phase_rad = calibrated(capture.calibrations, quantities.IQ_PHASE, 0.0)
    if gain is None or phase_rad is None:
        return capture
    k = image_in_capture(capture, image_coefficient(gain, phase_rad))
    if k == 0 or abs(k) > IMAGE_MOST:
        return capture
    samples = np.asarray(capture.samples)
    straight = (samples - np.complex64(k) * np.conj(samples)) / np.float32(1.0 - abs(k) ** 2)
    return dataclasses.replace(capture, samples=straight.astype(np.complex64))


def _on_true_axis(capture: Capture) -> Capture:
    error = calibrated(capture.calibrations, quantities.XO_ERROR, 0.0)
    radio = capture.radio
    if error is None or radio is None or not math.isfinite(error):
        return capture
    shift_hz = radio.frequency_hz * error * (-1.0 if radio.inverted else 1.0)
    return dataclasses.replace(
        capture,
        centre_frequency_hz=capture.centre_frequency_hz + shift_hz,
        sample_rate_hz=capture.sample_rate_hz * (1.0 + error),
    )
