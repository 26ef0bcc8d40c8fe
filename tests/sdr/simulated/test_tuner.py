"""The probe's tuner and the temperature: the values, the port, and what both do to the signals."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import iio
import numpy as np
import pytest

from sdr.simulated import SimulatedProcess, running
from sdr.simulated.clock import FastClock
from sdr.simulated.converter import Converter
from sdr.simulated.devices import pluto_context
from sdr.simulated.log import EventLog
from sdr.simulated.radio import Radio, RadioOptions
from sdr.simulated.sample import Tuning
from sdr.simulated.sample_json import from_dict
from sdr.simulated.tuner import ProbeTuner
from tests.sdr.simulated.bench_radio import LINE, NQR_HZ, QUIET, RadioBench

FRAME = 40_000
PULSE = np.full(60, 0.4)  # 2.4 us of full scale: a small flip angle, so that signals are linear in the field


def test_resonance_moves_evenly_and_arrives() -> None:
    tuner = ProbeTuner(Tuning(28e6, settling_s=0.2, minimum_hz=20e6, maximum_hz=40e6))
    assert tuner.frequency_hz(5.0) == 28e6
    assert tuner.tune(30e6, 10.0) == 0.2
    way = [tuner.frequency_hz(10.0 + t) for t in (0.0, 0.05, 0.1, 0.15, 0.2, 9.0)]
    assert way == sorted(way) and way[0] == 28e6 and way[-2:] == [30e6, 30e6]
    assert way[2] == pytest.approx(29e6, abs=0.13e6)
    assert tuner.arrival_s == pytest.approx(10.2)
    assert tuner.tune(30e6, 11.0) == 0.0, "there already"


@pytest.mark.parametrize("frequency_hz", [19.9e6, 40.1e6])
def test_out_of_range_is_refused_and_nothing_moves(frequency_hz: float) -> None:
    tuner = ProbeTuner(Tuning(28e6, 0.2, 20e6, 40e6))
    with pytest.raises(ValueError, match="frequency must be between 20000000 and 40000000 Hz"):
        tuner.tune(frequency_hz, 1.0)
    assert tuner.frequency_hz(9.0) == 28e6


def bench(**more: object) -> RadioBench:
    document = {"lines": [{**LINE, **more}], "receiver": QUIET}
    document["probe"] = {"tuned_hz": NQR_HZ, "bandwidth_hz": 1e6, "settling_s": 0.05}
    return RadioBench(from_dict(document))


def response(unit: RadioBench) -> tuple[float, float]:
    """Height and frequency (above 28 MHz) of the line in one frame."""
    unit.radio.wait_until(unit.radio.time_s + 0.1)  # twenty T1
    unit.arm(FRAME, 1, FRAME)
    unit.listen(FRAME, 1)
    unit.transmit(np.concatenate([PULSE, np.zeros(FRAME - len(PULSE))]))
    unit.trigger()
    tail = unit.block()[400:]
    unit.stop_transmitting()
    unit.deaf()
    spectrum = np.abs(np.fft.fft(tail, 1 << 17))
    peak = int(np.argmax(spectrum))
    return float(spectrum[peak]), float(np.fft.fftfreq(1 << 17, 1e-7)[peak])


def test_field_and_pick_up_fall_with_the_resonance() -> None:
    unit = bench()
    tuned, _ = response(unit)
    tuner = unit.radio.surroundings.tuner
    assert tuner is not None
    unit.radio.settled_bench()
    duration_s = tuner.tune(NQR_HZ + 1.05e6, unit.radio.time_s)
    unit.radio.wait_until(unit.radio.time_s + duration_s)
    detuned, _ = response(unit)
    # The line is 0.05 MHz above 28 MHz: off by 1 MHz, one bandwidth, 1/(1 + 2i) each for the way in and out.
    expected = 1 / 5 * (1 + (2 * 0.05) ** 2)
    assert detuned / tuned == pytest.approx(expected, rel=0.05)


def test_line_follows_the_temperature() -> None:
    unit = bench(hz_per_k=-2000)
    _, before_hz = response(unit)
    unit.radio.settled_bench().set_temperature(306.0)
    _, after_hz = response(unit)
    assert before_hz == pytest.approx(50e3, abs=200)
    assert after_hz - before_hz == pytest.approx(-20e3, abs=100)


def test_reboot_of_the_radio_leaves_probe_and_temperature_alone() -> None:
    unit = bench(hz_per_k=-2000)
    tuner = unit.radio.surroundings.tuner
    assert tuner is not None
    tuner.tune(29e6, unit.radio.time_s)
    unit.radio.settled_bench().set_temperature(280.0)
    unit.radio.reboot()
    assert unit.radio.surroundings.tuner is tuner
    assert unit.radio.surroundings.temperature_k == 280.0
    assert unit.radio.settled_bench()._spins._lines[0].frequency_hz == pytest.approx(NQR_HZ + 50e3 + 32e3)


def test_without_a_tuner_the_probe_follows_the_transmitter() -> None:
    options = RadioOptions(from_dict({}), FastClock(), Converter(), EventLog(None))
    assert Radio(pluto_context(), options).surroundings.tuner is None


@contextmanager
def asking(process: SimulatedProcess) -> Iterator[Callable[[str], str]]:
    assert process.probe_address is not None
    with socket.create_connection(process.probe_address, timeout=10) as connection, connection.makefile("rw") as lines:

        def ask(text: str) -> str:
            lines.write(f"{text}\n")
            lines.flush()
            return lines.readline().strip()

        yield ask


@pytest.mark.integration
def test_dialogue_on_the_port() -> None:
    document = {"probe": {"tuned_hz": 28e6, "settling_s": 0.5, "tuning_min_hz": 20e6, "tuning_max_hz": 40e6}}
    with running(document, probe_port=0, serial="abc") as process, asking(process) as ask:
        assert ask("IDENTIFY") == "OK simulated-tuner abc"
        assert ask("range") == "OK 20000000 40000000"
        assert ask("STATUS") == "OK 28000000 settled"
        assert ask("TUNE 30e6") == "OK 0.5"
        assert ask("STATUS").endswith("moving")
        assert ask("WAIT") == "OK 30000000"
        assert ask("STATUS") == "OK 30000000 settled"
        assert ask("TEMPERATURE") == "OK 296"
        assert ask("TEMPERATURE 77.5") == "OK 77.5"
        assert ask("TUNE 50e6") == "ERROR frequency must be between 20000000 and 40000000 Hz, not 50000000 Hz"
        assert ask("TUNE soon") == "ERROR frequency must be a number, not 'soon'"
        assert ask("TEMPERATURE -3") == "ERROR temperature must be between 1 and 2000 K, not -3 K"
        assert ask("MATCH").startswith("ERROR command 'MATCH' is not known")
        iio.Context(process.uri)  # the radio answers as ever
        events = [entry["event"] for entry in process.log()]
        assert events[:2] == ["tune", "temperature"]
        times = [entry["t_s"] for entry in process.log()]
        assert times[1] - times[0] == pytest.approx(0.5, abs=0.01), "the fast clock has gone on while the client waited"


@pytest.mark.integration
def test_dialogue_without_a_tuner() -> None:
    with running("empty", probe_port=0) as process, asking(process) as ask:
        for command in ("TUNE 3e6", "WAIT", "STATUS", "RANGE"):
            assert ask(command) == "ERROR this probe has no tuner; it follows the transmitter"
        assert ask("TEMPERATURE 250") == "OK 250"
