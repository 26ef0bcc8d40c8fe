"""Stored captures: SigMF files in the storage "captures", and a row with the hash of their bytes."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from acquisition.errors import RecordError
from acquisition.records import sigmf_record
from acquisition.shot import Capture
from webapp.runs.models import CaptureRecord, Run

_BLOCK = 1 << 20


@dataclass(frozen=True)
class StoredFiles:
    """Files of one capture that are in the storage: `name` without extension, and what `digest` made of them."""

    name: str
    sha256: str
    size_bytes: int


def file_names(name: str) -> tuple[str, ...]:
    """The storage names of a capture's files: recording and excitation, each as data and metadata."""
    return tuple(f"{name}{part}.sigmf-{kind}" for part in ("", "-excitation") for kind in ("data", "meta"))


def digest(files: Iterable[Path]) -> str:
    """SHA-256 over the lines "<sha256 of the file>  <file name>", sorted by name, as sha256sum prints them."""
    lines = []
    for path in sorted(files, key=lambda path: path.name):
        with path.open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}\n")
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def save_files(run_id: int, index: int, fence: int, capture: Capture) -> StoredFiles:
    """Write the files of a capture. Their names hold the fence, so that an old owner cannot overwrite a new one's."""
    folder = f"run-{run_id:08d}"
    base = f"shot-{index:05d}-fence-{fence}"
    storage = storages["captures"]
    with tempfile.TemporaryDirectory(prefix="rasgado-capture-") as temporary:
        files = [Path(path) for path in sigmf_record.write_capture(Path(temporary), base, capture)]
        for path in files:
            with path.open("rb") as file:
                _put(storage, f"{folder}/{path.name}", file.read())
        return StoredFiles(f"{folder}/{base}", digest(files), sum(path.stat().st_size for path in files))


def transmit_s(capture: Capture) -> float:
    """Time in seconds for which the transmitter sent anything, over all averages of the capture; delays are silent."""
    return capture.averages * int(np.count_nonzero(capture.waveform)) / capture.sample_rate_hz


def record(files: StoredFiles, run: Run, index: int, capture: Capture, *, complete: bool) -> CaptureRecord:
    """The row of a capture whose files are stored; call it in the transaction that proves the run to be ours."""
    return CaptureRecord.objects.create(
        run=run,
        index=index,
        name=files.name,
        sha256=files.sha256,
        size_bytes=files.size_bytes,
        method=capture.method,
        purpose=capture.purpose[:200],
        centre_frequency_hz=capture.centre_frequency_hz,
        sample_rate_hz=capture.sample_rate_hz,
        averages=capture.averages,
        transmit_s=transmit_s(capture),
        alignment=capture.alignment,
        complete=complete,
    )


def store(run: Run, index: int, capture: Capture, complete: bool = True) -> CaptureRecord:
    """Files and row in one step."""
    return record(save_files(run.pk, index, run.fence, capture), run, index, capture, complete=complete)


def load(stored: CaptureRecord) -> Capture:
    """The capture, after its files were checked against the hash; raises RecordError if they are missing or changed."""
    storage = storages["captures"]
    with tempfile.TemporaryDirectory(prefix="rasgado-capture-") as temporary:
        paths = []
        for name in file_names(stored.name):
            path = Path(temporary) / Path(name).name
            try:
                with storage.open(name, "rb") as source, path.open("wb") as target:
                    while block := source.read(_BLOCK):
                        target.write(block)
            except FileNotFoundError:
                raise RecordError(name, "The file is missing from the storage.") from None
            paths.append(path)
        if digest(paths) != stored.sha256:
            raise RecordError(stored.name, "The files have changed since they were stored; their hash is another.")
        return sigmf_record.read_capture(Path(temporary) / f"{Path(stored.name).name}.sigmf-meta")


def _put(storage: Storage, name: str, content: bytes) -> None:
    storage.delete(name)  # left by an earlier try of the same owner, if there at all
    saved = storage.save(name, ContentFile(content))
    if saved != name:
        storage.delete(saved)
        raise RecordError(name, f"The storage has another file of this name and offered {saved}.")
