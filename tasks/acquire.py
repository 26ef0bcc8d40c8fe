"""One run on one radio: the experiment's shots played, stored, reported; ends with the transmitter off."""

from __future__ import annotations

import dataclasses
import logging
import math
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from acquisition import methods
from acquisition.calibration import corrected
from acquisition.errors import InvalidParameters
from acquisition.experiment import Experiment
from acquisition.lines import Line
from acquisition.methods.parameters import parse
from acquisition.reception import UsedCalibration
from acquisition.shot import Capture, Shot
from sdr import open_transceiver
from sdr.errors import (
    AlignmentFailed,
    CaptureIncomplete,
    EmergencyStop,
    GuardIntervened,
    RadioLost,
    ReadBackMismatch,
    SafetyLimitExceeded,
    SdrError,
    ShotStopped,
    UnsafeState,
)
from sdr.transceiver import RadioIdentity, Transceiver
from sdr.tuner import TunerFailed
from tasks import radio_log
from tasks.lost_radio import LostRadio
from tasks.probe import Probe
from tasks.settings import attended_settings
from tasks.watch import StopReason, Watch
from webapp.calibrations import services as calibrations
from webapp.facility import services as facility
from webapp.facility.models import Instrument
from webapp.runs import events, partial
from webapp.runs.models import Run
from webapp.runs.queue import ownership
from webapp.runs.queue.ownership import Claim, LeaseLost
from webapp.runs.services import captures

log = logging.getLogger(__name__)

State = Run.State
Status = Instrument.Status

_REPORT_S = 1.0

#: after these the next run may fare better, and the radio has been read back as silent
_FAULT_OF_THE_RUN = (SafetyLimitExceeded, AlignmentFailed, CaptureIncomplete, TunerFailed, EmergencyStop)
#: after these the transmitter is looked at before anything else is done
_TRANSMITTER_UNSURE = (UnsafeState, RadioLost, ReadBackMismatch, GuardIntervened)


@dataclass(frozen=True)
class Outcome:
    """How the acquisition ended, for the run and for its instrument."""

    state: str
    error_code: str = ""
    error_message: str = ""
    instrument_status: str = Status.READY
    instrument_message: str = ""


def acquire(claim: Claim) -> None:
    """Measure the claimed run from first to last shot. Every end is written to the row, unless the run was lost."""
    run = Run.objects.select_related("instrument", "sample").get(pk=claim.run_id)
    try:
        outcome = _Acquisition(claim, run).outcome()
        radio_log.of(run.instrument).copy()
    except LeaseLost as lost:
        log.warning("%s %s", lost, " ".join(_unconfirmed(lost)) or "The transmitter is off.")
        return
    try:
        ownership.finish(claim, **dataclasses.asdict(outcome))
    except LeaseLost as lost:
        log.warning("%s", lost)


