"""The template driver conforms, without any process; and drivers with a mistake do not."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from acquisition.shot import Capture, ComplexArray, Shot
from sdr.conformance import Bench, TransceiverConformance
from sdr.errors import SafetyLimitExceeded
from sdr.transceiver import ConverterSettings, InstrumentSettings, SafeState, Transceiver
from tests.sdr.loopback import RADIOS, LoopbackRadio, LoopbackTransceiver

URI = "ip:loopback"


@dataclass
class LoopbackBench(Bench):
    radio: LoopbackRadio = field(default_factory=LoopbackRadio)
    kind: type[LoopbackTransceiver] = LoopbackTransceiver

    def open(self, **changes: Any) -> Transceiver:
        RADIOS[URI] = self.radio
        return self.kind(replace(self.settings, **changes))

    def is_silent(self) -> bool:
        return not self.radio.transmitting

    def activity(self) -> Hashable:
        return self.radio.actions

    def cut(self) -> None:
        self.radio.reachable = False
        self.radio.transmitting = False

    def mend(self) -> None:
        self.radio.reachable = True

    def ignore_a_setting(self) -> None:
        self.radio.deaf_to_settings = 1


def bench_of(kind: type[LoopbackTransceiver] = LoopbackTransceiver) -> LoopbackBench:
    settings = InstrumentSettings("conformance", URI, converter=ConverterSettings("lower", 400e6))
    return LoopbackBench(settings, nobody_uri="ip:nobody", kind=kind)


@pytest.fixture(scope="class", autouse=True)
def own_lock_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RASGADO_LOCK_DIR", str(tmp_path_factory.mktemp("locks")))
        yield


class TestLoopback(TransceiverConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def bench(cls) -> Bench:
        return bench_of()


class Late(LoopbackTransceiver):
    """Every capture begins one sample too early."""

    def _capture(self, shot: Shot, total: ComplexArray, averages: int, began_s: float) -> Capture:
        return super()._capture(shot, np.roll(total, 1), averages, began_s)


class WrongPhase(LoopbackTransceiver):
    """Multiplies with the phase instead of its conjugate."""

    def _received(self, shot: Shot, phase: complex) -> ComplexArray:
        return super()._received(shot, phase) * np.complex64(phase * phase)


class Mirrored(LoopbackTransceiver):
    """Does not undo the mirroring of the converter."""

    def _received(self, shot: Shot, phase: complex) -> ComplexArray:
        return np.conj(super()._received(shot, phase))


class Sum(LoopbackTransceiver):
    """Forgets every second frame when it divides."""

    def _capture(self, shot: Shot, total: ComplexArray, averages: int, began_s: float) -> Capture:
        return super()._capture(shot, total / np.float32(1 + averages / 64), averages, began_s)


class Stale(LoopbackTransceiver):
    """Plays the first waveform for ever."""

    first: ComplexArray | None = None

    def _received(self, shot: Shot, phase: complex) -> ComplexArray:
        self.first = shot.waveform if self.first is None else self.first
        return super()._received(replace(shot, waveform=self.first), phase)


class LeftOn(LoopbackTransceiver):
    """Says that it is off."""

    def make_safe(self) -> SafeState:
        return SafeState(True, 90.0, True, True, True, True)


class Trusting(LoopbackTransceiver):
    """Reads nothing back."""

    def _tune(self, shot: Shot) -> None:
        self._radio.tune(self._converter.radio_hz(shot.centre_frequency_hz))


class Hasty(LoopbackTransceiver):
    """Tunes before it looks at the limits."""

    def play(self, shot: Shot, **functions: Any) -> Capture:
        self._radio.answer()
        return super().play(shot, **functions)


class Nameless(LoopbackTransceiver):
    """Refuses without saying which quantity it is."""

    def play(self, shot: Shot, **functions: Any) -> Capture:
        try:
            return super().play(shot, **functions)
        except SafetyLimitExceeded as error:
            raise SafetyLimitExceeded("shot", error.message) from error


class Raw(LoopbackTransceiver):
    """Lets errors of the connection through as they are."""

    def _asked(self, question: Any, *args: Any, **names: Any) -> Any:
        return question(*args, **names)


class Greedy(LoopbackTransceiver):
    """Gives half phase cycles out as a partial result."""

    def partial(self) -> Capture | None:
        kept = super().partial()
        return kept and replace(kept, averages=kept.averages - 1)


@pytest.mark.parametrize(
    ("kind", "name", "arguments"),
    [
        (Late, "test_what_is_received_is_what_was_sent", {"code": 1}),
        (Late, "test_every_capture_begins_alike", {}),
        (WrongPhase, "test_a_phase_cycle_is_undone", {"cycle": (1, 1j, -1, -1j)}),
        (Mirrored, "test_what_is_received_is_what_was_sent", {"code": 2}),
        (Sum, "test_averaging_lowers_the_noise_by_the_root", {}),
        (Stale, "test_half_the_level_gives_half_the_reception", {}),
        (LeftOn, "test_the_transmitter_is_off_after_a_shot", {}),
        (LeftOn, "test_a_shot_can_be_stopped", {}),
        (Trusting, "test_a_setting_that_is_not_taken", {}),
        (Hasty, "test_is_refused_before_anything_is_sent", {"what": "silence"}),
        (Nameless, "test_is_refused_before_anything_is_sent", {"what": "too much duty"}),
        (Raw, "test_a_lost_connection", {}),
        (Greedy, "test_a_shot_can_be_stopped", {}),
    ],
)
def test_a_mistake_is_found(kind: type[LoopbackTransceiver], name: str, arguments: dict[str, Any]) -> None:
    test = getattr(TransceiverConformance(), name)
    for driver, expected in ((LoopbackTransceiver, True), (kind, False)):
        bench = bench_of(driver)
        names = test.__code__.co_varnames[: test.__code__.co_argcount]
        given: dict[str, Any] = {"bench": bench, "alone": bench} | arguments
        radio = bench.open() if "radio" in names else None
        try:
            assert passes(test, {name: given.get(name, radio) for name in names if name != "self"}) == expected
        finally:
            bench.radio.reachable = True
            if radio is not None:
                radio.close()


def passes(test: Any, arguments: dict[str, Any]) -> bool:
    try:
        test(**arguments)
    except (AssertionError, pytest.fail.Exception, OSError, SafetyLimitExceeded):
        return False
    return True
