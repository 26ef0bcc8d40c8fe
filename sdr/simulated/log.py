"""The radio's own log: what really happened, one JSON object a line, for tests to compare with what software says."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any


class EventLog:
    """Appends events to a file, flushed per line; without a path events are dropped."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._file = path.open("a", encoding="ascii") if path is not None else None

    def record(self, event: str, time_s: float, **details: Any) -> None:
        """Write one event; `time_s` is the radio's own (virtual) time, the wall clock is added."""
        if self._file is None:
            return
        entry = {"t_s": round(time_s, 9), "unix_s": round(time.time(), 6), "event": event, **details}
        with self._lock:
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()


def read_log(path: Path) -> list[dict[str, Any]]:
    """All complete entries of a log file, oldest first."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="ascii").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]
