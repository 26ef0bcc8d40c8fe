"""Which captures can speak about a frequency: those whose pulse excites it, and those that hear it without that."""

from __future__ import annotations

import math

import numpy as np

from acquisition.free_decay import pulses
from acquisition.shot import Capture

EXCITED_FRACTION = 0.5
"""A capture can speak about a frequency if its pulse excites it at least to this fraction of its strongest."""

UNEXCITED_FRACTION = 0.25
"""A capture whose pulse excites a frequency less than this, relative to its strongest, is a control there."""


OWN_CARRIER_HZ = 11e3
"""Distance from the tuned frequency within which the receiver's own carrier, and what takes it out, disturb."""

TRAIN_PULSES = 3
"""A narrow-band capture with at least so many pulses is a saturation train: all but the last one saturate the spins."""


def is_saturation_train(capture: Capture) -> bool:
    """Whether the spins were saturated before the last pulse of a capture."""
    return len(pulses(capture.waveform)) >= TRAIN_PULSES


def excites_after_saturation(capture: Capture, frequency_hz: float) -> bool:
    """Whether a frequency is excited by the last pulse of a saturation train."""
    heard = is_saturation_train(capture) and hears(capture, frequency_hz)
    return heard and excitation(capture, frequency_hz, pulse=-1) >= EXCITED_FRACTION


def excites(capture: Capture, frequency_hz: float) -> bool:
    """Whether the pulse of a narrow-band capture excites this frequency and the receiver hears it."""
    if is_saturation_train(capture):
        return False
    return hears(capture, frequency_hz) and excitation(capture, frequency_hz) >= EXCITED_FRACTION


def is_control(capture: Capture, frequency_hz: float) -> bool:
    """Whether a narrow-band capture hears this frequency without exciting it."""
    if is_saturation_train(capture):
        return False
    return hears(capture, frequency_hz) and excitation(capture, frequency_hz) < UNEXCITED_FRACTION


def hears(capture: Capture, frequency_hz: float) -> bool:
    """Whether a frequency lies within the band that the receiver passes, and not beside the receiver's own carrier."""
    return OWN_CARRIER_HZ <= abs(frequency_hz - capture.centre_frequency_hz) <= 0.45 * capture.sample_rate_hz


def excitation(capture: Capture, frequency_hz: float, pulse: int = 0) -> float:
    """|X| of a pulse (the first one) at a frequency relative to its largest: there all samples add up."""
    stretches = pulses(capture.waveform)
    if not stretches:
        return 0.0
    place = np.arange(*stretches[pulse])
    driven = np.asarray(capture.waveform[place], dtype=np.complex128)
    turns = (frequency_hz - capture.centre_frequency_hz) / capture.sample_rate_hz * place
    return float(abs(np.sum(driven * np.exp(-2j * np.pi * turns))) / np.sum(np.abs(driven)))


def pulse_frequency_hz(capture: Capture) -> float:
    """Absolute frequency of the first pulse, from the mean step of its phase."""
    stretches = pulses(capture.waveform)
    pulse = np.asarray(capture.waveform[slice(*stretches[0])], dtype=np.complex128) if stretches else np.zeros(1)
    step_rad = float(np.angle(np.vdot(pulse[:-1], pulse[1:])))
    return capture.centre_frequency_hz + step_rad * capture.sample_rate_hz / (2.0 * math.pi)
