"""The smallest driver that conforms: of a radio in this process's memory whose output leads to its input.

It is the template of docs/how-to/write-a-driver.md. A real radio needs a guard besides (`sdr.guard_client.Guard`): this
one dies with the process that drives it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

import numpy as np

from acquisition.reception import RadioState
from acquisition.shot import Capture, ComplexArray, Shot
from sdr.address import check_address
from sdr.airtime import Airtime
from sdr.converter import Converter
from sdr.errors import (
    InvalidConfiguration,
    RadioLost,
    RadioUnreachable,
    ReadBackMismatch,
    SdrError,
    ShotStopped,
    WrongRadio,
)
from sdr.lock import RadioLock
from sdr.safety import RadioRanges
from sdr.transceiver import InstrumentSettings, RadioIdentity, SafeState

P = ParamSpec("P")
R = TypeVar("R")

FULL_SCALE = 2**11
BURST_FRAMES = 16


@dataclass
class LoopbackRadio:
    """The hardware."""

    serial: str = "loop-1"
    reachable: bool = True
    deaf_to_settings: int = 0  # how many settings it will acknowledge without taking them
    transmitting: bool = False
    frequency_hz: float = 0.0
    actions: int = 0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))

    def answer(self) -> None:
        if not self.reachable:
            raise ConnectionResetError("the loopback is cut")
        self.actions += 1

    def tune(self, frequency_hz: float) -> float:
        self.answer()
        if self.deaf_to_settings:
            self.deaf_to_settings -= 1
        else:
            self.frequency_hz = frequency_hz
        return self.frequency_hz

    def switch(self, on: bool) -> None:
        self.answer()
        self.transmitting = on

    def frame(self, waveform: ComplexArray, samples: int) -> ComplexArray:
        """What is received while a waveform is sent: half of it, an offset and noise, in steps of the converter."""
        self.answer()
        parts = self.rng.normal(scale=8 / FULL_SCALE, size=2 * samples).astype(np.float32)
        heard = parts.view(np.complex64) + np.complex64(6 / FULL_SCALE)
        heard[: len(waveform)] += 0.5 * waveform
        steps = np.clip(np.rint(heard.view(np.float32) * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
        return np.asarray(steps / FULL_SCALE, dtype=np.float32).view(np.complex64)


RADIOS: dict[str, LoopbackRadio] = {}


class LoopbackTransceiver:
    """See `sdr.transceiver.Transceiver`."""

    def __init__(self, settings: InstrumentSettings) -> None:
        check_address(settings.uri)
        self._settings = settings
        self._converter = Converter.from_settings(settings.converter, settings.limits.frequency_min_hz)
        self._ranges = RadioRanges(70e6, 6e9, 1e6, 61.44e6)
        self._partial: Capture | None = None
        self._closed = False
        self._lock = RadioLock(settings.uri)
        try:
            radio = RADIOS.get(settings.uri)
            if radio is None or not radio.reachable:
                raise RadioUnreachable(f"There is no radio at {settings.uri}.")
            if settings.serial not in ("", radio.serial):
                raise WrongRadio(f"The radio's serial number is {radio.serial}, not {settings.serial}.")
            self._radio = radio
            self._identity = RadioIdentity("loopback", radio.serial, "1", settings.uri, "exact", 70e6, 6e9)
            self._airtime = Airtime(settings, self._identity)
            self.make_safe()
        except BaseException:
            self._lock.release()
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
        self._partial = None
        if self._closed:
            raise RadioLost("The transceiver was closed.", "Open it again.")
        self._airtime.admit(shot, self._converter, self._ranges, self.make_safe, should_stop)
        self._check_gains()
        try:
            with self._airtime.transmission(shot, on_average) as counted:
                return self._average(shot, should_stop, counted)
        finally:
            if self._radio.reachable:
                self.make_safe()

    def _average(self, shot: Shot, should_stop: Callable[[], bool], on_average: Callable[[int], None]) -> Capture:
        began_s = time.time()
        total = np.zeros(shot.capture_samples, dtype=np.complex64)
        whole, committed, done = total, 0, 0
        cycle = [complex(phase) for phase in shot.phase_cycle]
        try:
            if should_stop():
                raise ShotStopped("The shot was stopped on request; the transmitter is off.")
            self._tune(shot)
            self._asked(self._radio.switch, True)
            while done < shot.averages:
                phase = cycle[done % len(cycle)]
                total = total + self._received(shot, phase)
                done += 1
                if done % len(cycle) == 0:
                    whole, committed = total, done
                if done % BURST_FRAMES == 0 or done == shot.averages:
                    on_average(done)
                    if done < shot.averages and should_stop():
                        raise ShotStopped("The shot was stopped on request; the transmitter is off.")
        except BaseException:
            self._partial = self._capture(shot, whole, committed, began_s) if committed else None
            raise
        return self._capture(shot, total, done, began_s)

    def _received(self, shot: Shot, phase: complex) -> ComplexArray:
        """One frame with the transmitted phase undone."""
        sent = self._converter.baseband((shot.waveform * np.complex64(phase)).astype(np.complex64))
        frame = self._asked(self._radio.frame, sent, shot.capture_samples)
        return np.asarray(self._converter.baseband(frame) * np.complex64(phase.conjugate()), dtype=np.complex64)

    def _capture(self, shot: Shot, total: ComplexArray, averages: int, began_s: float) -> Capture:
        return Capture(
            samples=(total / np.float32(averages)).astype(np.complex64),
            waveform=np.asarray(shot.waveform, dtype=np.complex64),
            sample_rate_hz=shot.sample_rate_hz,
            centre_frequency_hz=self._converter.nqr_hz(self._radio.frequency_hz),
            dead_time_s=shot.dead_time_s,
            averages=averages,
            method=shot.method,
            purpose=shot.purpose,
            alignment=self._identity.synchronisation,
            instrument=self._settings.slug,
            started_at_unix_s=began_s,
            notes=("A loopback in memory.", self._converter.describe()),
            radio=RadioState(self._radio.frequency_hz, self._converter.inverted, 0.0, shot.phase_cycle),
        )

    def _tune(self, shot: Shot) -> None:
        wanted_hz = self._converter.radio_hz(shot.centre_frequency_hz)
        found_hz = self._asked(self._radio.tune, wanted_hz)
        if abs(found_hz - wanted_hz) > 1.0:
            raise ReadBackMismatch(f"The radio's frequency is {found_hz:g} Hz after {wanted_hz:g} Hz was written.")

    def _check_gains(self) -> None:
        for name, value, most in (
            ("rx_gain_db", self._settings.rx_gain_db, 70.0),
            ("tx_attenuation_db", self._settings.tx_attenuation_db, 90.0),
        ):
            if not 0.0 <= value <= most:
                raise InvalidConfiguration(name, f"It is {value:g} dB; allowed are 0 to {most:g} dB.")

    def _asked(self, question: Callable[P, R], *args: P.args, **names: P.kwargs) -> R:
        """Ask the radio; what goes wrong on the way to it is a lost radio, what callbacks raise is not caught here."""
        try:
            return question(*args, **names)
        except OSError as error:
            raise RadioLost(f"The connection to the radio broke ({error}).") from error

    def partial(self) -> Capture | None:
        return self._partial

    def recover(self, within_s: float, *, should_stop: Callable[[], bool] = lambda: False) -> RadioIdentity:
        until_s = time.monotonic() + within_s
        while not self._radio.reachable:
            if should_stop():
                raise ShotStopped("The search for the radio was stopped on request.")
            if time.monotonic() > until_s:
                raise RadioLost(f"The radio did not come back within {within_s:g} s.")
            time.sleep(0.05)
        self.make_safe()
        return self._identity

    def make_safe(self) -> SafeState:
        self._asked(self._radio.switch, False)
        off = not self._radio.transmitting
        state = SafeState(off, 90.0, off, True, True, True)
        self._airtime.made_safe(state)
        return state

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            self.make_safe()
        finally:
            self._airtime.closed()
            self._lock.release()

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
            error.add_note(str(unsafe))
