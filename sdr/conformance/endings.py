"""However a shot ends, the transmitter is off, the error has a type, and what was averaged is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from acquisition.shot import Shot
from sdr.conformance.bench import Bench
from sdr.conformance.captures import assert_echo
from sdr.conformance.shots import shot
from sdr.errors import RadioLost, ReadBackMismatch, SdrError, ShotStopped
from sdr.transceiver import Transceiver

LOST_WITHIN_S = 60.0


def long_shot(bench: Bench) -> Shot:
    """Several bursts of at most half a second, of each phase."""
    return shot(bench, averages=4 * max(1, round(1.6 / bench.repetition_time_s / 4)))


def once_begun(act: Callable[[], None], averages: int = 8) -> Callable[[int], None]:
    """For `on_average`: act once, after the first averages."""
    pending = [act]

    def on_average(done: int) -> None:
        if done >= averages and pending:
            pending.pop()()

    return on_average


class Endings:
    """Needs the fixtures `bench`, `radio` and `alone`."""

    def test_the_transmitter_is_off_after_a_shot(self, bench: Bench, radio: Transceiver) -> None:
        radio.play(shot(bench))
        assert bench.is_silent()
        assert radio.make_safe().confirmed

    def test_a_shot_can_be_stopped(self, bench: Bench, radio: Transceiver) -> None:
        done: list[int] = []
        with pytest.raises(ShotStopped):
            radio.play(long_shot(bench), on_average=done.append, should_stop=lambda: bool(done) and done[-1] >= 8)
        assert bench.is_silent()
        self._partial_is_right(bench, radio, long_shot(bench))
        assert_echo(bench, radio.play(shot(bench)))
        assert radio.partial() is None

    def test_a_shot_stopped_before_its_start_sends_nothing(self, bench: Bench, radio: Transceiver) -> None:
        with pytest.raises(ShotStopped):
            radio.play(shot(bench), should_stop=lambda: True)
        assert bench.is_silent()
        assert radio.partial() is None

    @pytest.mark.parametrize("kind", [ValueError, OSError, KeyboardInterrupt])
    def test_an_exception_of_the_callers_function(
        self, bench: Bench, radio: Transceiver, kind: type[BaseException]
    ) -> None:
        """It passes through as it is; one that the driver could take for its own does so too."""

        def fail() -> None:
            raise kind("from the callback")

        with pytest.raises(kind, match="from the callback"):
            radio.play(long_shot(bench), on_average=once_begun(fail))
        assert bench.is_silent()
        assert_echo(bench, radio.play(shot(bench)))

    def test_every_error_has_a_code_and_says_what_to_do(self) -> None:
        for kind in _all_errors():
            assert kind.code
            assert kind.advice or kind is ShotStopped

    def test_an_exception_within_the_with_statement(self, alone: Bench) -> None:
        def play_and_fail() -> None:
            with alone.open() as radio:
                radio.play(shot(alone))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            play_and_fail()
        assert alone.is_silent()

    def test_a_closed_transceiver_plays_nothing(self, alone: Bench) -> None:
        radio = alone.open()
        radio.close()
        radio.close()
        with pytest.raises(RadioLost) as refused:
            radio.play(shot(alone))
        assert refused.value.advice
        assert alone.is_silent()

    def test_a_lost_connection(self, alone: Bench) -> None:
        """What was averaged is kept and right; the radio is found again, silent, and everything is set anew."""
        played = long_shot(alone)
        with alone.open() as radio:
            before = assert_echo(alone, radio.play(shot(alone)))
            with pytest.raises(RadioLost) as lost:
                radio.play(played, on_average=once_begun(alone.cut))
            assert lost.value.advice
            alone.mend()
            radio.recover(LOST_WITHIN_S)
            assert alone.is_silent()
            self._partial_is_right(alone, radio, played)
            assert assert_echo(alone, radio.play(shot(alone))) == pytest.approx(before, rel=0.1)
        assert alone.is_silent()

    def test_a_setting_that_is_not_taken(self, alone: Bench) -> None:
        with alone.open() as radio:
            alone.ignore_a_setting()
            with pytest.raises(ReadBackMismatch) as refused:
                radio.play(shot(alone, centre_frequency_hz=alone.centre_frequency_hz + 2e6))
            assert refused.value.advice
            assert alone.is_silent()
            assert_echo(alone, radio.play(shot(alone, centre_frequency_hz=alone.centre_frequency_hz + 2e6)))

    def _partial_is_right(self, bench: Bench, radio: Transceiver, played: Shot) -> None:
        """Whole phase cycles, fewer than asked for, and an echo of what was sent; or nothing."""
        partial = radio.partial()
        if partial is None:
            return
        assert 0 < partial.averages <= played.averages
        assert partial.averages % len(played.phase_cycle) == 0
        if partial.averages >= 16:
            assert_echo(bench, partial)


def _all_errors() -> list[type[SdrError]]:
    found, pending = [], [SdrError]
    while pending:
        kind = pending.pop()
        found.append(kind)
        pending += kind.__subclasses__()
    return found
