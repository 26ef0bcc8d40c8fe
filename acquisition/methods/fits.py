"""Whether a shot that was laid out fits the instrument, so that an experiment leaves it out instead of being refused.

The driver refuses by the same function.
"""

from __future__ import annotations

from collections.abc import Iterable

from acquisition.errors import AcquisitionError
from acquisition.limits import InstrumentLimits
from acquisition.methods import checks
from acquisition.shot import Shot
from acquisition.shot_limits import first_fault


class ShotDoesNotFit(AcquisitionError):
    """A shot that the instrument's limits do not allow; the message says which."""


def require(shot: Shot, limits: InstrumentLimits) -> Shot:
    """The shot itself; raises ShotDoesNotFit where the instrument would refuse it."""
    _require_reception(shot, limits)
    fault = first_fault(shot, limits)
    if fault is not None:
        raise ShotDoesNotFit(fault.message)
    return shot


def require_all(shots: Iterable[Shot], limits: InstrumentLimits) -> None:
    """Raise ShotDoesNotFit for the first of all planned shots that the instrument would refuse.

    Where the ends of a range are allowed, only forbidden bands can be against what lies between them: without any,
    nothing is looked at, so plans of many steps stay cheap.
    """
    if limits.forbidden_bands_hz:
        for shot in shots:
            require(shot, limits)


def _require_reception(shot: Shot, limits: InstrumentLimits) -> None:
    after_pulse_s = shot.capture_time_s - shot.pulse_length_s
    if shot.capture_samples > limits.capture_samples_max or after_pulse_s <= shot.dead_time_s:
        raise ShotDoesNotFit(
            f"One reception may take {checks.time_text(shot.capture_time_s)}, of which "
            f"{checks.time_text(max(after_pulse_s, 0.0))} remain after the pulse; the dead time alone is "
            f"{checks.time_text(shot.dead_time_s)}."
        )
