"""What one radio did, said by whoever was in charge of it: an append-only file beside its lock, one JSON object a line.

Driver and guard write into the same file. Each line is opened, appended and closed by itself, so both may do so at any
time and a killed process leaves whole lines. The file is bounded: when it is full it becomes the older of two, and the
older one goes. A worker copies new lines into the database for people to see; writing needs no database.

Every line has `id` (never the same twice), `time_unix_s`, `by` ("driver" or "guard"), `event` and `run`, what it was
done for. Events: opened, refused, waited, transmission, ended, safe, closed, guard_started, tx_off, failed, stopped,
killed_driver, goodbye; docs/how-to/limits-and-emergency-stop.md says what each holds.
"""

from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path
from typing import Any

from sdr.lock import file_stem, lock_directory

LARGEST_BYTES = 2_000_000


def log_path(uri: str) -> Path:
    """Where the log of the radio at `uri` is."""
    return lock_directory() / f"{file_stem(uri)}.log.jsonl"


def older(path: Path) -> Path:
    """Where a log goes when it is full."""
    return path.with_name(f"{path.name}.1")


class RadioLog:
    """Appends to a log; `common` is in every line."""

    def __init__(self, path: Path, by: str, run: str = "", **common: object) -> None:
        self._path = path
        self._common = {"by": by, "run": run} | common

    def write(self, event: str, **details: object) -> None:
        """Append one line. Numbers that are not finite become null."""
        now_ns = time.time_ns()
        head = {"id": f"{now_ns:x}-{os.getpid():x}", "time_unix_s": now_ns / 1e9, "event": event}
        line = json.dumps(_plain(head | self._common | details)) + "\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            os.write(descriptor, line.encode())
            full = os.fstat(descriptor).st_size > LARGEST_BYTES
        finally:
            os.close(descriptor)
        if full:
            # Who appends to the old file at this moment still writes a whole line, into the older one.
            os.replace(self._path, older(self._path))


def read(path: Path) -> list[dict[str, Any]]:
    """Every whole line of a log and of the older one before it, oldest first."""
    found: list[dict[str, Any]] = []
    for file in (older(path), path):
        try:
            text = file.read_bytes()
        except FileNotFoundError:
            continue
        found += [json.loads(line) for line in text[: text.rfind(b"\n") + 1].splitlines()]
    return found


def _plain(value: Any) -> Any:
    """As JSON can say it."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value
