"""What comes before and after every transmission, whatever the driver: limits, average power, and the radio's log.

A driver asks `admit` for every shot before it arms its guard, and plays it within `transmission`. Nothing above a
driver can reach its transmitter otherwise, so nothing above it gets round this.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from acquisition.pulse_facts import pulse_facts
from acquisition.shot import Shot
from sdr import safety, switch
from sdr.converter import Converter
from sdr.errors import SafetyLimitExceeded, SdrError, ShotStopped
from sdr.power_ledger import PowerLedger, is_binding, ledger_path
from sdr.radio_log import RadioLog, log_path
from sdr.safety import RadioRanges
from sdr.transceiver import InstrumentSettings, RadioIdentity, SafeState

POLL_S = 0.2


class Airtime:
    """Of one radio that is locked by this process, from its opening to its closing."""

    def __init__(self, settings: InstrumentSettings, identity: RadioIdentity) -> None:
        self._settings, self._limits = settings, settings.limits
        self._log = RadioLog(log_path(settings.uri), "driver", settings.run)
        self._ledger: PowerLedger | None = None
        self._safe: SafeState | None = None
        path = ledger_path(f"serial {identity.serial}" if identity.serial else settings.uri)
        if is_binding(self._limits):
            self._ledger = PowerLedger(path)
        else:
            path.unlink(missing_ok=True)  # nobody keeps it meanwhile, so it must not be believed later
        self._log.write("opened", uri=identity.uri, serial=identity.serial, firmware=identity.firmware)

    def admit(
        self,
        shot: Shot,
        converter: Converter,
        radio: RadioRanges,
        make_safe: Callable[[], object],
        should_stop: Callable[[], bool],
    ) -> None:
        """Return when the shot may be played; raises SafetyLimitExceeded if it never may.

        Waits until the average power allows it, after `make_safe`; raises ShotStopped when asked to stop meanwhile.
        """
        try:
            safety.check(shot, self._limits, converter, radio)
            switch.require_heard(shot, self._settings.switch)
        except SafetyLimitExceeded as refused:
            self._log.write("refused", field=refused.field, message=refused.message, method=shot.method)
            raise
        if self._ledger is None:
            return
        power = _energy_s(shot) / shot.repetition_time_s
        wait_s = self._ledger.wait_s(power, shot.duration_s, self._limits)
        if wait_s <= 0.0:
            return
        self._log.write("waited", wait_s=wait_s, average_power=power, limit=self._limits.average_power_max)
        make_safe()
        until_s = time.monotonic() + wait_s
        while (left_s := until_s - time.monotonic()) > 0:
            if should_stop():
                raise ShotStopped("The shot was stopped on request while it waited for the average power to fall.")
            time.sleep(min(POLL_S, left_s))

    @contextmanager
    def transmission(self, shot: Shot, on_average: Callable[[int], None]) -> Iterator[Callable[[int], None]]:
        """The transmitter may be on within; gives the function to call with the number of averages done."""
        energy_s = _energy_s(shot)
        facts = pulse_facts(shot.waveform, shot.sample_rate_hz)
        power = energy_s / shot.repetition_time_s
        done = 0

        def counted(averages: int) -> None:
            nonlocal done
            done = averages
            on_average(averages)

        if self._ledger is not None:
            self._ledger.begin(power, self._limits)
        if self._safe is not None:
            self._log.write("armed")
            self._safe = None
        self._log.write(
            "transmission",
            length_s=shot.duration_s,
            frequency_hz=shot.centre_frequency_hz,
            amplitude=facts.peak,
            duty=facts.on_s / shot.repetition_time_s,
            average_power=power,
            averages=shot.averages,
            method=shot.method,
            purpose=shot.purpose,
        )
        begun_s = time.monotonic()
        outcome = "done"
        try:
            yield counted
            done = shot.averages
        except BaseException as error:
            outcome = error.code if isinstance(error, SdrError) else type(error).__name__
            # What is not known to have been averaged may have been sent: that of the time that passed.
            done = max(done, min(shot.averages, int((time.monotonic() - begun_s) / shot.repetition_time_s) + 1))
            raise
        finally:
            if self._ledger is not None:
                self._ledger.end(energy_s * done, self._limits)
            self._log.write("ended", outcome=outcome, averages=done, length_s=time.monotonic() - begun_s)

    def made_safe(self, state: SafeState) -> None:
        """The transmitter was turned off and read back; said once until it is armed again."""
        if state != self._safe:
            self._safe = state
            self._log.write("safe", **asdict(state))

    def closed(self) -> None:
        """The radio is given back."""
        if self._ledger is not None:
            self._ledger.close()
        self._log.write("closed")


def _energy_s(shot: Shot) -> float:
    """Of one excitation, in seconds of full scale."""
    return pulse_facts(shot.waveform, shot.sample_rate_hz).energy_s
