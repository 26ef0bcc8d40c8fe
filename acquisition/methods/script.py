"""An experiment written as one generator of shots, with the bookkeeping that every such experiment needs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass

from acquisition.curves import Curve
from acquisition.experiment import Progress
from acquisition.shot import Capture, Shot

Shots = Generator[Shot, Capture, None]


@dataclass
class Ledger:
    """What was done, what is still foreseen, and what is being done now."""

    step: str
    message: str
    shots_done: int = 0
    duration_done_s: float = 0.0
    shots_ahead: int = 0
    duration_ahead_s: float = 0.0

    def foresee(self, shots: int, duration_s: float) -> None:
        """Add to the plan."""
        self.shots_ahead += shots
        self.duration_ahead_s += duration_s

    def leave_out(self, shots: int, duration_s: float) -> None:
        """Take from the plan what was foreseen and cannot be measured."""
        self.shots_ahead = max(0, self.shots_ahead - shots)
        self.duration_ahead_s = max(0.0, self.duration_ahead_s - duration_s)

    def forget(self) -> None:
        """Nothing more is planned."""
        self.shots_ahead, self.duration_ahead_s = 0, 0.0

    def done(self, shot: Shot) -> None:
        """A planned shot has been played."""
        self.shots_done += 1
        self.duration_done_s += shot.duration_s
        self.leave_out(1, shot.duration_s)


class ScriptedExperiment(ABC):
    """The first half of `acquisition.experiment.Experiment`: shots out, captures in.

    A subclass writes its decisions as the generator `_steps`, which yields shots and is sent their captures. Decisions
    are taken in `next_shot`, so `take` returns at once.
    """

    def __init__(self, step: str) -> None:
        self._ledger = Ledger(step, "Nothing has been measured yet.")
        self._captures: list[Capture] = []
        self._pending: Shot | None = None
        self._running: Shots | None = None
        self._finished = False

    @abstractmethod
    def _steps(self) -> Shots:
        """The experiment from its first to its last shot."""

    @abstractmethod
    def _summary(self) -> str:
        """One sentence on the outcome."""

    def next_shot(self) -> Shot | None:
        """The next shot, or None when everything is decided. Calling it twice gives the same shot."""
        if self._pending is not None or self._finished:
            return self._pending
        try:
            if self._running is None:
                self._running = self._steps()
                self._pending = next(self._running)
            else:
                self._pending = self._running.send(self._captures[-1])
        except StopIteration:
            self._finished = True
            self._ledger.step = "done"
            self._ledger.message = self._summary()
            self._ledger.forget()
        return self._pending

    def take(self, capture: Capture) -> None:
        """Take the capture of the shot given last; raises ValueError when none was asked for."""
        if self._pending is None:
            raise ValueError("A capture was given although no shot had been asked for.")
        self._captures.append(capture)
        self._ledger.done(self._pending)
        self._pending = None

    def partial_curves(self) -> tuple[Curve, ...]:
        """No curves, unless a subclass has some."""
        return ()

    @property
    def progress(self) -> Progress:
        """How far the experiment is."""
        ledger = self._ledger
        return Progress(
            step=ledger.step,
            message=ledger.message,
            shots_done=ledger.shots_done,
            shots_planned=ledger.shots_done + ledger.shots_ahead,
            duration_done_s=ledger.duration_done_s,
            duration_planned_s=ledger.duration_done_s + ledger.duration_ahead_s,
        )
