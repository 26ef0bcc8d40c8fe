"""Finding a radio again that was lost: where it was, or wherever a radio with its serial number is now."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sdr.discovery import Announced, candidates
from sdr.errors import RadioLost, SdrError, ShotStopped, UnsuitableRadio, WrongRadio
from sdr.lock import RadioLock
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
    """A fresh connection; `lock` is held on its address if that is another one than before."""

    connection: Connection
    lock: RadioLock | None


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
                raise ShotStopped("The search for the radio was stopped on request.")
            if time.monotonic() > deadline_s:
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
        self._settings = settings
        self._elsewhere = elsewhere and bool(settings.serial)
        self._thread = threading.Thread(target=self._look, name="search for the radio", daemon=True)
        self._thread.start()

    def done(self, within_s: float) -> bool:
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _look(self) -> None:
        own = self._settings.uri
        for candidate in candidates([own]) if self._elsewhere else [Announced(own)]:
            if candidate.serial and candidate.serial != self._settings.serial:
                continue
            try:
                self.found = self._connect(candidate.uri)
                return
            except SdrError as error:
                if candidate.uri == own:
                    self.failure = error

    def _connect(self, uri: str) -> FoundAgain:
        # The radio of another instrument, in use at its own address, is left alone.
        lock = None if uri == self._settings.uri else RadioLock(uri)
        try:
            patience_s = min(CONNECT_S, self._settings.connect_timeout_s)
            return FoundAgain(Connection(replace(self._settings, uri=uri, connect_timeout_s=patience_s)), lock)
        except BaseException:
            if lock is not None:
                lock.release()
            raise
