"""Captures in the storage: what comes back is what was measured, or an error that says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from moto import mock_aws

from acquisition.errors import RecordError
from acquisition.shot import Capture
from webapp.runs.models import Run
from webapp.runs.services import captures


@pytest.fixture
def capture() -> Capture:
    rng = np.random.default_rng(1)
    samples = (rng.normal(size=3000) + 1j * rng.normal(size=3000)).astype(np.complex64)
    waveform = np.zeros(500, np.complex64)
    waveform[::50] = 0.5
    return Capture(
        samples, waveform, 10e6, 28.1e6, 4e-6, 64, "survey", "window 1", "exact", 297.0, "KClO3", "alpha", "7", 1.7e9
    )


def assert_same(loaded: Capture, capture: Capture) -> None:
    assert np.array_equal(loaded.samples, capture.samples)
    assert np.array_equal(loaded.waveform, capture.waveform)
    for name in ("sample_rate_hz", "centre_frequency_hz", "dead_time_s", "averages", "method", "temperature_k"):
        assert getattr(loaded, name) == getattr(capture, name), name


def test_round_trip(make_run: Callable[..., Run], capture: Capture) -> None:
    run = make_run(fence=3)
    record = captures.store(run, 0, capture)
    assert record.complete and record.averages == 64
    assert record.size_bytes >= 3500 * 8
    assert "fence-3" in record.name
    assert_same(captures.load(record), capture)


def test_owners_with_other_fences_write_other_files(make_run: Callable[..., Run], capture: Capture) -> None:
    run = make_run()
    first = captures.save_files(run.pk, 0, 1, capture)
    second = captures.save_files(run.pk, 0, 2, capture)
    assert first.name != second.name
    assert captures.save_files(run.pk, 0, 2, capture).name == second.name


@pytest.mark.parametrize("part", range(4))
def test_changed_files_are_noticed(make_run: Callable[..., Run], capture: Capture, part: int) -> None:
    record = captures.store(make_run(), 0, capture)
    storage = storages["captures"]
    name = captures.file_names(record.name)[part]
    with storage.open(name, "rb") as file:
        content = bytearray(file.read())
    content[len(content) // 2] ^= 1
    storage.delete(name)
    storage.save(name, ContentFile(bytes(content)))
    with pytest.raises(RecordError, match="changed"):
        captures.load(record)


@pytest.mark.parametrize("part", range(4))
def test_missing_files_are_noticed(make_run: Callable[..., Run], capture: Capture, part: int) -> None:
    record = captures.store(make_run(), 0, capture)
    storages["captures"].delete(captures.file_names(record.name)[part])
    with pytest.raises(RecordError, match="missing"):
        captures.load(record)


@pytest.fixture
def s3(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The object storages as in production with RASGADO_STORAGE=s3, their requests answered by moto."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    options = {"bucket_name": "nqr", "region_name": "us-east-1", "default_acl": None, "file_overwrite": True}
    settings.STORAGES = settings.STORAGES | {
        name: {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options | {"location": name}}
        for name in ("captures", "spectra")
    }
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="nqr")
        yield


def test_the_same_on_object_storage(
    s3: None, make_run: Callable[..., Run], make_spectrum: Callable[..., Any], capture: Capture
) -> None:
    from webapp.spectra.services import bins

    record = captures.store(make_run(), 0, capture)
    assert_same(captures.load(record), capture)
    storages["captures"].delete(captures.file_names(record.name)[0])
    with pytest.raises(RecordError, match="missing"):
        captures.load(record)
    spectrum = make_spectrum(points=5000)
    assert bins(spectrum, columns=100).kind == "minmax"
