"""Captures as SigMF recordings, the form that anyone's data can be processed in (docs/reference/capture-record.md)."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from acquisition.errors import RecordError
from acquisition.records.radio_record import plain_calibration, plain_radio, read_calibrations, read_radio
from acquisition.shot import Capture, ComplexArray

SPECIFICATION = "1.2.6"
EXTENSION_VERSION = "1.0.0"
DATATYPE = "cf32_le"
BYTES_PER_SAMPLE = 8
SAMPLES_MAX = 1 << 24
META_BYTES_MAX = 4 << 20
SAMPLE_RATE_MIN_HZ, SAMPLE_RATE_MAX_HZ = 1e3, 1e10
_SUFFIXES = (".sigmf-meta", ".sigmf-data", ".sigmf")
_NAME = re.compile(r"[A-Za-z0-9_.+ -]{1,200}")


@dataclass(frozen=True)
class _Files:
    meta: Path
    data: Path


def write_capture(folder: str | Path, name: str, capture: Capture) -> list[Path]:
    """Write a capture as NAME.sigmf-meta/-data with its waveform as NAME-excitation.sigmf-meta/-data.

    Returns the four paths. Metadata are written after their data, so a recording with metadata is complete. Raises
    RecordError for a name that is no plain file name and for a capture that could not be read back.
    """
    directory = Path(folder)
    if not _NAME.fullmatch(name) or name.startswith("."):
        raise RecordError(name, "the name of a recording may hold letters, digits, spaces and _ . + - only.", "name")
    if len(capture.waveform) > len(capture.samples):
        raise RecordError(name, "the excitation is longer than the reception.", "rasgado:excitation")
    excitation = f"{name}-excitation"
    facts: dict[str, Any] = {
        "rasgado:excitation": f"{excitation}.sigmf-meta",
        "rasgado:dead_time_s": float(capture.dead_time_s),
        "rasgado:averages": int(capture.averages),
        "rasgado:method": capture.method,
        "rasgado:alignment": capture.alignment,
    }
    optional = {
        "rasgado:purpose": capture.purpose or None,
        "rasgado:sample": capture.sample,
        "rasgado:temperature_k": capture.temperature_k,
        "rasgado:instrument": capture.instrument,
        "rasgado:run": capture.run,
        "rasgado:notes": list(capture.notes) or None,
        "rasgado:missing": [[int(first), int(behind)] for first, behind in capture.missing] or None,
        "rasgado:radio": None if capture.radio is None else plain_radio(capture.radio),
        "rasgado:calibrations": [plain_calibration(used) for used in capture.calibrations] or None,
    }
    facts |= {key: value for key, value in optional.items() if value is not None}
    paths = _write(directory, excitation, capture.waveform, capture, {"core:description": "Transmitted waveform."})
    return _write(directory, name, capture.samples, capture, facts) + paths


def _write(folder: Path, name: str, samples: ComplexArray, capture: Capture, facts: dict[str, Any]) -> list[Path]:
    files = _files(folder / name)
    data = np.ascontiguousarray(samples, dtype="<c8").tobytes()
    segment: dict[str, Any] = {"core:sample_start": 0, "core:frequency": float(capture.centre_frequency_hz)}
    if capture.started_at_unix_s is not None:
        moment = datetime.fromtimestamp(capture.started_at_unix_s, UTC)
        segment["core:datetime"] = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
    meta = {
        "global": {
            "core:datatype": DATATYPE,
            "core:version": SPECIFICATION,
            "core:sample_rate": float(capture.sample_rate_hz),
            "core:num_channels": 1,
            "core:sha512": hashlib.sha512(data).hexdigest(),
            "core:recorder": "RASGADO NQR",
            "core:extensions": [{"name": "rasgado", "version": EXTENSION_VERSION, "optional": True}],
            **facts,
        },
        "captures": [segment],
        "annotations": [],
    }
    files.data.write_bytes(data)
    files.meta.write_text(json.dumps(meta, indent=1, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    return [files.meta, files.data]


def read_capture(path: str | Path) -> Capture:
    """Read a capture; `path` may name the metadata, the data or neither of the two suffixes.

    Samples are memory-mapped. Raises RecordError, naming file and field, for anything that is missing, truncated or
    inconsistent.
    """
    files = _files(Path(path))
    header, segment = _metadata(files)
    rate = _number(files.meta, header, "core:sample_rate", above=0.0)
    if not SAMPLE_RATE_MIN_HZ <= rate <= SAMPLE_RATE_MAX_HZ:
        message = f"core:sample_rate must be {SAMPLE_RATE_MIN_HZ:g} to {SAMPLE_RATE_MAX_HZ:g} Hz, not {rate:g}."
        raise RecordError(str(files.meta), message, "core:sample_rate")
    frequency = _number(files.meta, segment, "core:frequency", least=0.0)
    dead_time = _number(files.meta, header, "rasgado:dead_time_s", least=0.0)
    averages = _number(files.meta, header, "rasgado:averages", least=1.0, default=1.0)
    if averages != int(averages):
        raise RecordError(str(files.meta), "rasgado:averages must be a whole number.", "rasgado:averages")
    samples = _samples(files, header)
    excitation = _excitation_files(files, header)
    waveform_header, _ = _metadata(excitation)
    waveform_rate = _number(excitation.meta, waveform_header, "core:sample_rate", above=0.0)
    if not math.isclose(waveform_rate, rate, rel_tol=1e-9):
        message = f"core:sample_rate is {waveform_rate:g} Hz, but the recording has {rate:g} Hz; they must be equal."
        raise RecordError(str(excitation.meta), message, "core:sample_rate")
    waveform = _samples(excitation, waveform_header)
    if len(waveform) > len(samples):
        message = f"the excitation has {len(waveform)} samples, more than the {len(samples)} received."
        raise RecordError(str(files.meta), message, "rasgado:excitation")
    if dead_time * rate >= len(samples):
        message = f"rasgado:dead_time_s of {dead_time:g} s is longer than the whole recording."
        raise RecordError(str(files.meta), message, "rasgado:dead_time_s")
    return Capture(
        samples=samples,
        waveform=waveform,
        sample_rate_hz=rate,
        centre_frequency_hz=frequency,
        dead_time_s=dead_time,
        missing=_stretches(files.meta, header, len(samples)),
        averages=int(averages),
        method=_text(header, "rasgado:method") or "survey",
        purpose=_text(header, "rasgado:purpose") or "",
        alignment=_text(header, "rasgado:alignment") or "exact",
        temperature_k=_optional_number(files.meta, header, "rasgado:temperature_k"),
        sample=_text(header, "rasgado:sample"),
        instrument=_text(header, "rasgado:instrument"),
        run=_text(header, "rasgado:run"),
        started_at_unix_s=_moment(segment),
        notes=tuple(note for note in _list(header, "rasgado:notes") if isinstance(note, str)),
        radio=read_radio(header.get("rasgado:radio")),
        calibrations=read_calibrations(header.get("rasgado:calibrations")),
    )


def _files(path: Path) -> _Files:
    """Metadata and data file of a recording."""
    name = path.name
    if not name:
        raise RecordError(str(path), "is no name of a recording.")
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            name = name[: -len(suffix)]
            break
    return _Files(path.with_name(name + ".sigmf-meta"), path.with_name(name + ".sigmf-data"))


def _excitation_files(files: _Files, header: dict[str, Any]) -> _Files:
    value = header.get("rasgado:excitation")
    if not isinstance(value, str) or not value:
        raise RecordError(
            str(files.meta), "rasgado:excitation, the name of the excitation, is missing.", "rasgado:excitation"
        )
    if re.search(r"[/\\\x00\ud800-\udfff]", value) or value in {".", ".."} or len(value) > 255:
        message = "rasgado:excitation must be the name of a file in the same folder, without any path."
        raise RecordError(str(files.meta), message, "rasgado:excitation")
    return _files(files.meta.with_name(value))


def _metadata(files: _Files) -> tuple[dict[str, Any], dict[str, Any]]:
    """The global object and the first capture segment."""
    path = files.meta
    try:
        with path.open("rb") as stream:
            raw = stream.read(META_BYTES_MAX + 1)
    except OSError as error:
        raise RecordError(str(path), f"cannot be read: {error.strerror or error}.") from None
    if len(raw) > META_BYTES_MAX:
        raise RecordError(str(path), f"is larger than {META_BYTES_MAX >> 20} MiB, which metadata never are.")
    try:
        meta = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):  # not UTF-8, not JSON, or a number of thousands of digits
        raise RecordError(str(path), "is not valid JSON.") from None
    header = meta.get("global") if isinstance(meta, dict) else None
    if not isinstance(header, dict):
        raise RecordError(str(path), "has no SigMF global object.", "global")
    datatype = header.get("core:datatype")
    if datatype != DATATYPE:
        raise RecordError(str(path), f"core:datatype must be {DATATYPE}, not {str(datatype)[:40]}.", "core:datatype")
    if header.get("core:num_channels", 1) != 1:
        raise RecordError(str(path), "core:num_channels must be 1.", "core:num_channels")
    segments = meta.get("captures")
    if not isinstance(segments, list) or not segments or not isinstance(segments[0], dict):
        segment: dict[str, Any] = {}
    else:
        segment = segments[0]
    if segment.get("core:sample_start", 0) != 0:
        raise RecordError(str(path), "captures[0] must start at sample 0.", "core:sample_start")
    return header, segment


def _samples(files: _Files, header: dict[str, Any]) -> ComplexArray:
    """The samples of one recording, memory-mapped; every one of them finite."""
    path = files.data
    try:
        size = path.stat().st_size
    except OSError as error:
        raise RecordError(str(path), f"cannot be read: {error.strerror or error}.") from None
    if size == 0:
        raise RecordError(str(path), "holds no samples.")
    if size % BYTES_PER_SAMPLE:
        raise RecordError(str(path), f"is truncated: {size} bytes are no whole number of {DATATYPE} samples.")
    if size > SAMPLES_MAX * BYTES_PER_SAMPLE:
        raise RecordError(str(path), f"holds more than {SAMPLES_MAX} samples.")
    try:
        samples = np.memmap(path, dtype="<c8", mode="r")
        expected = header.get("core:sha512")
        if isinstance(expected, str) and hashlib.sha512(samples.data).hexdigest() != expected.lower():
            message = "does not have the core:sha512 of its metadata: it was truncated or changed after it was written."
            raise RecordError(str(path), message, "core:sha512")
    except (OSError, ValueError) as error:
        raise RecordError(str(path), f"cannot be read: {error}.") from None
    if not bool(np.all(np.isfinite(samples.view("<f4")))):
        raise RecordError(str(path), "holds samples that are not finite numbers.")
    return np.asarray(samples)


def _stretches(path: Path, header: dict[str, Any], samples: int) -> tuple[tuple[int, int], ...]:
    """The parts of the recording that hold no data."""
    found = header.get("rasgado:missing", [])
    pairs: list[Any] = found if isinstance(found, list) else [None]
    for pair in pairs:
        whole = isinstance(pair, list) and len(pair) == 2 and all(type(edge) is int for edge in pair)
        if not whole or not 0 <= pair[0] < pair[1] <= samples:
            message = f"rasgado:missing must be pairs [first, behind last] of samples within 0 to {samples}."
            raise RecordError(str(path), message, "rasgado:missing")
    return tuple((first, behind) for first, behind in pairs)


def _number(
    path: Path,
    values: dict[str, Any],
    field: str,
    *,
    above: float | None = None,
    least: float | None = None,
    default: float | None = None,
) -> float:
    value = values.get(field, default)
    if value is None:
        raise RecordError(str(path), f"{field} is missing.", field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RecordError(str(path), f"{field} must be a number.", field)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or abs(number) > 1e15:
        raise RecordError(str(path), f"{field} must be a finite number.", field)
    if above is not None and number <= above:
        raise RecordError(str(path), f"{field} must be greater than {above:g}.", field)
    if least is not None and number < least:
        raise RecordError(str(path), f"{field} must be at least {least:g}.", field)
    return number


def _optional_number(path: Path, values: dict[str, Any], field: str) -> float | None:
    return None if values.get(field) is None else _number(path, values, field)


def _text(values: dict[str, Any], field: str) -> str | None:
    value = values.get(field)
    return value if isinstance(value, str) else None


def _list(values: dict[str, Any], field: str) -> list[Any]:
    value = values.get(field)
    return value if isinstance(value, list) else []


def _moment(segment: dict[str, Any]) -> float | None:
    value = segment.get("core:datetime")
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError):
        return None
