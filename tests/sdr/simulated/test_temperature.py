"""A series of temperatures as somebody measures it: the same run at each, and the line's frequency over temperature."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest

from acquisition import methods, verdict
from acquisition.limits import InstrumentLimits
from acquisition.methods.parameters import parse
from acquisition.reconstruction import ReconstructionParameters
from sdr import open_transceiver
from sdr.simulated import running
from sdr.transceiver import ConverterSettings, InstrumentSettings, Transceiver

pytestmark = [pytest.mark.integration, pytest.mark.slow]

LINE_HZ, SLOPE_HZ_PER_K = 28.1e6, -1500.0
SAMPLE = {
    "lines": [{"frequency_hz": LINE_HZ, "amplitude_over_noise": 1.0, "t1_s": 5e-3, "hz_per_k": SLOPE_HZ_PER_K}],
    "temperature_k": 290,
}


def line_hz(radio: Transceiver, near_hz: float) -> float:
    """Frequency of the line by a free decay, through driver, libiio and reconstruction."""
    fid = methods.get("fid")
    wanted = {"frequency_hz": near_hz, "averages": 8, "repetition_time_s": 0.02}
    experiment = fid.experiment(parse(fid.parameters, wanted), InstrumentLimits())
    captures = []
    while (shot := experiment.next_shot()) is not None:
        captures.append(radio.play(shot))
        experiment.take(captures[-1])
    found = verdict.reconstruct(captures, ReconstructionParameters()).lines
    return max(found, key=lambda line: line.snr).frequency_hz


def test_a_series_of_temperatures_shows_how_the_line_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASGADO_LOCK_DIR", str(tmp_path / "locks"))
    temperatures_k = np.array([290.0, 296.0, 302.0])
    with running(SAMPLE, probe_port=0, arguments=["--temperature", "300"]) as simulated:
        assert simulated.probe_address is not None
        settings = InstrumentSettings("test", simulated.uri, converter=ConverterSettings("upper", 400e6))
        found_hz = []
        with (
            open_transceiver(settings) as radio,
            socket.create_connection(simulated.probe_address, timeout=10) as port,
        ):
            port.sendall(b"TEMPERATURE\n")
            assert port.recv(100) == b"OK 300\n"
            for temperature_k in temperatures_k:
                port.sendall(f"TEMPERATURE {temperature_k}\n".encode())
                assert port.recv(100).startswith(b"OK")
                found_hz.append(line_hz(radio, LINE_HZ + SLOPE_HZ_PER_K * (temperature_k - 290) + 2e3))
    slope, at_290 = np.polyfit(temperatures_k - 290, found_hz, 1)
    assert slope == pytest.approx(SLOPE_HZ_PER_K, abs=3.0)
    assert at_290 == pytest.approx(LINE_HZ, abs=20.0)
