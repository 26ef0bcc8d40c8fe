"""The switch between transmitter, probe and receiver: when it must point where, and what is not heard meanwhile. Pure.

Channel 0 of the TDD core ("tdd0") has one window a frame: from `lead_s` before the first transmitted sample until
`lag_s` after the last. Between the pulses of a shot, and between the teeth of a comb, it stays closed, so nothing is
heard there. What would gate every tooth is a second transmit path, which this driver does not play; so a shot that
lives on what it hears between its pulses is refused with "tdd0".
"""

from __future__ import annotations

import math

import numpy as np

from acquisition.shot import Shot, receive_mask
from acquisition.tr_switch import switch_fault
from sdr.address import refused
from sdr.errors import InvalidConfiguration, SafetyLimitExceeded
from sdr.transceiver import SwitchSettings

HEARD_LEAST = 0.5
"""Of the samples that a shot receives, at least this share must be heard."""


def check(settings: SwitchSettings) -> None:
    """Raise InvalidConfiguration, naming the field, for settings that make no sense."""
    fault = switch_fault(settings.by, settings.transmit_level, settings.lead_s, settings.lag_s)
    if fault is not None:
        raise refused(fault)


def window(pulse_samples: int, lead_samples: int, sample_rate_hz: float, settings: SwitchSettings) -> tuple[int, int]:
    """First sample of a frame at which the switch points to the transmitter, and the first at which it does not.

    The pulse begins at `lead_samples` of the frame. Raises InvalidConfiguration where the lead does not fit before it.
    """
    lead = math.ceil(settings.lead_s * sample_rate_hz - 1e-9)
    if lead > lead_samples:
        longest_s = lead_samples / sample_rate_hz
        raise InvalidConfiguration(
            "switch.lead_s",
            f"The switch's lead of {settings.lead_s:g} s is longer than the {longest_s:.3g} s that a frame has before "
            f"its pulse at {sample_rate_hz / 1e6:g} MS/s.",
            "Use a shorter lead or a lower sampling rate.",
        )
    lag = math.ceil(settings.lag_s * sample_rate_hz - 1e-9)
    return lead_samples - lead, lead_samples + pulse_samples + lag


def deaf(shot: Shot, settings: SwitchSettings) -> tuple[tuple[int, int], ...]:
    """Stretches (first, behind last) of the capture that would be data, but in which the switch hears nothing."""
    if settings.by != "tdd0":
        return ()
    lag = math.ceil(settings.lag_s * shot.sample_rate_hz - 1e-9)
    closed_until = min(int(np.flatnonzero(shot.waveform)[-1]) + 1 + lag, shot.capture_samples)
    heard = receive_mask(shot.waveform, shot.dead_time_s, shot.sample_rate_hz, shot.capture_samples)[:closed_until]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], heard, [False]]).astype(np.int8)))
    return tuple((int(first), int(behind)) for first, behind in edges.reshape(-1, 2))


def require_heard(shot: Shot, settings: SwitchSettings) -> None:
    """Raise SafetyLimitExceeded for a shot most of which the switch would not hear."""
    missed = sum(behind - first for first, behind in deaf(shot, settings))
    if not missed:
        return
    mask = receive_mask(shot.waveform, shot.dead_time_s, shot.sample_rate_hz, shot.capture_samples)
    received = int(np.count_nonzero(mask))
    if received - missed < HEARD_LEAST * received:
        raise SafetyLimitExceeded(
            "switch",
            f"{100 * missed / received:.0f} % of what this shot receives lies between its pulses, where the switch at "
            f"channel 0 of the TDD core points to the transmitter; at most {100 * HEARD_LEAST:.0f} % may.",
            "Use a method that receives after its last pulse (fid, spin_echo, stepped), or a switch that works by "
            "itself, such as crossed diodes, and set the instrument's switch to none.",
        )
