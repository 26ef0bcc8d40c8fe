"""`rasgado bookings`, `book`, `move-booking`, `cancel-booking` and `check-in`."""

from __future__ import annotations

import argparse
import datetime
import os
import uuid
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table

from rasgado import output, values
from rasgado.client import Client, Json
from rasgado.commands import NOTES, RESULTS, keeping_key
from rasgado.errors import FieldFault, Refused

FIELDS = ("id", "instrument", "starts_at", "ends_at", "state", "group", "user", "title", "series")
_SCOPES = ("this", "following", "all")
_TIME = "such as 2027-03-01T09:00, with the clocks of --time-zone, or with an offset: 2027-03-01T09:00+01:00"


def add(command: values.Commands) -> None:
    """The commands' arguments."""
    one = command.add_parser("bookings", help="bookings from now on, by their start")
    one.add_argument("--instrument", metavar="SLUG")
    one.add_argument("--group", metavar="SLUG")
    one.add_argument("--state", help="confirmed, pending, cancelled, …; those that hold their time if not given")
    one.add_argument("--mine", action="store_true", help="only for yourself")
    one.add_argument("--past", action="store_true", help="those that have ended, too")
    _zone(one)
    values.formats(one)
    one.set_defaults(command=bookings)

    one = command.add_parser(
        "book", help="book an instrument", description="Book an instrument, once or again and again."
    )
    one.add_argument("--instrument", metavar="SLUG", required=True)
    _times(one, required=True)
    one.add_argument("--group", metavar="SLUG", help="may be left out by members of one group")
    one.add_argument("--user", metavar="NAME", help="for whom; leaders and staff may book for others")
    one.add_argument("--title")
    one.add_argument("--repeat", choices=("daily", "weekly"), help="again and again; needs --count or --until")
    one.add_argument("--interval", type=values.positive, metavar="N", help="every so many days or weeks")
    one.add_argument("--weekdays", metavar="MO,TU,…", help="of --repeat weekly")
    one.add_argument("--count", type=values.positive, metavar="N", help="how many times")
    one.add_argument("--until", metavar="DATE", help="the last day, included")
    one.add_argument("--skip", action="store_true", help="leave out what cannot be booked, instead of booking nothing")
    one.add_argument("--idempotency-key", metavar="TEXT", help="the same key again gives the same booking")
    one.add_argument("--json", dest="as_json", action="store_true")
    one.set_defaults(command=book)

    one = command.add_parser("move-booking", help="move, resize or rename a booking")
    _booking(one)
    _times(one, required=False)
    one.add_argument("--title")
    one.add_argument("--scope", choices=_SCOPES, default="this", help="of a series: it, those after it too, or all")
    one.add_argument("--json", dest="as_json", action="store_true")
    one.set_defaults(command=move)

    one = command.add_parser("cancel-booking", help="give up a booking that has not begun")
    _booking(one)
    one.add_argument("--reason", default="")
    one.add_argument("--scope", choices=_SCOPES, default="this", help="of a series: it, those after it too, or all")
    _zone(one)
    one.add_argument("--json", dest="as_json", action="store_true")
    one.set_defaults(command=cancel)

    one = command.add_parser("check-in", help="say that booked time is being used")
    _booking(one)
    _zone(one)
    one.add_argument("--json", dest="as_json", action="store_true")
    one.set_defaults(command=check_in)


def bookings(client: Client, options: argparse.Namespace) -> int:
    filters = _given(options, "instrument", "group", "state")
    if options.mine:
        filters["mine"] = "true"
    if not options.past:
        filters["ends_after"] = datetime.datetime.now(datetime.UTC).isoformat()
    zone = _shown_zone(options)
    found = client.bookings(**filters)
    if not options.state:
        found = [one for one in found if one["state"] in ("confirmed", "pending", "offered")]
    if options.as_json:
        print(output.as_json(found))
    elif options.as_csv:
        print(output.as_csv(found, FIELDS))
    elif found:
        RESULTS.print(table(found, zone))
    else:
        NOTES.print("There are no bookings.")
    return 0


