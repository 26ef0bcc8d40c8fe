"""Between the shots of an experiment the radio stays armed and muted; nothing but what changed is done again."""

from __future__ import annotations

import contextlib
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import iio
import numpy as np
import pytest

from acquisition.shot import Capture
from sdr import open_transceiver
from sdr.errors import AlignmentFailed, RadioLost, ReadBackMismatch, SafetyLimitExceeded
from sdr.guard_client import read_status
from sdr.pluto import reference
from sdr.pluto.accumulate import Frame
from sdr.pluto.keeper import Keeper
from sdr.pluto.names import PHY
from sdr.pluto.standby import PulseCheck
from sdr.pluto.transceiver import STANDBY_S
from sdr.simulated import SimulatedProcess, running
from tests.sdr.pluto.conftest import LINE_HZ, SAMPLE, instrument, transmissions
from tests.sdr.pluto.test_playing import assert_capture_fits, fid, line_of
from tests.sdr.shots import comb, shot


@pytest.fixture(scope="module", params=["restart", "keep"])
def either_radio(request: pytest.FixtureRequest) -> Iterator[SimulatedProcess]:
    """A held transmit buffer begins with its first sample, or goes on where it was held: nobody has tried which."""
    with running(SAMPLE, arguments=["--tx-hold", request.param]) as radio:
        yield radio


def written(radio: SimulatedProcess, since: int) -> list[str]:
    """The attributes that were written, in order."""
    return [entry["attribute"] for entry in radio.log()[since:] if entry["event"] == "write"]


def attributes(radio: SimulatedProcess) -> tuple[float, str]:
    """The transmitter's gain in dB, and whether its oscillator is powered down, as another client reads them."""
    phy = iio.Context(radio.uri).find_device(PHY)
    gain = phy.find_channel("voltage0", True).attrs["hardwaregain"].value
    return float(gain.split()[0]), phy.find_channel("altvoltage1", True).attrs["powerdown"].value


