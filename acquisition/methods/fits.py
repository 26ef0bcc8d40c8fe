"""Whether a shot that was laid out fits the instrument, so that an experiment leaves it out instead of being refused.

The driver refuses by the same limits; here each is compared the same way, and the excited band comes from the same
function.
"""

from __future__ import annotations

import numpy as np

from acquisition.errors import AcquisitionError
from acquisition.excited_band import excited_band_hz
from acquisition.limits import InstrumentLimits
from acquisition.methods import checks
from acquisition.shot import Shot


class ShotDoesNotFit(AcquisitionError):
    """A shot that the instrument's limits do not allow; the message says which."""


def require(shot: Shot, limits: InstrumentLimits) -> Shot:
    """The shot itself; raises ShotDoesNotFit where the instrument would refuse it."""
    _require_timing(shot, limits)
    _require_frequencies(shot, limits)
    return shot


def _require_timing(shot: Shot, limits: InstrumentLimits) -> None:
    after_pulse_s = shot.capture_time_s - shot.pulse_length_s
    if shot.capture_samples > limits.capture_samples_max or after_pulse_s <= shot.dead_time_s:
        raise ShotDoesNotFit(
            f"One reception may take {checks.time_text(shot.capture_time_s)}, of which "
            f"{checks.time_text(max(after_pulse_s, 0.0))} remain after the pulse; the dead time alone is "
            f"{checks.time_text(shot.dead_time_s)}."
        )
    if shot.longest_pulse_s > limits.pulse_length_max_s:
        raise ShotDoesNotFit(
            f"Its pulse of {checks.time_text(shot.longest_pulse_s)} is longer than the instrument's limit of "
            f"{checks.time_text(limits.pulse_length_max_s)}."
        )
    shortest_s = max(limits.repetition_time_min_s, shot.capture_time_s)
    if shot.repetition_time_s < shortest_s:
        raise ShotDoesNotFit(
            f"It needs a repetition time of at least {checks.time_text(shortest_s)}, not "
            f"{checks.time_text(shot.repetition_time_s)}."
        )
    duty = np.count_nonzero(shot.waveform) / shot.sample_rate_hz / shot.repetition_time_s
    if duty > limits.duty_max:
        raise ShotDoesNotFit(
            f"The transmitter would be on for {100 * duty:.3g} % of the time; the instrument's limit is "
            f"{100 * limits.duty_max:.3g} %."
        )


def _require_frequencies(shot: Shot, limits: InstrumentLimits) -> None:
    lowest, highest = limits.frequency_min_hz, limits.frequency_max_hz
    allowed = f"the instrument's {checks.frequency_text(lowest)} to {checks.frequency_text(highest)}"
    centre_hz = shot.centre_frequency_hz
    if not lowest <= centre_hz <= highest:
        raise ShotDoesNotFit(f"Its centre frequency of {checks.frequency_text(centre_hz)} is outside {allowed}.")
    below_hz, above_hz = excited_band_hz(shot.waveform, shot.sample_rate_hz)
    if not (lowest <= centre_hz + below_hz and centre_hz + above_hz <= highest):
        excited = f"{checks.frequency_text(centre_hz + below_hz)} to {checks.frequency_text(centre_hz + above_hz)}"
        raise ShotDoesNotFit(f"Its pulse excites {excited}, which reaches outside {allowed}.")