def book(client: Client, options: argparse.Namespace) -> int:
    zone = _shown_zone(options)
    wanted = _given(options, "group", "user", "title", "fold")
    wanted |= {"instrument": options.instrument, "starts_at": options.starts_at, "ends_at": options.ends_at}
    key = options.idempotency_key or uuid.uuid4().hex
    if options.repeat is None:
        alone = [name for name in ("interval", "weekdays", "count", "until") if getattr(options, name)]
        if alone:
            raise Refused(400, "", [FieldFault(name, f"--{name} is of a --repeat.") for name in alone])
        with keeping_key(key):
            made = client.book(**wanted, time_zone=options.time_zone, idempotency_key=key)
        return _answer(made, options, zone)
    rule = {"frequency": options.repeat, **_given(options, "interval", "count", "until")}
    if options.weekdays:
        rule["weekdays"] = [day.strip().upper() for day in options.weekdays.split(",")]
    if options.skip:
        wanted["on_conflict"] = "skip"
    with keeping_key(key):
        series = client.book_series(**wanted, time_zone=options.time_zone, recurrence=rule, idempotency_key=key)
    if options.as_json:
        print(output.as_json(series))
        return 0
    RESULTS.print(table(series["bookings"], zone))
    for skipped in series["skipped"]:
        NOTES.print(f"Left out {skipped['starts_local']}: {' '.join(skipped['reasons'])}", markup=False)
    return 0


def move(client: Client, options: argparse.Namespace) -> int:
    changes = _given(options, "starts_at", "ends_at", "title", "fold")
    if not changes:
        raise Refused(400, "", [FieldFault("starts_at", "say what to change: --starts-at, --ends-at or --title.")])
    zone = _shown_zone(options)
    moment = {"starts_at", "ends_at"} & changes.keys()
    time_zone = options.time_zone if moment else ""
    made = client.change_booking(options.booking, time_zone=time_zone, scope=options.scope, **changes)
    return _answer(made, options, zone)


def cancel(client: Client, options: argparse.Namespace) -> int:
    zone = _shown_zone(options)
    return _answer(client.cancel_booking(options.booking, reason=options.reason, scope=options.scope), options, zone)


def check_in(client: Client, options: argparse.Namespace) -> int:
    zone = _shown_zone(options)
    return _answer(client.check_in(options.booking), options, zone)


def table(found: Sequence[Json], zone: datetime.tzinfo) -> Table:
    """Bookings with the times of this zone's clocks."""
    shown = Table(box=None, header_style="bold", caption=f"Times of {zone}", caption_justify="left")
    for heading in ("Booking", "Instrument", "From", "To", "State", "Group", "For", "Title"):
        shown.add_column(heading, overflow="fold")
    for one in found:
        start, end = (datetime.datetime.fromisoformat(one[name]).astimezone(zone) for name in ("starts_at", "ends_at"))
        until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
        shown.add_row(
            str(one["id"]), one["instrument"], f"{start:%Y-%m-%d %H:%M}", until, one["state"], one["group"],
            one["user"], one["title"],
        )  # fmt: skip
    return shown


def _answer(booking: Json, options: argparse.Namespace, zone: datetime.tzinfo) -> int:
    if options.as_json:
        print(output.as_json(booking))
        return 0
    start, end = (datetime.datetime.fromisoformat(booking[name]).astimezone(zone) for name in ("starts_at", "ends_at"))
    when = f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} ({zone})"
    text = f"Booking {booking['id']} of {booking['instrument']}, {when}, is {booking['state']}."
    RESULTS.print(text, highlight=False, markup=False)
    return 0


def _given(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


def _shown_zone(options: argparse.Namespace) -> datetime.tzinfo:
    """The zone that times are shown in; UTC if none is named. Raises Refused for one that there is not."""
    try:
        return ZoneInfo(options.time_zone or "UTC")
    except (KeyError, ValueError, OSError):
        message = f"There is no time zone {options.time_zone!r}; it is a name such as Europe/Berlin."
        raise Refused(400, "", [FieldFault("time_zone", message)]) from None


def _booking(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("booking", type=values.positive, metavar="BOOKING", help="number of the booking")


def _times(parser: argparse.ArgumentParser, required: bool) -> None:
    parser.add_argument("--starts-at", metavar="TIME", required=required, help=_TIME)
    parser.add_argument("--ends-at", metavar="TIME", required=required)
    parser.add_argument("--fold", choices=("earlier", "later"), help="which is meant of a time that comes twice")
    _zone(parser)


def _zone(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--time-zone", metavar="ZONE", default=os.environ.get("RASGADO_TIME_ZONE", ""),
        help="such as Europe/Berlin; instead of RASGADO_TIME_ZONE",
    )  # fmt: skip
