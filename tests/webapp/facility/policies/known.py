"""Facts and wishes for the policies' tests, which need no database: it is Monday, 1 March 2027, 08:00 UTC."""

from __future__ import annotations

import datetime
from typing import Any
from zoneinfo import ZoneInfo

from webapp.facility.bookings.values import Facts, Rules, Span, Wish

NOW = datetime.datetime(2027, 3, 1, 8, tzinfo=datetime.UTC)


def at(hours: float) -> datetime.datetime:
    return NOW + datetime.timedelta(hours=hours)


def span(start: float, end: float | None) -> Span:
    return Span(at(start), None if end is None else at(end))


def wish(start: float, end: float, **fields: Any) -> Wish:
    return Wish(span(start, end), **fields)


def facts(zone: str = "UTC", **fields: Any) -> Facts:
    rules = {name: fields.pop(name) for name in list(fields) if name in Rules.__dataclass_fields__}
    return Facts(now=NOW, rules=Rules(**rules), zone=ZoneInfo(zone), display_zone=ZoneInfo("UTC"), **fields)
