"""Plain text for titles and mails: one line where one is wanted, no control characters, times with their zone."""

from __future__ import annotations

import datetime
import unicodedata
import zoneinfo

from webapp.accounts.models import User

TITLE_MAX = 200
#: controls, line and paragraph separators, halves of characters, and marks that turn the direction of writing
_UNWANTED = {"Cc", "Cf", "Zl", "Zp", "Cs"}


def one_line(text: str, length_max: int = TITLE_MAX) -> str:
    """The text without line breaks and control characters, at most so long: fit for a mail's header."""
    kept = "".join(" " if unicodedata.category(letter) in _UNWANTED else letter for letter in text)
    line = " ".join(kept.split())
    return line if len(line) <= length_max else line[: length_max - 1].rstrip() + "…"


def zone_of(user: User) -> datetime.tzinfo:
    """The zone that the user chose; UTC if this machine does not know it any more."""
    try:
        return zoneinfo.ZoneInfo(user.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return datetime.UTC


def moment(at: datetime.datetime, zone: datetime.tzinfo) -> str:
    """Mon 1 Mar 2027, 09:00 CET."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


def span(starts_at: datetime.datetime, ends_at: datetime.datetime, zone: datetime.tzinfo) -> str:
    """Mon 1 Mar 2027, 09:00 – 11:00 CET; day and zone are told twice where they change in between."""
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    if start.date() != end.date() or start.utcoffset() != end.utcoffset():
        return f"{moment(starts_at, zone)} – {moment(ends_at, zone)}"
    return f"{start:%a} {start.day} {start:%b %Y, %H:%M} – {end:%H:%M %Z}"


def name_of(user: User | None) -> str:
    """How people are called; without a user it was the facility itself."""
    return "The facility" if user is None else user.get_full_name() or user.get_username()
