"""Wall-clock times: when clocks are changed, some do not exist and some come twice."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from acquisition.errors import FieldError, InvalidParameters

#: which of two moments with the same wall-clock time is meant
Fold = Literal["earlier", "later"]
FOLDS: tuple[str, ...] = get_args(Fold)

YEAR_MIN, YEAR_MAX = 2000, 2100
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?")


def zone(name: str, field: str = "time_zone") -> ZoneInfo:
    """The IANA zone of this name; raises InvalidParameters."""
    if name in zoneinfo.available_timezones():
        return ZoneInfo(name)
    raise InvalidParameters([FieldError(field, 'Must be the name of an IANA time zone, such as "Europe/London".')])


def read(text: str, field: str) -> datetime.datetime:
    """A time in ISO 8601, aware if it has an offset, else naive; raises InvalidParameters."""
    if _ISO.fullmatch(text):
        try:
            moment = datetime.datetime.fromisoformat(text)
            if YEAR_MIN <= moment.year < YEAR_MAX:
                return moment
        except ValueError:
            pass
    message = f"Must be a time in ISO 8601 between {YEAR_MIN} and {YEAR_MAX}, such as 2027-03-01T09:00:00Z."
    raise InvalidParameters([FieldError(field, message)])


def moment(text: str, zone_name: str | None, fold: Fold | None, field: str) -> datetime.datetime:
    """A time in ISO 8601 as UTC; one without offset is a wall-clock time of the zone. Raises InvalidParameters."""
    read_ = read(text, field)
    if read_.tzinfo is not None:
        return read_.astimezone(datetime.UTC)
    if zone_name is None:
        raise InvalidParameters([FieldError(field, "Give an offset (such as Z for UTC) or a time_zone.")])
    return resolve(read_, zone(zone_name), fold, field)


def resolve(local: datetime.datetime, zone: ZoneInfo, fold: Fold | None, field: str) -> datetime.datetime:
    """The moment in UTC when clocks in `zone` show `local` (naive).

    Raises InvalidParameters for a time that clocks never show, with the next ones that they do, and without `fold` for
    one that they show twice. After PEP 495: the two readings of a time differ in offset only in a gap or a fold, and
    in a gap no moment shows the time.
    """
    first, second = (local.replace(tzinfo=zone, fold=fold_).astimezone(datetime.UTC) for fold_ in (0, 1))
    if first == second:
        return first
    if first.astimezone(zone).replace(tzinfo=None, fold=0) != local:
        # fold=0 uses the offset before the change, and so lies after it by as much as `local` lies behind the change
        before, after = (moment.astimezone(zone).replace(tzinfo=None) for moment in (second, first))
        message = (
            f"{local:%Y-%m-%d %H:%M} does not exist in {zone.key}: clocks are put forward over it. "
            f"{before:%H:%M} and {after:%H:%M} exist."
        )
        raise InvalidParameters([FieldError(field, message)])
    if fold is None:
        names = (f"{moment.astimezone(zone):%H:%M %Z}, {moment:%H:%M} UTC" for moment in (first, second))
        message = f"{local:%Y-%m-%d %H:%M} comes twice in {zone.key}, as clocks are put back ({'; '.join(names)}). "
        raise InvalidParameters([FieldError(field, message + "Say fold: earlier or later, or give an offset.")])
    return first if fold == "earlier" else second


def wall_clock(moment: datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
    """What clocks in the zone show, naive."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)