@pytest.mark.integration
class TestShotAfterShot:
    def test_muted_at_once_and_off_soon(self, shared_radio: SimulatedProcess) -> None:
        with open_transceiver(instrument(shared_radio)) as transceiver:
            transceiver.play(shot(centre_frequency_hz=LINE_HZ))
            gain_db, _ = attributes(shared_radio)
            assert gain_db == -89.75
            assert transmissions(shared_radio)[-1] == "tx_off"
            deadline_s = time.monotonic() + 10 * STANDBY_S
            while attributes(shared_radio)[1] != "1":
                assert time.monotonic() < deadline_s
            assert transceiver.make_safe().confirmed
            assert transceiver.play(shot(centre_frequency_hz=LINE_HZ)).averages == 8

    def test_the_same_again_is_only_triggered(self, shared_radio: SimulatedProcess) -> None:
        played = shot(centre_frequency_hz=LINE_HZ, phase_cycle=(1,))
        with open_transceiver(instrument(shared_radio)) as transceiver:
            transceiver.play(played)
            seen = len(shared_radio.log())
            transceiver.play(played)
            assert written(shared_radio, seen) == ["hardwaregain", "sync_soft", "hardwaregain"]
            seen = len(shared_radio.log())
            transceiver.play(replace(played, centre_frequency_hz=LINE_HZ + 1e5))
            moved = ["frequency", "frequency", "hardwaregain", "sync_soft", "hardwaregain"]
            assert written(shared_radio, seen) == moved

    def test_any_order_of_shots_gives_what_each_gives_alone(self, either_radio: SimulatedProcess) -> None:
        """Other waveforms, lengths, cycles and frequencies in between; the line keeps its phase at each frequency."""
        near, far = fid(LINE_HZ - 40e3), fid(LINE_HZ + 60e3, phase_cycle=(1, 1j, -1, -1j))
        survey = shot(centre_frequency_hz=LINE_HZ - 40e3, averages=6)
        dense = shot(waveform=comb(3000), capture_samples=9000, repetition_time_s=1e-3, averages=12, phase_cycle=(1,))
        order = [near, survey, far, near, dense, survey, near, far, dense, near]
        captures: dict[int, list[Capture]] = {}
        with open_transceiver(instrument(either_radio)) as transceiver:
            for played in order:
                capture = transceiver.play(played)
                captures.setdefault(id(played), []).append(capture)
                assert capture.averages == played.averages
                assert any("reference pulse" in note for note in capture.notes)
                if played is survey or played is dense:
                    assert_capture_fits(capture, played)
        for played in (near, far):
            frequencies, phases = zip(*map(line_of, captures[id(played)]), strict=True)
            assert np.max(np.abs(np.array(frequencies) - LINE_HZ)) < 150
            assert np.max(np.abs(np.angle(np.exp(1j * (np.array(phases) - phases[0]))))) < np.radians(8)

    def test_a_setting_that_somebody_else_changed(self, shared_radio: SimulatedProcess) -> None:
        """Between two shots: the data would be of another frequency."""
        played = shot(centre_frequency_hz=LINE_HZ)
        with open_transceiver(instrument(shared_radio)) as transceiver:
            transceiver.play(played)
            phy = iio.Context(shared_radio.uri).find_device(PHY)
            phy.find_channel("altvoltage0", True).attrs["frequency"].value = "430000000"
            with pytest.raises((ReadBackMismatch, AlignmentFailed)):
                transceiver.play(played)
            assert attributes(shared_radio) == (-89.75, "1")

    def test_the_phase_is_the_same_after_a_new_connection(self, shared_radio: SimulatedProcess) -> None:
        """Averages are of one tuning only; what the broken one left is not mixed with them."""
        played = fid(LINE_HZ - 40e3)
        with open_transceiver(instrument(shared_radio)) as transceiver:
            before = transceiver.play(played)
            shared_radio.fault("kill-mid-buffer:9")
            with pytest.raises(RadioLost):
                transceiver.play(replace(played, averages=160))
            after = transceiver.play(played)
        assert after.averages == played.averages
        turned = line_of(after)[1] - line_of(before)[1]
        assert abs(np.angle(np.exp(1j * turned))) < np.radians(8)

    def test_a_refused_shot_ends_the_standby(self, shared_radio: SimulatedProcess) -> None:
        with open_transceiver(instrument(shared_radio)) as transceiver:
            transceiver.play(shot(centre_frequency_hz=LINE_HZ))
            with pytest.raises(SafetyLimitExceeded):
                transceiver.play(shot(waveform=2 * comb()))
            assert attributes(shared_radio)[1] == "1"

    def test_killed_between_two_shots(self, radio: SimulatedProcess) -> None:
        script = (
            "import sys; from sdr import open_transceiver; from sdr.transceiver import *;"
            "from tests.sdr.shots import shot\n"
            "with open_transceiver(InstrumentSettings('t', sys.argv[1], converter=ConverterSettings('upper', 400e6)))"
            " as t:\n    while True: t.play(shot()); print('played', flush=True)"
        )
        process = subprocess.Popen([sys.executable, "-c", script, radio.uri], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 30)[0]
        assert process.stdout.readline() == b"played\n"
        process.kill()
        killed_s = time.monotonic()
        process.communicate()
        while [entry["event"] for entry in read_status(radio.uri)][-1:] != ["tx_off"]:
            assert time.monotonic() - killed_s < 1.0
            time.sleep(0.01)
        assert attributes(radio)[1] == "1"


class TestKeeper:
    def test_acts_once_after_the_last_start(self) -> None:
        acted: list[float] = []
        done = threading.Event()

        def act() -> None:
            acted.append(time.monotonic())
            done.set()

        keeper = Keeper(0.05, act)
        for _ in range(3):
            keeper.start()
        started_s = time.monotonic()
        assert done.wait(5)
        assert acted[0] - started_s > 0.04
        assert len(acted) == 1
        keeper.close()
        assert len(acted) == 1

    def test_does_nothing_once_called_off(self) -> None:
        acted: list[int] = []
        keeper = Keeper(0.01, lambda: acted.append(1))
        keeper.start()
        keeper.cancel()
        assert not keeper.due()
        keeper.close()
        assert acted == []