class _Acquisition:
    """The state of one acquisition; used once."""

    def __init__(self, claim: Claim, run: Run) -> None:
        self._claim, self._run = claim, run
        self._watch = Watch(claim)
        self._reported_at_s = 0.0
        self._lines: tuple[Line, ...] = ()
        self._calibrations: tuple[UsedCalibration, ...] = ()
        self._stored = 0
        self._lost_radio = LostRadio(claim, self._watch)
        self._radio_log = radio_log.of(run.instrument)

    def outcome(self) -> Outcome:
        """Measure, and say how it ended; the transmitter is off when this returns or raises."""
        run = self._run
        try:
            settings = attended_settings(run.instrument, str(run.pk))
            used = calibrations.freeze(run)
            self._calibrations = calibrations.plain(used)
            limits, delays_s = facility.limits(run.instrument, used), calibrations.delays_s(used)
            settings = dataclasses.replace(settings, limits=limits, tx_rx_delays_s=delays_s)
            method = methods.get(run.method)
            experiment = method.experiment(parse(method.parameters, run.parameters), settings.limits)
        except InvalidParameters as error:
            return Outcome(State.FAILED, "invalid_parameters", str(error))
        try:
            with ExitStack() as on_the_way_out:
                with self._watch.busy_elsewhere():
                    radio = on_the_way_out.enter_context(open_transceiver(settings))
                probe = on_the_way_out.enter_context(Probe(settings.limits, run.instrument.tuner_uri, self._watch))
                return self._measure(experiment, radio, probe)
        except SdrError as error:
            return self._after_failure(error)
        except LeaseLost:
            raise
        except Exception as error:
            log.exception("Run %s ended with an unexpected error", run.pk)
            message = f"An unexpected error ended the run ({type(error).__name__}). Tell the facility's staff."
            return Outcome(self._state_after_failure(), "internal", message, status_after(error), message)

    def _measure(self, experiment: Experiment, radio: Transceiver, probe: Probe) -> Outcome:
        ownership.start_acquiring(self._claim, _plain_identity(radio.identity))
        shot = experiment.next_shot()
        while shot is not None:
            probe.prepare(shot)
            if self._watch.wait_while_paused():
                return self._after_stop()
            try:
                capture = radio.play(
                    shot,
                    should_stop=self._watch.should_stop,
                    on_average=lambda done, shot=shot: self._report(experiment, shot, done),
                )
            except (ShotStopped, EmergencyStop) as stopped:
                if isinstance(stopped, EmergencyStop):
                    self._watch.reason = StopReason.EMERGENCY
                self._store_partial(radio)
                return self._after_stop()
            except RadioLost as lost:
                try:
                    self._lost_radio.look_for(radio, lost)
                except ShotStopped:
                    self._store_partial(radio)
                    return self._after_stop()
                except RadioLost:
                    self._store_partial(radio)
                    raise
                continue
            with self._watch.busy_elsewhere():
                self._store(capture, complete=True)
                experiment.take(corrected(dataclasses.replace(capture, calibrations=self._calibrations)))
                self._show(experiment)
                shot = experiment.next_shot()  # where the experiment decides, which may take its time
        if not self._stored:
            return Outcome(State.FAILED, "nothing_measured", "The plan of this run has no shots; check its parameters.")
        return Outcome(State.PROCESSING)

    def _after_stop(self) -> Outcome:
        match self._watch.reason:
            case StopReason.LEASE_LOST:
                raise LeaseLost(f"Run {self._claim.run_id} was stopped because its lease has ended.")
            case StopReason.SHUTDOWN:
                message = "The worker was shut down during the run; what was measured is kept. Queue the run again."
                return Outcome(State.INTERRUPTED, "worker_shutdown", message)
            case StopReason.EMERGENCY:
                message = "Staff stopped the instrument during the run; what was measured is kept. Queue the run again."
                return Outcome(State.INTERRUPTED, EmergencyStop.code, message)
            case StopReason.PAUSED_TOO_LONG:
                message = "The run was paused for too long and has freed the instrument; what was measured is kept."
                return Outcome(State.INTERRUPTED, "paused_too_long", message)
            case _:
                return Outcome(State.CANCELLED)

    def _after_failure(self, error: SdrError) -> Outcome:
        text = str(error)
        status = status_after(error)
        return Outcome(self._state_after_failure(), error.code, text, status, "" if status == Status.READY else text)

    def _state_after_failure(self) -> str:
        return State.INTERRUPTED if self._stored else State.FAILED

    def _store_partial(self, radio: Transceiver) -> None:
        capture = radio.partial()
        if capture is not None and self._watch.reason is not StopReason.LEASE_LOST:
            self._store(capture, complete=False)

    def _store(self, capture: Capture, *, complete: bool) -> None:
        run = self._run
        capture = dataclasses.replace(
            capture,
            temperature_k=run.temperature_k,
            sample=run.sample.name,
            instrument=run.instrument.slug,
            run=str(run.pk),
            calibrations=self._calibrations,
        )
        index = self._stored
        files = captures.save_files(run.pk, index, self._claim.fence, capture)
        with ownership.owned(self._claim):
            captures.record(files, run, index, capture, complete=complete)
            shot = {"index": index, "purpose": capture.purpose, "averages": capture.averages}
            events.record(run.pk, "shot", shot | {"alignment": capture.alignment, "complete": complete})
        self._stored += 1
        self._radio_log.copy_now_and_then()

    def _report(self, experiment: Experiment, shot: Shot, averages_done: int) -> None:
        now_s = time.monotonic()
        if now_s - self._reported_at_s < _REPORT_S:
            return
        self._reported_at_s = now_s
        self._radio_log.copy_now_and_then()
        progress = dataclasses.asdict(experiment.progress)
        progress["duration_done_s"] += averages_done * shot.repetition_time_s
        ownership.report(self._claim, progress)

    def _show(self, experiment: Experiment) -> None:
        """After a shot: progress, quick spectrum and lines for whoever watches."""
        spectrum = experiment.partial_spectrum()
        if spectrum is not None:
            partial.store(self._run.pk, spectrum)
        if curves := experiment.partial_curves():
            partial.store_curves(self._run.pk, curves)
        ownership.report(self._claim, dataclasses.asdict(experiment.progress))
        lines = experiment.candidates()
        if lines != self._lines:
            self._lines = lines
            events.record(self._run.pk, "lines", {"lines": [plain_line(line) for line in lines]})


def plain_line(line: Line) -> dict[str, Any]:
    """A line as JSON: undetermined values (NaN) become null."""
    fields = dataclasses.asdict(line)
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in fields.items()}


def check_radio(instrument: Instrument) -> Outcome:
    """Open the radio of an instrument that needs a check; opening turns the transmitter off and reads that back."""
    try:
        with open_transceiver(attended_settings(instrument)) as radio:
            identity = _plain_identity(radio.identity)
    except InvalidParameters as error:
        return Outcome("", "invalid_configuration", str(error), Status.OFFLINE, str(error))
    except SdrError as error:
        # Opening failed, so nothing may start, whatever the reason is.
        status = Status.NEEDS_CHECK if status_after(error) == Status.NEEDS_CHECK else Status.OFFLINE
        return Outcome("", error.code, str(error), status, str(error))
    Instrument.objects.filter(pk=instrument.pk).update(identity=identity)
    return Outcome("")


def status_after(error: BaseException) -> str:
    """What an instrument is good for after this error ended a run."""
    if isinstance(error, _TRANSMITTER_UNSURE) or _unconfirmed(error):
        return Status.NEEDS_CHECK
    return Status.READY if isinstance(error, _FAULT_OF_THE_RUN) or not isinstance(error, SdrError) else Status.OFFLINE


def _unconfirmed(error: BaseException) -> list[str]:
    """What the driver noted on an error when it could not confirm, on the way out, that the transmitter is off."""
    return list(getattr(error, "__notes__", ()))


def _plain_identity(identity: RadioIdentity) -> dict[str, Any]:
    return dataclasses.asdict(identity)
