"""Fault upon fault while runs are submitted and measured, and a judge who looks at rows and at the radio's own log."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.tasks import verdict
from tests.tasks.facility import Facility
from tests.tasks.faults import FAULTS, Fault, Scene
from tests.tasks.radio_log import RadioLog
from tests.tasks.rows import ACTIVE, Rows
from tests.tasks.submitter import QUICK, Submitter
from tools.processes import ProcessError, wait_until
from tools.stack import Stack

#: what a guard and the radio may take beyond the time after which a guard acts
TX_OFF_MARGIN_S = 4.0
RECOVERED_WITHIN_S = 40.0
MOMENT_WITHIN_S = 5.0


@dataclass(frozen=True)
class Struck:
    """One fault: what, when in the life of a run, and what was seen after it."""

    number: int
    fault: str
    moment: str
    recovery_s: float
    tx_off_s: float
    problems: tuple[str, ...]


@dataclass
class Report:
    """Everything that was seen. `problems` are those of the end, when all runs are looked at."""

    struck: list[Struck] = field(default_factory=list)
    runs: int = 0
    states: Counter[str] = field(default_factory=Counter)
    failures: dict[str, int] = field(default_factory=dict)
    retries: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    tx_left_on: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def survived(self) -> int:
        return sum(not one.problems for one in self.struck)

    @property
    def faultless(self) -> bool:
        return self.survived == len(self.struck) and not (self.lost or self.twice or self.tx_left_on or self.problems)

    def recovery_s(self, part: float) -> float:
        times = sorted(one.recovery_s for one in self.struck)
        return times[min(len(times) - 1, int(part * len(times)))] if times else 0.0

    def told(self) -> str:
        """What went wrong, for people."""
        lines = [
            f"{one.number} {one.fault} ({one.moment}): {'; '.join(one.problems)}" for one in self.struck if one.problems
        ]
        return "\n".join([*lines, *self.lost, *self.twice, *self.tx_left_on, *self.problems])


class Ordeal:
    """Strikes a stack with seeded faults, of those whose name holds `kinds`, at moments of its runs' lives.

    `at_once` of them come one upon the other before the facility has to have recovered.
    """

    def __init__(
        self,
        stack: Stack,
        seed: int,
        kinds: str = "",
        waiting: int = 4,
        at_once: int = 1,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._stack, self._tell, self._at_once = stack, tell, at_once
        self._faults = [fault for fault in FAULTS if kinds in fault.name]
        self._rows = Rows(stack)
        self._radio = RadioLog(stack.radio_log)
        self._choice = random.Random(seed)
        self._facility = Facility(stack)
        lease_s = float(stack.environment["RASGADO_LEASE_S"])
        self._scene = Scene(stack, self._rows, self._radio, self._choice, lease_s)
        self._submitter = Submitter(stack, self._rows, self._facility.sample_id, seed, waiting)
        self._moments: dict[str, Callable[[], bool]] = {
            "any time": lambda: True,
            "while submitting": lambda: self._submitter.asking,
            "claimed": lambda: self._active_state() == "claimed",
            "transmitting": self._radio.transmitting,
            "between shots": lambda: self._active_state() == "acquiring" and not self._radio.transmitting(),
            "processing": self._rows.processing,
        }

    def run(self, faults: int) -> Report:
        """The whole ordeal, from a first run without faults to the end of the last."""
        report = Report()
        acquisitions_per_shot = self._undisturbed()
        plan = self._plan(faults)
        self._submitter.start()
        for first in range(0, faults, self._at_once):
            some = plan[first : first + self._at_once]
            report.struck += self._strike(first + 1, [fault for fault, _moment in some], some[0][1])
            for struck in report.struck[first:]:
                self._tell(f"{struck.number}/{faults} {struck}")
        self._submitter.finish()
        self._drain(report)
        verdict.judge(report, self._rows, self._radio, self._submitter, acquisitions_per_shot, self._bound_s)
        return report

    @property
    def _bound_s(self) -> float:
        return self._scene.lease_s + TX_OFF_MARGIN_S

    def _undisturbed(self) -> int:
        """Acquisitions that the radio makes per shot, learnt from a run that nothing happens to."""
        run_id = self._facility.submit(QUICK)
        self._facility.wait(run_id, "done")
        self._radio.look()
        shots = len(self._facility.events(run_id, "shot"))
        each, rest = divmod(len(self._radio.acquisitions_s), shots)
        if rest:
            raise RuntimeError("The shots of an undisturbed run differ in their number of acquisitions.")
        return each

    def _plan(self, faults: int) -> list[tuple[Fault, str]]:
        """Every kind about equally often, in any order, each at a random moment."""
        kinds: list[Fault] = []
        while len(kinds) < faults:
            kinds += self._choice.sample(self._faults, len(self._faults))
        return [(fault, self._choice.choice(list(self._moments))) for fault in kinds[:faults]]

    def _strike(self, number: int, faults: list[Fault], moment: str) -> list[Struck]:
        problems: list[str] = []
        moment = self._wait_for(moment)
        time.sleep(self._choice.uniform(0, 0.2))  # not at the same point of it each time
        jobs = self._rows.open_jobs()
        struck_s = time.time()
        tx_off_s = 0.0
        try:
            for fault in faults:
                at_s = time.time()
                fault.strike(self._scene)
                if fault.driver:
                    self._wait_quiet(at_s)
                    tx_off_s = max(tx_off_s, time.time() - at_s)
            self._stack.start()
            driver = any(fault.driver for fault in faults)
            wait_until(lambda: self._recovered(driver, struck_s, jobs), RECOVERED_WITHIN_S, "the facility to go on")
        except (TimeoutError, ProcessError) as error:
            problems.append(f"{error} {self._situation(jobs)}")
            self._stack.start()
        recovery_s = time.time() - struck_s
        return [
            Struck(place, fault.name, moment, recovery_s, tx_off_s, tuple(problems))
            for place, fault in enumerate(faults, start=number)
        ]

    def _wait_quiet(self, since_s: float) -> None:
        wait_until(lambda: self._radio.quiet_since(since_s), self._bound_s, "the transmitter to be off", 0.01)

    def _wait_for(self, moment: str) -> str:
        try:
            wait_until(self._moments[moment], MOMENT_WITHIN_S, moment, interval_s=0.01)
        except TimeoutError:
            return "any time"
        return moment

    def _active_state(self) -> str:
        active = self._rows.active()
        return active["state"] if active else ""

    def _recovered(self, driver: bool, struck_s: float, jobs: set[int]) -> bool:
        """The instrument goes on, nothing is kept by the dead, and what was to be processed then has been."""
        active = [run for run in self._rows.runs() if run["state"] in ACTIVE]
        alive = [run for run in active if run["lease_expires_at"] > time.time()]
        if len(alive) != len(active) or self._rows.open_jobs() & jobs:
            return False
        if not driver and (active or self._rows.instrument()["status"] == "ready"):
            return True
        return bool(active) and active[0]["claimed_at"] > struck_s

    def _situation(self, jobs: set[int]) -> str:
        """What a failed wait was looking at."""
        waiting = Counter(run["state"] for run in self._rows.runs())
        return f"[{self._rows.instrument()}, {dict(waiting)}, jobs {sorted(self._rows.open_jobs() & jobs)}]"

    def _drain(self, report: Report) -> None:
        """All that was submitted ends, and the instrument is ready again, by themselves."""
        try:
            wait_until(lambda: self._rows.active() is None and not self._waiting(), 120, "all runs to end")
            wait_until(lambda: self._rows.instrument()["status"] == "ready", 30, "the instrument to be ready")
            wait_until(lambda: not self._radio.transmitting(), self._bound_s, "the radio to be quiet at the end")
        except TimeoutError as error:
            report.problems.append(f"{error} {self._situation(set())}")

    def _waiting(self) -> bool:
        return bool(self._rows.open_jobs()) or any(
            run["state"] in ("queued", "processing") for run in self._rows.runs()
        )
