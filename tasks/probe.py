"""Before a shot is played, the probe is where the shot wants it: tuned by a tuner, by people, or not at all."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Protocol, Self

from acquisition.limits import InstrumentLimits
from acquisition.shot import Shot
from sdr.tuner import ProbeTuner, open_tuner

STAYS_WITHIN = 0.1
"""A probe stays where it is while shots move by less than this fraction of its bandwidth."""


class Attendance(Protocol):
    """What the run needs of its surroundings while the probe is tuned."""

    def ask_to_tune(self, text: str) -> None:
        """Ask people to tune the probe; the run pauses until somebody resumes it."""
        ...

    def busy_elsewhere(self) -> AbstractContextManager[None]:
        """Keeps the run's lease meanwhile."""
        ...


class Probe:
    """The probe of one instrument during one run. Use as a context manager; raises TunerFailed."""

    def __init__(self, limits: InstrumentLimits, tuner_uri: str, attendance: Attendance) -> None:
        self._limits = limits
        self._tuner_uri = tuner_uri
        self._attendance = attendance
        self._tuner: ProbeTuner | None = None
        self._at_hz: float | None = None

    def prepare(self, shot: Shot) -> None:
        """See to it that the probe is tuned for a shot, or that people have been asked to tune it."""
        kept_hz = STAYS_WITHIN * self._limits.probe_bandwidth_hz
        if self._at_hz is not None and abs(shot.probe_hz - self._at_hz) <= kept_hz:
            return
        match self._limits.probe_tuning:
            case "prompt":
                text = f"Tune the probe to {shot.probe_hz / 1e6:.4f} MHz, then resume the run."
                self._attendance.ask_to_tune(text)
                self._at_hz = shot.probe_hz
            case "stepper":
                with self._attendance.busy_elsewhere():
                    self._tuner = self._tuner or open_tuner(self._tuner_uri)
                    self._at_hz = self._tuner.tune(shot.probe_hz)
            case _:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._tuner or nullcontext():
            self._tuner = None
