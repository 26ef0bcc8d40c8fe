"""The simulator as a process: starts, says where it listens, ends at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import iio
import numpy as np
import psutil
import pytest

from sdr.simulated import running
from tests.sdr.simulated.conftest import buffer_of

ROOT = Path(__file__).resolve().parents[3]


def simulator(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sdr.simulated", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def test_sigterm_ends_it_with_status_0() -> None:
    with running("empty") as simulated:
        iio.Context(simulated.uri)
        assert simulated.stop() == 0


def test_log_tells_who_connected() -> None:
    with running("empty") as simulated:
        context = iio.Context(simulated.uri)
        context.find_device("ad9361-phy").find_channel("voltage0", True).attrs["hardwaregain"].value = "-20"
        writes = [entry for entry in simulated.log() if entry["event"] == "write"]
        assert writes[-1]["attribute"] == "hardwaregain"
        assert writes[-1]["value"] == "-20"
        assert simulated.log()[0]["event"] == "connect"


def test_it_does_not_outlive_the_test_that_started_it() -> None:
    script = (
        "from sdr.simulated import running\nimport os\nwith running('empty') as s: print(s.pid, flush=True); os.abort()"
    )
    crashed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    process = psutil.Process(int(crashed.stdout)) if psutil.pid_exists(int(crashed.stdout)) else None
    if process is not None:
        process.wait(timeout=10)


def test_two_simulators_are_two_radios() -> None:
    with running("empty") as one, running("empty") as other, running("empty", serial="mine") as named:
        serials = [iio.Context(radio.uri).attrs["hw_serial"] for radio in (one, other, named)]
    assert len(set(serials)) == 3
    assert serials[2] == "mine"


def test_catalogue_is_listed() -> None:
    result = simulator("--list-samples")
    assert result.returncode == 0
    assert "KClO3: 35Cl 28.0846 MHz, 37Cl 22.1348 MHz" in result.stdout
    assert "NaNO2: 14N 1.0380 MHz, 14N 3.6040 MHz, 14N 4.6420 MHz" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--sample", "gold"], "sample 'gold' is not known"),
        (["--converter", "upper"], "needs its local oscillator in Hz"),
        (["--converter", "sideways:1e6"], "must be upper:HZ, lower:HZ or none"),
        (["--firmware", "new"], "firmware must look like v0.39"),
        (["--fault", "earthquake"], "fault 'earthquake' is not known"),
        (["--temperature", "0"], "temperature must be between 1 and 2000 K"),
        (["--radios", "0"], "--radios must be between 1 and 16"),
        (["--radios", "2", "--serial", "x"], "--serial is for one radio"),
    ],
)
def test_bad_arguments_are_named(arguments: list[str], complaint: str) -> None:
    result = simulator("--port", "0", *arguments)
    assert result.returncode == 2
    assert complaint in result.stderr


def test_bad_sample_file_names_the_field(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"lines": [{"frequency_hz": 28e6, "amplitude_over_noise": -1}]}))
    result = simulator("--port", "0", "--sample", str(path))
    assert result.returncode == 2
    assert "lines[0].amplitude_over_noise must be between 0 and 10000, not -1" in result.stderr


def test_busy_port_is_reported() -> None:
    with running("empty") as simulated:
        port = simulated.uri.rsplit(":", 1)[1]
        result = simulator("--port", port)
    assert result.returncode == 1
    assert "cannot listen on 127.0.0.1" in result.stderr


@pytest.mark.integration
def test_one_command_starts_several_radios(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sdr.simulated", "--radios", "3", "--port", "0", "--probe-port", "0"]
    command += ["--sample", "KClO3", "--sample", "NaNO2", "--seed", "5", "--log", str(tmp_path / "log"), "--control"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdin is not None and process.stdout is not None
            said = [process.stdout.readline().split() for _ in range(6)]
            assert [words[0] for words in said] == ["probe", "ready"] * 3
            uris = [words[1] for words in said[1::2]]
            serials = {iio.Context(uri).attrs["hw_serial"] for uri in uris}
            assert len(serials) == 3
            # each has a life of its own: only the second is unplugged
            for line, answer in (("2 unplug", "ok"), ("4 thaw", "no there is no radio 4"), ("thaw", "ok")):
                process.stdin.write(f"{line}\n")
                process.stdin.flush()
                assert process.stdout.readline().strip() == answer
            with pytest.raises(OSError):
                iio.Context(uris[1])
            assert iio.Context(uris[2]).attrs["hw_serial"] in serials
            assert {path.name for path in tmp_path.iterdir()} == {"log", "log.2", "log.3"}
        finally:
            process.terminate()
    assert process.returncode == 0


PROJECT = """
import iio, pytest

@pytest.mark.simulated("NaNO2", serial="theirs")
def test_with_a_radio(simulated_pluto):
    assert iio.Context(simulated_pluto.uri).attrs["hw_serial"] == "theirs"
    simulated_pluto.fault("reboot:3")

def test_with_two(start_simulated_pluto):
    one, other = start_simulated_pluto(firmware="v0.32"), start_simulated_pluto("empty", seed=3)
    assert iio.Context(one.uri).attrs["fw_version"] != iio.Context(other.uri).attrs["fw_version"]
"""


@pytest.mark.integration
def test_other_projects_use_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["sdr.simulated.pytest_plugin"]\n')
    (tmp_path / "test_theirs.py").write_text(PROJECT)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -p no:django -p no:cacheprovider\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "2 passed" in result.stdout, result.stdout + result.stderr


def samples_of(seed: int) -> np.ndarray[Any, Any]:
    """What a client gets that sets the radio up, transmits and receives, always in the same way."""
    document = {"lines": [{"frequency_hz": 28.05e6, "amplitude_over_noise": 3}]}
    with running(document, seed=seed) as simulated:
        context = iio.Context(simulated.uri)
        phy = context.find_device("ad9361-phy")
        phy.find_channel("voltage0", False).attrs["sampling_frequency"].value = "10000000"
        for name in ("altvoltage0", "altvoltage1"):
            phy.find_channel(name, True).attrs["frequency"].value = "428000000"
        transmitter = context.find_device("cf-ad9361-dds-core-lpc")
        for name in ("voltage0", "voltage1"):
            transmitter.find_channel(name, True).enabled = True
        wave = np.zeros((20_000, 2), np.int16)
        wave[:40, 0] = 16_000
        with buffer_of(context.find_device("cf-ad9361-lpc"), 20_000) as received:
            sent = iio.Buffer(transmitter, 20_000, True)
            sent.write(bytearray(wave.tobytes()))
            sent.push()
            blocks = []
            for _ in range(3):
                received.refill()
                blocks.append(np.frombuffer(received.read(), np.int16).copy())
            sent.__del__()
            sent._buffer = None
    return np.concatenate(blocks)


@pytest.mark.integration
def test_same_seed_and_same_commands_give_the_same_samples() -> None:
    one, again, other = samples_of(7), samples_of(7), samples_of(8)
    assert np.abs(one).max() == 2048  # the leakage is there, so it transmitted
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
