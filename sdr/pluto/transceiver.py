"""The transceiver that plays shots on a radio of the AD936x family: locks, guard, safe state and coherent average."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Self

from acquisition.shot import Capture, Shot
from sdr.airtime import Airtime
from sdr.converter import Converter
from sdr.errors import (
    CaptureIncomplete,
    GuardIntervened,
    GuardUnavailable,
    RadioLost,
    RadioUnreachable,
    ReadBackMismatch,
    SdrError,
    UnsafeState,
    WrongRadio,
)
from sdr.guard_client import Guard
from sdr.lock import RadioLock
from sdr.pluto import reference
from sdr.pluto.configuration import Configuration, Setup
from sdr.pluto.connection import Connection, translated
from sdr.pluto.keeper import Keeper
from sdr.pluto.recovery import FoundAgain, find_again, find_elsewhere
from sdr.pluto.running_shot import CallbackFailed, RunningShot
from sdr.pluto.standby import Standby
from sdr.pluto.turn_off import turn_off
from sdr.transceiver import InstrumentSettings, RadioIdentity, SafeState

logger = logging.getLogger(__name__)

TURN_OFF = "sdr.pluto.turn_off:turn_off"
# After a shot the transmitter stays armed, muted, for this long, so that the next shot of an experiment begins at once.
STANDBY_S = 0.25


class PlutoTransceiver:
    """See `sdr.transceiver.Transceiver`. Connected, locked, guarded and silent once constructed."""

    def __init__(self, settings: InstrumentSettings) -> None:
        self._settings = self._same_radio = settings
        self._converter = Converter.from_settings(settings.converter, settings.limits.frequency_min_hz)
        self._partial: Capture | None = None
        self._reference_level = reference.LEVEL_FIRST
        self._connection: Connection | None = None
        self._guard: Guard | None = None
        self._standby: Standby | None = None
        self._playing = False
        self._busy = threading.RLock()
        self._keeper = Keeper(STANDBY_S, self._rest)
        self._locks = [RadioLock(settings.uri)]
        try:
            self._connect()
            # Whoever answers after a broken connection must be the radio that is locked.
            self._same_radio = replace(self._same_radio, serial=self._identity.serial)
            if self._identity.serial:
                self._locks.append(RadioLock(f"serial {self._identity.serial}"))
            self._airtime = Airtime(self._same_radio, self._identity)
            self._guard = self._start_guard()
            self.make_safe()
        except BaseException:
            self._drop_connection()
            if self._guard is not None:
                self._guard.close()
            self._release_locks()
            raise

    @property
    def settings(self) -> InstrumentSettings:
        return self._settings

    @property
    def identity(self) -> RadioIdentity:
        return self._identity

    def play(
        self,
        shot: Shot,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        on_average: Callable[[int], None] = lambda done: None,
    ) -> Capture:
        with self._busy:
            self._keeper.cancel()
            self._partial = None
            if self._guard is None:
                raise RadioLost("The transceiver was closed.", "Open it again.")
            try:
                return self._prepare_and_play(shot, should_stop, on_average)
            except CallbackFailed as failed:
                raise failed.error from None
            except BaseException as error:
                if self._standby is not None:  # refused before the transmitter was used
                    try:
                        self.make_safe()
                    except UnsafeState as unsafe:
                        raise unsafe from error
                raise

    def _prepare_and_play(
        self, shot: Shot, should_stop: Callable[[], bool], on_average: Callable[[int], None]
    ) -> Capture:
        if self._connection is None:
            self._connect()
            self.make_safe()
        connection, guard = self._live(), self._guard
        assert guard is not None
        self._airtime.admit(shot, self._converter, connection.ranges, self.make_safe, should_stop)
        setup = Setup(
            sample_rate_hz=shot.sample_rate_hz,
            frequency_hz=self._converter.radio_hz(shot.centre_frequency_hz),
            rx_gain_db=self._settings.rx_gain_db,
            tx_attenuation_db=self._settings.tx_attenuation_db,
        )
        self._configuration.check(setup)
        if self._standby is not None and not self._may_go_on(guard, self._standby, setup):
            self.make_safe()
        if self._connection is not connection:  # turning the transmitter off, it was found broken
            raise RadioLost(f"The connection to the radio at {self._settings.uri} broke between two shots.")
        with (
            self._transmitting(guard),
            self._airtime.transmission(shot, on_average) as counted,
            translated(self._settings.uri),
        ):
            capture = self._play(connection, guard, shot, setup, should_stop, counted)
        return capture

    def _may_go_on(self, guard: Guard, standby: Standby, setup: Setup) -> bool:
        """The transmitter is still armed as the shot before left it, and another sample rate will not disturb it."""
        try:
            guard.alive()
        except (GuardIntervened, GuardUnavailable):
            return False
        return standby.setup is not None and standby.setup.sample_rate_hz == setup.sample_rate_hz

    def _play(
        self,
        connection: Connection,
        guard: Guard,
        shot: Shot,
        setup: Setup,
        should_stop: Callable[[], bool],
        on_average: Callable[[int], None],
    ) -> Capture:
        tuned_hz = self._configuration.apply(setup)
        if self._standby is None:
            self._standby = Standby(connection)
            self._configuration.switch_on(setup.tx_attenuation_db)
        else:
            self._configuration.attenuate(setup.tx_attenuation_db)
        running = RunningShot(
            connection,
            guard,
            self._standby,
            self._settings,
            self._converter,
            shot,
            setup,
            tuned_hz,
            lambda: self._configuration.verify(setup),
            should_stop,
            on_average,
        )
        self._playing = True
        try:
            capture = running.run(self._reference_level)
            self._configuration.attenuate(-connection.transmitter.lowest_gain_db)
        except BaseException as error:
            self._partial = running.capture()
            if isinstance(error, ReadBackMismatch):
                guard.alive()  # if it was the guard that turned the transmitter off, it says why
            raise
        finally:
            self._playing = False
        self._reference_level = running.reference_level(self._reference_level)
        return capture

    def partial(self) -> Capture | None:
        return self._partial

    def recover(self, within_s: float, *, should_stop: Callable[[], bool] = lambda: False) -> RadioIdentity:
        with self._busy:
            self._keeper.cancel()
            if self._guard is None:
                raise RadioLost("The transceiver was closed.", "Open it again.")
            self._drop_connection()
            self._adopt(find_again(self._same_radio, within_s, should_stop))
            self.make_safe()
            return self._identity

    def make_safe(self) -> SafeState:
        with self._busy:
            state = self._make_safe()
            self._airtime.made_safe(state)
            if self._guard is not None:
                self._guard.disarm()
            return state

    def _make_safe(self) -> SafeState:
        state = self._silence() if self._connection is not None else None
        try:
            state = state or turn_off(self._same_radio.uri, self._identity.serial)
        except (SdrError, OSError) as error:
            raise UnsafeState(f"Turning the transmitter off could not be confirmed: {error}") from error
        if not state.confirmed:
            raise UnsafeState(f"The transmitter did not turn off: it reads back {state}.")
        return state

    def _silence(self) -> SafeState | None:
        """Turn the transmitter off by the connection that is there; None if it broke, for another one to be tried."""
        try:
            with translated(self._settings.uri):
                transmitter = self._live().transmitter
                transmitter.silence()
                if not self._playing:
                    self._end_standby()
                return transmitter.read(buffer_destroyed=self._standby is None)
        except SdrError as error:
            logger.warning("%s: %s", self._settings.slug, error)
            self._drop_connection()
            return None

    def close(self) -> None:
        if self._guard is None:
            return
        self._keeper.close()
        guard, self._guard = self._guard, None
        try:
            self.make_safe()
            if self._connection is not None and self._connection.tdd is not None:
                with translated(self._settings.uri):
                    self._connection.tdd.release()
        except UnsafeState:
            guard.abandon()  # it goes on trying, and keeps the locks until it has done or given up
            raise
        else:
            guard.close()
        finally:
            self._drop_connection()
            self._airtime.closed()
            self._release_locks()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except SdrError as unsafe:
            if error is None:
                raise
            # What broke the shot is what the user must know first; that the radio is not confirmed silent goes with it.
            error.add_note(str(unsafe))
            logger.error("%s: %s", self._settings.slug, unsafe)

    def _start_guard(self) -> Guard:
        radio, descriptors = self._same_radio, [lock.fileno() for lock in self._locks]
        return Guard(
            radio.uri, radio.serial, TURN_OFF, descriptors, radio.guard_timeout_s, stop=radio.stop, run=radio.run
        )

    def _connect(self) -> None:
        try:
            found = FoundAgain(Connection(self._same_radio))
        except (RadioUnreachable, WrongRadio):
            elsewhere = find_elsewhere(self._same_radio)
            if elsewhere is None:
                raise
            found = elsewhere
        self._adopt(found)

    def _adopt(self, found: FoundAgain) -> None:
        """Use a fresh connection, of which nothing is known but that it leads to the right radio."""
        connection = found.connection
        if found.lock is not None:
            self._locks.append(found.lock)
        with translated(connection.uri):
            self._configuration = Configuration(connection)
        self._connection = connection
        self._identity = connection.identity
        if connection.uri != self._same_radio.uri:
            logger.warning("%s: its radio is at %s now.", self._settings.slug, connection.uri)
            self._same_radio = replace(self._same_radio, uri=connection.uri)
            if self._guard is not None:
                former, self._guard = self._guard, self._start_guard()
                former.close()  # it watches over an address where the radio no longer is

    def _live(self) -> Connection:
        if self._connection is None:
            raise RadioLost(f"There is no connection to the radio at {self._settings.uri}.")
        return self._connection

    def _drop_connection(self) -> None:
        self._end_standby()
        self._connection = None

    def _end_standby(self) -> None:
        standby, self._standby = self._standby, None
        if standby is not None:
            standby.destroy()

    def _rest(self) -> None:
        """Nobody has played for a while: turn the transmitter off for good. Runs in the keeper's thread."""
        with self._busy:
            if self._standby is None or not self._keeper.due():
                return
            try:
                self.make_safe()
            except Exception as failed:  # whatever it is, nobody waits for this thread to say so
                # The guard stays armed and will act; the next shot, or closing, goes through a new connection.
                self._drop_connection()
                logger.error("%s: %s", self._settings.slug, failed)

    def _release_locks(self) -> None:
        for lock in self._locks:
            lock.release()

    @contextmanager
    def _transmitting(self, guard: Guard) -> Iterator[None]:
        """Between arming the guard and standby or the safe state; a broken connection is replaced to reach that."""
        guard.arm()
        try:
            yield
        except (RadioLost, CaptureIncomplete) as lost:
            # Nothing that this connection says can be trusted any more: another one must turn the transmitter off.
            self._drop_connection()
            try:
                self.make_safe()
            except UnsafeState as unsafe:
                if not isinstance(lost, RadioLost):
                    raise unsafe from lost  # a lost radio is known to need a look; this one would pass for sound
                lost.add_note(str(unsafe))
                logger.error("%s: %s", self._settings.slug, unsafe)
            raise
        except BaseException as error:
            try:
                self.make_safe()
            except UnsafeState as unsafe:
                raise unsafe from error
            raise
        else:
            if self._standby is not None and self._standby.lasts:
                self._keeper.start()
            else:
                self.make_safe()
