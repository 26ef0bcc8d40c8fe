"""The processing workers' other task: try a planned run on a simulated copy of its instrument."""

from __future__ import annotations

import dataclasses
import logging
import time
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from acquisition import methods
from acquisition.calibration import corrected
from acquisition.errors import AcquisitionError
from acquisition.experiment import Experiment
from acquisition.methods.parameters import parse
from acquisition.planning.guess import parse_guess
from acquisition.reception import UsedCalibration
from acquisition.reconstruction import ReconstructionParameters
from acquisition.shot import Capture
from acquisition.verdict import reconstruct
from sdr import open_transceiver
from sdr.errors import SdrError, ShotStopped
from tasks.app import app
from tasks.heartbeat import kept_alive
from tasks.probe import Probe
from tasks.settings import instrument_settings
from tasks.simulated_copy import calibrations, facts, simulated_copy
from webapp.dryruns import queue, results
from webapp.dryruns.models import DryRun
from webapp.facility.models import Instrument
from webapp.runs.queue import hints
from webapp.runs.queue.ownership import LeaseLost

log = logging.getLogger(__name__)

State = DryRun.State

_REPORT_S = 1.0
#: computing that cannot be interrupted, such as the last reconstruction, may take so much longer
_GRACE_S = 300


@app.task(
    name=hints.NEXT_DRY_RUN,
    ignore_result=True,
    time_limit=settings.RASGADO_DRY_RUN_S + _GRACE_S,  # kills a process that hangs; the lease does the rest
)
def do_next() -> bool:
    """Do the next dry run, if one waits and a slot is free; returns whether one was done."""
    job = queue.claim_next()
    if job is None:
        return False
    try:
        with kept_alive(lambda: queue.renew(job)):
            trial = _Trial(job)
            state = trial.state_after()
            queue.finish(job, state, result=trial.result, message=trial.message)
    except LeaseLost as lost:
        log.warning("%s", lost)
        return False
    except DatabaseError:
        raise  # the lease ends and the sweep gives it up
    except Exception as error:
        log.exception("Dry run %s could not be done", job.dry_run_id)
        queue.finish(job, State.FAILED, message=f"The dry run failed ({type(error).__name__}: {error}).")
        return False
    return True


class _Unattended:
    """Nobody is asked anything, and the lease is kept all the time anyway."""

    def ask_to_tune(self, text: str) -> None:
        raise SdrError(f"A copy of an instrument tunes its probe by itself, but was told: {text}")

    def busy_elsewhere(self) -> AbstractContextManager[None]:
        return nullcontext()


class _Trial:
    """One dry run; used once."""

    def __init__(self, job: queue.Job) -> None:
        self._job = job
        self._row = DryRun.objects.select_related("instrument").get(pk=job.dry_run_id)
        self._began_s = self._reported_s = time.monotonic()
        self._captures: list[Capture] = []
        self._calibrations: tuple[UsedCalibration, ...] = ()
        self._cancelled = self._out_of_time = False
        self._unfinished_s = 0.0  # instrument time of the averages of the present shot
        self.result: dict[str, Any] = {}
        self.message = ""

    def state_after(self) -> str:
        """Do it, and say how it ended; `result` and `message` go with that."""
        try:
            guess = parse_guess(self._row.guess)
            with simulated_copy(self._row.instrument, guess, seed=self._row.pk) as twin:
                queue.report(self._job, copied=facts(self._row.instrument))
                self._calibrations = calibrations(self._row.instrument)
                experiment = self._measure(twin)
            if self._cancelled:
                return State.CANCELLED
            if not self._captures:
                self.message = "Nothing could be played within the time that a dry run may take."
                return State.FAILED
            made = reconstruct(self._captures, ReconstructionParameters())
        except (AcquisitionError, SdrError) as error:
            self.message = str(error)
            return State.FAILED
        self.result = results.plain(made, guess) | {
            "complete": not self._out_of_time,
            "instrument_s": experiment.progress.duration_done_s + self._unfinished_s,
            "shots": len(self._captures),
            "computing_s": time.monotonic() - self._began_s,
        }
        return State.DONE

    def _measure(self, twin: Instrument) -> Experiment:
        configured = instrument_settings(twin)
        method = methods.get(self._row.method)
        experiment = method.experiment(parse(method.parameters, self._row.parameters), configured.limits)
        with open_transceiver(configured) as radio, Probe(configured.limits, twin.tuner_uri, _Unattended()) as probe:
            shot = experiment.next_shot()
            while shot is not None and not self._should_stop(experiment):
                probe.prepare(shot)
                try:
                    capture = radio.play(
                        shot,
                        should_stop=lambda: self._should_stop(experiment),
                        on_average=lambda done, shot=shot: self._note(done * shot.repetition_time_s),
                    )
                except ShotStopped:
                    partial = radio.partial()
                    if partial is not None:
                        self._keep(partial)
                    self._note(0.0 if partial is None else partial.averages * shot.repetition_time_s)
                    break
                self._note(0.0)
                experiment.take(corrected(self._keep(capture)))
                shot = experiment.next_shot()
        return experiment

    def _keep(self, capture: Capture) -> Capture:
        self._captures.append(dataclasses.replace(capture, calibrations=self._calibrations))
        return self._captures[-1]

    def _note(self, unfinished_s: float) -> None:
        self._unfinished_s = unfinished_s

    def _should_stop(self, experiment: Experiment) -> bool:
        """Whether somebody has cancelled it or its time is over; reports progress meanwhile."""
        now_s = time.monotonic()
        if now_s - self._reported_s >= _REPORT_S:
            self._reported_s = now_s
            self._cancelled = queue.renew(self._job)
            progress = dataclasses.asdict(experiment.progress)
            progress["duration_done_s"] += self._unfinished_s
            queue.report(self._job, progress=progress)
        self._out_of_time = now_s - self._began_s > settings.RASGADO_DRY_RUN_S
        return self._cancelled or self._out_of_time
