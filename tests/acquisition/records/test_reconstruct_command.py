"""`manage.py reconstruct`: once as a user runs it, a process without database and Redis, then within the test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from acquisition.comb import Comb
from acquisition.records.sigmf_record import write_capture
from tests.acquisition.synthetic import SyntheticLine, synthetic_capture

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def recordings(tmp_path: Path) -> list[str]:
    waveform = Comb(20e-6, 1e-6, 4e-3).waveform(10e6)
    capture = synthetic_capture(waveform, [SyntheticLine(28.1e6, 300e-6)], 1.0)
    first, *_ = write_capture(tmp_path, "one", capture)
    broken, data, *_ = write_capture(tmp_path, "broken", capture)
    data.write_bytes(data.read_bytes()[:-5])
    last, *_ = write_capture(tmp_path, "two", capture)
    return [str(first), str(broken), str(last)]


def run(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"REDIS_URL": "redis://127.0.0.1:1/0", "RASGADO_DATA_DIR": str(tmp_path / "none")}
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "reconstruct", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        env=environment,
        check=False,
    )


def test_json_lines_and_one_sentence_for_the_bad_one(tmp_path: Path, recordings: list[str]) -> None:
    done = run(tmp_path, *recordings, "--json")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "broken.sigmf-data" in done.stderr and "truncated" in done.stderr
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert [item["recording"] for item in objects] == [recordings[0], recordings[2]]
    (line,) = objects[0]["lines"]
    assert set(line) == {
        "frequency_hz",
        "frequency_sigma_hz",
        "fwhm_hz",
        "amplitude",
        "snr",
        "unfolding_confidence",
    }
    assert abs(line["frequency_hz"] - 28.1e6) < 4 * line["frequency_sigma_hz"]
    assert abs(objects[0]["noise_sigma"] - 1) < 0.05


def test_table_for_people(recordings: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("reconstruct", recordings[0])
    out, err = capsys.readouterr()
    assert "28.1000" in out and err == ""


def test_wrong_option_names_field_and_limit(recordings: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("reconstruct", recordings[0], "--false-alarms", "-1")
    assert ended.value.code == 1
    err = capsys.readouterr().err
    assert "false_alarms_per_survey" in err and "at least" in err
