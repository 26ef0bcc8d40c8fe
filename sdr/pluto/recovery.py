"""Finding a radio again that is not where it was: back there after a while, or wherever its serial number is now."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sdr.discovery import candidates
from sdr.errors import RadioBusy, RadioLost, SdrError, ShotStopped, UnsuitableRadio, WrongRadio
from sdr.lock import RadioLock, in_use_by_others
from sdr.pluto.connection import Connection
from sdr.transceiver import InstrumentSettings

RETRY_S = 0.3
POLL_S = 0.2
# A radio that is there accepts a connection at once; waiting longer would keep us from looking elsewhere.
CONNECT_S = 1.0
# The whole neighbourhood is looked at less often than the radio's own address.
ELSEWHERE_EVERY = 4


@dataclass(frozen=True)
class FoundAgain:
    """A fresh connection; `lock` is held on its address if that is one that was not locked before."""

    connection: Connection
    lock: RadioLock | None = None


def find_elsewhere(settings: InstrumentSettings) -> FoundAgain | None:
    """The radio with the serial number of `settings` at another address, or None if it is nowhere or has no number."""
    for candidate in candidates() if settings.serial else ():
        if candidate.uri == settings.uri or (candidate.serial and candidate.serial != settings.serial):
            continue
        try:
            return _connect_elsewhere(replace(settings, uri=candidate.uri))
        except SdrError:
            continue
    return None


def _connect_elsewhere(settings: InstrumentSettings) -> FoundAgain:
    try:
        lock: RadioLock | None = RadioLock(settings.uri)
    except RadioBusy:
        if in_use_by_others(settings.uri):
            raise  # the radio of another instrument is left alone
        lock = None  # where the radio was before, which is locked still
    try:
        return FoundAgain(Connection(_impatient(settings)), lock)
    except BaseException:
        if lock is not None:
            lock.release()
        raise


def _impatient(settings: InstrumentSettings) -> InstrumentSettings:
    return replace(settings, connect_timeout_s=min(CONNECT_S, settings.connect_timeout_s))


def find_again(settings: InstrumentSettings, within_s: float, should_stop: Callable[[], bool]) -> FoundAgain:
    """Try until the radio with the serial number of `settings` answers; nothing of what it is set to is trusted.

    libiio waits inside C for a radio that accepts connections and then says nothing, so it does that in a thread:
    `should_stop` is asked all the while. A radio without a serial number is looked for at its own address only.

    Raises ShotStopped, RadioLost, or, if that is what was found until the end, WrongRadio or UnsuitableRadio.
    """
    deadline_s = time.monotonic() + within_s
    failure: SdrError = RadioLost(f"The radio at {settings.uri} did not come back within {within_s:g} s.")
    attempt = 0
    while True:
        trial = _Trial(settings, elsewhere=attempt % ELSEWHERE_EVERY == 1)
        while not trial.done(POLL_S):
            if should_stop():
                trial.leave()
                raise ShotStopped("The search for the radio was stopped on request.")
            if time.monotonic() > deadline_s:
                trial.leave()
                raise failure
        if trial.found is not None:
            return trial.found
        # That another radio is at the address, or the right one lacks something, tells more than that nobody answers.
        if isinstance(trial.failure, WrongRadio | UnsuitableRadio):
            failure = trial.failure
        if should_stop():
            raise ShotStopped("The search for the radio was stopped on request.")
        if time.monotonic() + RETRY_S > deadline_s:
            raise failure
        time.sleep(RETRY_S)
        attempt += 1


class _Trial:
    """One look around, in a thread of its own; whoever loses patience just leaves it."""

    def __init__(self, settings: InstrumentSettings, *, elsewhere: bool) -> None:
        self.found: FoundAgain | None = None
        self.failure: SdrError | None = None
        self._settings, self._elsewhere = settings, elsewhere
        self._left = False
        self._handover = threading.Lock()
        self._thread = threading.Thread(target=self._look, name="search for the radio", daemon=True)
        self._thread.start()

    def done(self, within_s: float) -> bool:
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def leave(self) -> None:
        """Nobody waits any more: what is found from now on is let go of."""
        with self._handover:
            self._left = True
            found, self.found = self.found, None
        if found is not None and found.lock is not None:
            found.lock.release()

    def _look(self) -> None:
        try:
            found: FoundAgain | None = FoundAgain(Connection(_impatient(self._settings)))
        except SdrError as error:
            self.failure = error
            found = find_elsewhere(self._settings) if self._elsewhere else None
        with self._handover:
            if not self._left:
                self.found = found
                return
        if found is not None and found.lock is not None:
            found.lock.release()