class TestPulseCheck:
    PULSE = comb(1000)

    def frame(self, pulse: np.ndarray, noise: float = 0.05) -> Frame:
        generator = np.random.default_rng(3)
        received = np.zeros(1200, dtype=np.complex128)
        received[40 : 40 + len(pulse)] = 0.8 * np.exp(0.4j) * pulse
        received += noise * (generator.normal(size=1200) + 1j * generator.normal(size=1200))
        return np.rint(received.astype(np.complex64).view(np.float32) * 1000).astype(np.int16)

    def check(self, noise: float = 0.05) -> PulseCheck:
        check = PulseCheck(self.PULSE, 40)
        check.check(self.frame(self.PULSE, noise), 1)
        return check

    def test_the_same_pulse_in_any_phase(self) -> None:
        check = self.check()
        for phase in (1, -1, 1j, np.exp(1j)):
            check.check(self.frame(phase * self.PULSE), phase)

    @pytest.mark.parametrize(
        ("what", "pulse"),
        [
            ("left over from the other phase", -PULSE),
            ("nothing is transmitted", 0 * PULSE),
            ("the buffer slipped", np.roll(PULSE, 7)),
            ("the oscillators lost their phase", np.exp(2j) * PULSE),
        ],
    )
    def test_another_pulse(self, what: str, pulse: np.ndarray) -> None:
        with pytest.raises(AlignmentFailed):
            self.check().check(self.frame(pulse), 1)

    @pytest.mark.parametrize("gone", [slice(100, 300), slice(0, 60), slice(0, 1100)])
    def test_what_was_lost_on_the_way_is_left_out(self, gone: slice) -> None:
        def damaged(pulse: np.ndarray) -> Frame:
            frame = self.frame(pulse).reshape(-1, 2)
            frame[gone] = 0
            return np.concatenate([frame, self.frame(0 * self.PULSE).reshape(-1, 2)]).reshape(-1)

        check = PulseCheck(self.PULSE, 40)
        check.check(damaged(self.PULSE), 1)  # is not taken for how the pulse sounds
        check.check(self.frame(self.PULSE), 1)
        check.check(damaged(self.PULSE), 1)
        mostly_lost = gone.stop > 1000
        with contextlib.nullcontext() if mostly_lost else pytest.raises(AlignmentFailed):
            check.check(damaged(-self.PULSE), 1)

    def test_a_silent_transmitter_is_no_loss_even_if_the_receiver_is_quiet(self) -> None:
        for noise in (0.0, 0.0003):
            with pytest.raises(AlignmentFailed):
                self.check(noise).check(self.frame(0 * self.PULSE, noise), 1)

    def test_a_frame_of_zeros_is_lost_where_the_receiver_was_heard(self) -> None:
        nothing = np.zeros_like(self.frame(self.PULSE))
        check = self.check()
        check.check(nothing, 1)
        check.check(self.frame(self.PULSE), 1)

    def test_noise_is_not_compared(self) -> None:
        """Leakage that is not heard tells nothing."""
        check = PulseCheck(self.PULSE, 40)
        check.check(self.frame(0 * self.PULSE), 1)
        check.check(self.frame(self.PULSE), 1)


class TestTail:
    CAPTURE = 3000

    def mean(self, level: float, delay: int, phase_rad: float, noise: float) -> np.ndarray:
        played = reference.with_tail(comb(1000), self.CAPTURE, level)
        generator = np.random.default_rng(5)
        received = noise * (generator.normal(size=4000) + 1j * generator.normal(size=4000))
        received[delay : delay + len(played)] += 0.3 * np.exp(1j * phase_rad) * played
        return received.astype(np.complex64)

    def test_gives_start_and_phase(self) -> None:
        mean = self.mean(1 / 64, 41, -2.0, 1e-5)
        heard = reference.listen(mean, np.zeros(4000, dtype=bool), self.CAPTURE, 1 / 64)
        assert heard is not None
        assert heard.start == 41
        assert heard.phase_rad == pytest.approx(-2.0, abs=0.01)
        assert heard.gain == pytest.approx(0.3, rel=0.01)
        assert heard.agrees_with(replace(heard, phase_rad=heard.phase_rad + 2 * np.pi + 0.1))
        assert not heard.agrees_with(replace(heard, phase_rad=heard.phase_rad + 0.2))
        assert not heard.agrees_with(replace(heard, start=42))

    def test_is_not_heard_in_noise_or_saturation(self) -> None:
        nowhere, everywhere = np.zeros(4000, dtype=bool), np.ones(4000, dtype=bool)
        assert reference.listen(self.mean(1 / 64, 41, 0, 0.01), nowhere, self.CAPTURE, 1 / 64) is None
        assert reference.listen(self.mean(1 / 64, 41, 0, 1e-5), everywhere, self.CAPTURE, 1 / 64) is None

    def test_begins_behind_the_capture(self) -> None:
        played = reference.with_tail(comb(1000), self.CAPTURE, 1 / 64)
        assert not played[1000 : self.CAPTURE + reference.GAP_SAMPLES].any()
        np.testing.assert_array_equal(played[:1000], comb(1000))
