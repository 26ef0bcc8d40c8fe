"""Captures as SigMF: there and back, and every way in which a recording can be wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sigmf
from sigmf import validate

from acquisition.errors import RecordError
from acquisition.reception import RadioState, UsedCalibration
from acquisition.reconstruction import ReconstructionParameters
from acquisition.records.offline import reconstruct_recordings
from acquisition.records.sigmf_record import read_capture, write_capture
from acquisition.shot import Capture


@pytest.fixture
def capture() -> Capture:
    rng = np.random.default_rng(3)
    samples = (rng.standard_normal(500) + 1j * rng.standard_normal(500)).astype(np.complex64)
    waveform = np.zeros(300, dtype=np.complex64)
    waveform[::20] = 0.5
    return Capture(
        samples,
        waveform,
        10e6,
        28.1e6,
        1e-6,
        16,
        purpose="window 1",
        temperature_k=295.0,
        sample="KClO3 – größer",
        instrument="demo",
        run="42",
        started_at_unix_s=1.75e9,
        notes=("a note",),
        radio=RadioState(428.1e6, True, 0.7, (1, 1j, -1, -1j), 0.9e-6),
        calibrations=(UsedCalibration("xo_error", 1.5e-6, 2e-8, 0.0, 7, "2026-03-01T12:00:00+00:00"),),
    )


@pytest.fixture
def recording(tmp_path: Path, capture: Capture) -> Path:
    return write_capture(tmp_path, "shot", capture)[0]


def test_there_and_back(tmp_path: Path, capture: Capture) -> None:
    paths = write_capture(tmp_path, "shot-01", capture)
    assert [path.name for path in paths] == [
        "shot-01.sigmf-meta",
        "shot-01.sigmf-data",
        "shot-01-excitation.sigmf-meta",
        "shot-01-excitation.sigmf-data",
    ]
    for path in (paths[0], paths[1], tmp_path / "shot-01"):
        read = read_capture(path)
        np.testing.assert_array_equal(read.samples, capture.samples)
        np.testing.assert_array_equal(read.waveform, capture.waveform)
        for name in ("sample_rate_hz", "centre_frequency_hz", "dead_time_s", "averages", "method", "purpose"):
            assert getattr(read, name) == getattr(capture, name)
        for name in ("temperature_k", "sample", "instrument", "run", "started_at_unix_s", "notes", "alignment"):
            assert getattr(read, name) == getattr(capture, name)
        assert (read.radio, read.calibrations) == (capture.radio, capture.calibrations)


@pytest.mark.parametrize(
    "value", [7, {}, {"frequency_hz": "x"}, [None], [{"quantity": 3}], [{"quantity": "a", "value": None}], {"a": 1e999}]
)
def test_what_is_said_of_the_radio_in_an_odd_form_is_left_out(recording: Path, value: Any) -> None:
    change(recording, lambda meta: meta["global"].update({"rasgado:radio": value, "rasgado:calibrations": value}))
    read = read_capture(recording)
    assert read.radio is None
    assert read.calibrations == ()


def test_what_is_written_is_valid_sigmf(recording: Path) -> None:
    for name in ("shot", "shot-excitation"):
        meta = json.loads(recording.with_name(f"{name}.sigmf-meta").read_text(encoding="utf-8"))
        validate.validate(meta)
        opened = sigmf.fromfile(str(recording.with_name(name)))
        assert opened.read_samples().dtype == np.complex64


def test_unsafe_names_are_not_written(tmp_path: Path, capture: Capture) -> None:
    for name in ("../shot", "a/b", "", ".hidden", "a\\b"):
        with pytest.raises(RecordError):
            write_capture(tmp_path, name, capture)


def change(path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    meta = json.loads(path.read_text(encoding="utf-8"))
    edit(meta)
    path.write_text(json.dumps(meta), encoding="utf-8")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("core:datatype", "ci16_le"),
        ("core:datatype", None),
        ("core:num_channels", 2),
        ("core:sample_rate", None),
        ("core:sample_rate", 0),
        ("core:sample_rate", -1e6),
        ("core:sample_rate", 1e-300),
        ("core:sample_rate", float("nan")),
        ("core:sample_rate", float("inf")),
        ("core:sample_rate", 10**400),
        ("core:sample_rate", "10 MHz"),
        ("core:sample_rate", True),
        ("core:sample_rate", 5e6),
        ("rasgado:dead_time_s", None),
        ("rasgado:dead_time_s", -1e-6),
        ("rasgado:dead_time_s", float("nan")),
        ("rasgado:dead_time_s", 1.0),
        ("rasgado:averages", 0),
        ("rasgado:averages", 1.5),
        ("rasgado:excitation", None),
        ("rasgado:excitation", ""),
        ("rasgado:excitation", 7),
        ("rasgado:excitation", "../shot-excitation.sigmf-meta"),
        ("rasgado:excitation", "/etc/passwd"),
        ("rasgado:excitation", "..\\shot-excitation"),
        ("rasgado:excitation", "nowhere"),
        ("rasgado:excitation", "\ud800"),
        ("core:sha512", "0" * 128),
    ],
)
def test_wrong_fields_are_named(recording: Path, field: str, value: object) -> None:
    def edit(meta: dict[str, Any]) -> None:
        if value is None:
            meta["global"].pop(field, None)
        else:
            meta["global"][field] = value

    change(recording, edit)
    with pytest.raises(RecordError) as caught:
        read_capture(recording)
    assert caught.value.field == field or "nowhere" in str(caught.value)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_missing_centre_frequency(recording: Path) -> None:
    change(recording, lambda meta: meta["captures"][0].pop("core:frequency"))
    with pytest.raises(RecordError, match="core:frequency is missing"):
        read_capture(recording)


@pytest.mark.parametrize("frequency", [-28e6, None, "28 MHz", float("nan")])
def test_a_frequency_that_cannot_be_one(recording: Path, frequency: object) -> None:
    meta = json.loads(recording.read_text())
    meta["captures"][0]["core:frequency"] = frequency
    recording.write_text(json.dumps(meta))
    with pytest.raises(RecordError) as raised:
        read_capture(recording)
    assert raised.value.field == "core:frequency"


@pytest.mark.parametrize("path", ["", ".", "/"])
def test_a_path_without_a_name(path: str) -> None:
    with pytest.raises(RecordError):
        read_capture(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"global": 3}', "\xff", "[" * 100_000, "9" * 5000])
def test_metadata_that_are_none(recording: Path, text: str) -> None:
    recording.write_bytes(text.encode("latin-1"))
    with pytest.raises(RecordError):
        read_capture(recording)


@pytest.mark.parametrize("name", ["shot", "shot-excitation"])
def test_truncated_data(recording: Path, name: str) -> None:
    data = recording.with_name(f"{name}.sigmf-data")
    whole = data.read_bytes()
    for kept in (0, 5, len(whole) - 3, len(whole) - 8):
        data.write_bytes(whole[:kept])
        with pytest.raises(RecordError, match="truncated|no samples"):
            read_capture(recording)
    data.unlink()
    with pytest.raises(RecordError, match="cannot be read"):
        read_capture(recording)


def without_hashes(recording: Path) -> None:
    for name in ("shot", "shot-excitation"):
        change(recording.with_name(f"{name}.sigmf-meta"), lambda meta: meta["global"].pop("core:sha512"))


def test_samples_that_are_not_finite(recording: Path) -> None:
    without_hashes(recording)
    data = np.fromfile(recording.with_name("shot.sigmf-data"), dtype="<c8")
    data[17] = complex(1, np.nan)
    data.tofile(recording.with_name("shot.sigmf-data"))
    with pytest.raises(RecordError, match="not finite"):
        read_capture(recording)


def test_excitation_longer_than_the_recording(recording: Path) -> None:
    without_hashes(recording)
    np.ones(501, dtype="<c8").tofile(recording.with_name("shot-excitation.sigmf-data"))
    with pytest.raises(RecordError, match="501"):
        read_capture(recording)


def test_other_peoples_recordings_need_little(tmp_path: Path) -> None:
    """Only what the documented form asks for: no hashes, no extension list, excitation named without a suffix."""
    for name in ("mine", "pulse"):
        np.ones(100 if name == "mine" else 4, dtype="<c8").tofile(tmp_path / f"{name}.sigmf-data")
        facts = {"core:datatype": "cf32_le", "core:version": "1.0.0", "core:sample_rate": 2000000}
        if name == "mine":
            facts |= {"rasgado:excitation": "pulse", "rasgado:dead_time_s": 2e-6, "rasgado:averages": 1}
        captures = [{"core:sample_start": 0, "core:frequency": 30e6}]
        meta = {"global": facts, "captures": captures if name == "mine" else [], "annotations": []}
        (tmp_path / f"{name}.sigmf-meta").write_text(json.dumps(meta))
    read = read_capture(tmp_path / "mine.sigmf-meta")
    assert (len(read.samples), len(read.waveform), read.centre_frequency_hz) == (100, 4, 30e6)


def test_bad_recordings_do_not_stop_the_others(tmp_path: Path, recording: Path) -> None:
    paths = [str(tmp_path / "none.sigmf-meta"), str(recording)]
    bad, good = reconstruct_recordings(paths, ReconstructionParameters())
    assert bad.reconstruction is None and "none.sigmf-meta" in bad.error
    assert good.reconstruction is not None
    assert set(good.as_json()) >= {"recording", "lines", "noise_sigma"}
