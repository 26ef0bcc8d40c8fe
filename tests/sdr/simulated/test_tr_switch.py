"""The switch between transmitter, probe and receiver: blind while it should be, exposed when it is set too late."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sdr.simulated.devices import PINS, TDD
from sdr.simulated.log import read_log
from sdr.simulated.samples import SampleError, from_dict
from tests.sdr.simulated.bench_radio import LINE, QUIET, RadioBench

FRAME, PULSE, OPEN_AT = 20_000, 40, 200


class SwitchedBench(RadioBench):
    """One shot at a time: a pulse at the beginning of the frame, reception of the whole frame."""

    def __init__(self, log: Path | None = None, **switch: Any) -> None:
        document = {"lines": [LINE], "receiver": QUIET, "switch": {"switching_s": 0.0} | switch}
        super().__init__(from_dict(document), log=log)
        self.write(PINS, "raw", 1, "voltage0", True)

    def shot(self, on: int, off: int, polarity: int = 0, buffer: int = FRAME) -> Any:
        """The block of one frame in which channel 0 goes from `polarity` to the other level at `on` and back at `off`.

        The waveform has `buffer` samples, and is played for so long.
        """
        wave = np.zeros(buffer, complex)
        wave[10 : 10 + PULSE] = 1.0
        self.arm(FRAME, 1, buffer)
        self.write(TDD, "enable", 0)
        for name, value in (("on_raw", on), ("off_raw", off), ("polarity", polarity)):
            self.write(TDD, name, value, "channel0", True)
        self.write(TDD, "enable", 1)
        self.transmit(wave)
        self.listen(FRAME)
        self.trigger()
        block = self.block()
        self.stop_transmitting()
        self.deaf()
        return block


def line(block: Any) -> float:
    """Height of the line in the part of the block in which nothing is switched or rings any more."""
    return float(np.abs(np.fft.fft(block[2000:10_000])).max() / 8000)


def test_it_is_blind_until_the_switch_turns_back() -> None:
    seen = SwitchedBench().shot(0, OPEN_AT)
    whole = RadioBench(from_dict({"lines": [LINE], "receiver": QUIET}))
    whole.arm(FRAME, 1, FRAME)
    wave = np.zeros(FRAME, complex)
    wave[10 : 10 + PULSE] = 1.0
    whole.transmit(wave)
    whole.listen(FRAME)
    whole.trigger()
    without = whole.block()
    assert np.abs(without[:100]).max() > 500  # the leakage of the pulse
    assert np.abs(seen[:OPEN_AT]).max() < 10
    assert line(seen) == pytest.approx(line(without), rel=0.1)


@pytest.mark.parametrize(("switch", "polarity"), [({"transmit_level": 0}, 1), ({"transmit_level": 1}, 0)])
def test_either_level_may_mean_transmit(switch: dict[str, int], polarity: int) -> None:
    assert line(SwitchedBench(**switch).shot(0, OPEN_AT, polarity)) > 1  # LSB; noise is 0.01


def test_too_late_means_exposed_and_no_excitation(tmp_path: Path) -> None:
    bench = SwitchedBench(tmp_path / "log")
    right = bench.shot(0, OPEN_AT)
    assert not [entry for entry in read_log(tmp_path / "log") if entry["event"] == "exposed"]
    wrong = bench.shot(1000, 1200)
    assert np.abs(wrong[:100]).max() == pytest.approx(np.hypot(2048, 2048), rel=0.5)
    assert line(wrong) < 0.1 * line(right)
    assert [entry["event"] for entry in read_log(tmp_path / "log")].count("exposed") == 1


@pytest.mark.parametrize("buffer", [FRAME, PULSE + 400])
def test_silence_after_the_pulse_is_no_exposure(tmp_path: Path, buffer: int) -> None:
    SwitchedBench(tmp_path / "log").shot(0, 10 + PULSE, buffer=buffer)
    assert "exposed" not in [entry["event"] for entry in read_log(tmp_path / "log")]


def test_nobody_drives_the_pin_unless_it_is_connected(tmp_path: Path) -> None:
    bench = SwitchedBench(tmp_path / "log")
    bench.write(PINS, "raw", 0, "voltage0", True)
    bench.shot(0, OPEN_AT)
    assert "exposed" in [entry["event"] for entry in read_log(tmp_path / "log")]


def test_hearing_comes_back_with_the_switching_time() -> None:
    slow = SwitchedBench(switching_s=20e-6).shot(0, OPEN_AT)
    quick = SwitchedBench().shot(0, OPEN_AT)
    early, late = slice(OPEN_AT, OPEN_AT + 60), slice(OPEN_AT + 2000, OPEN_AT + 2060)
    assert np.abs(slow[early]).mean() < 0.4 * np.abs(quick[early]).mean()
    assert np.abs(slow[late]).mean() == pytest.approx(np.abs(quick[late]).mean(), rel=0.2)


def test_the_second_path_may_set_it() -> None:
    bench = SwitchedBench(by="tx2")
    first, second = np.zeros((FRAME, 2), np.int16), np.zeros((FRAME, 2), np.int16)
    first[10 : 10 + PULSE, 0] = 2**14
    second[:OPEN_AT, 0] = 2**13
    bench.arm(FRAME, 1, FRAME)
    bench.radio.command()
    bench.radio.open_transmitter()
    bench.radio.push(first.ravel(), True, second.ravel())
    bench.listen(FRAME)
    bench.trigger()
    block = bench.block()
    assert np.abs(block[:OPEN_AT]).max() < 10
    assert line(block) > 1


@pytest.mark.parametrize("switch", [{"by": "hand"}, {"transmit_level": 2}, {"isolation_db": -1}, {"speed": 1}])
def test_mistakes_are_named(switch: dict[str, object]) -> None:
    with pytest.raises(SampleError, match="switch"):
        from_dict({"switch": switch})
