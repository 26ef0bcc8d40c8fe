"""The bucket for captures and spectra, on an S3 server."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import bucket
from tools.processes import SupervisedProcess, free_port
from webapp.config import environment

pytestmark = pytest.mark.integration


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[dict[str, str]]:
    port = free_port()
    server = SupervisedProcess(
        "s3", [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)],
        log=tmp_path / "s3.log", environment=os.environ, cwd=tmp_path,
        ready=lambda process: "Running on" in process.output(),
    )  # fmt: skip
    server.start()
    yield {
        "RASGADO_STORAGE": "s3", "AWS_S3_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_S3_REGION_NAME": "us-east-1",
        "AWS_STORAGE_BUCKET_NAME": "facility", "AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "something",
    }  # fmt: skip
    server.stop()


def test_it_is_made_once(storage: dict[str, str]) -> None:
    settings = environment.read(storage)
    assert bucket.ensure(settings)
    assert not bucket.ensure(settings)


def test_a_storage_that_is_not_there_is_said(
    storage: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in storage.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_S3_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert bucket.main() == 1
    assert "bucket facility cannot be made" in capsys.readouterr().err
