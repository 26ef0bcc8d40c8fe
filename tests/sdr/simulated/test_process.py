"""The simulator as a process: starts, says where it listens, ends at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import iio
import psutil
import pytest

from sdr.simulated import running

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
