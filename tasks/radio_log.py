"""Copies what the radios wrote down beside their locks into the database, for people to see."""

from __future__ import annotations

import json
import logging
import time
from functools import cache
from pathlib import Path
from typing import Any

from django.db import DatabaseError

from sdr import radio_log
from webapp.facility.models import Instrument
from webapp.safety.services import radio_log as kept

log = logging.getLogger(__name__)

_EVERY_S = 1.0
_TRIM_EVERY_S = 600.0
#: lines that were written while others were copied may be a little older than the newest copied one
_OVERLAP_S = 5.0


class LogCopy:
    """Follows one radio's log. What could not be copied is copied the next time; copying twice changes nothing."""

    def __init__(self, instrument_id: int, path: Path) -> None:
        self._instrument_id, self._path = instrument_id, path
        self._file = 0  # its inode number
        self._offset = 0
        self._begun = False
        self._copied_s = -_EVERY_S
        self._trimmed_s = -_TRIM_EVERY_S

    def copy_now_and_then(self) -> None:
        """As `copy`, at most once a second."""
        if time.monotonic() - self._copied_s >= _EVERY_S:
            self.copy()

    def copy(self) -> None:
        """Copy the lines that are new; now and then remove those that are too old or too many."""
        self._copied_s = time.monotonic()
        try:
            lines, file, offset = self._new()
            if lines:
                kept.copy(self._instrument_id, lines)
            self._file, self._offset, self._begun = file, offset, True
            if self._copied_s - self._trimmed_s >= _TRIM_EVERY_S:
                self._trimmed_s = self._copied_s
                kept.trim(self._instrument_id)
        except (DatabaseError, OSError, ValueError, KeyError) as error:
            log.warning("The radio's log %s was not copied: %s", self._path, error)

    def _new(self) -> tuple[list[dict[str, Any]], int, int]:
        """Lines since the last time, and where the log ends now."""
        if not self._path.exists():
            return [], 0, 0
        if not self._begun:
            newest = kept.newest_at(self._instrument_id)
            since_s = newest.timestamp() - _OVERLAP_S if newest is not None else 0.0
            file, offset = self._path.stat().st_ino, self._path.stat().st_size
            return [line for line in radio_log.read(self._path) if line["time_unix_s"] >= since_s], file, offset
        lines: list[dict[str, Any]] = []
        file = self._path.stat().st_ino
        offset = self._offset
        if file != self._file:
            older = radio_log.older(self._path)
            if older.exists() and older.stat().st_ino == self._file:
                lines, _ = _lines_from(older, offset)
            offset = 0
        more, offset = _lines_from(self._path, offset)
        return lines + more, file, offset


def _lines_from(path: Path, offset: int) -> tuple[list[dict[str, Any]], int]:
    """Whole lines from there on, and where they end."""
    with path.open("rb") as file:
        file.seek(offset)
        text = file.read()
    end = text.rfind(b"\n") + 1
    return [json.loads(line) for line in text[:end].splitlines()], offset + end


@cache
def _copy_of(instrument_id: int, path: Path) -> LogCopy:
    return LogCopy(instrument_id, path)


def of(instrument: Instrument) -> LogCopy:
    """The one of this process for the instrument's radio."""
    return _copy_of(instrument.pk, radio_log.log_path(instrument.uri))
