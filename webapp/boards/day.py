"""A day of the whole facility: what was planned and what took place on each instrument, and its picture."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse

from webapp.facility.models import Booking, Instrument, Outage
from webapp.home import svg
from webapp.notifications.wording import name_of
from webapp.runs.models import Run

#: sizes of the picture
WIDTH, LEFT, RIGHT = 1080, 130, 1060
TOP, ROW, LANE, GAP = 34, 74, 28, 6
_TICK_HOURS = 3
#: narrower bars have no room for words
_WORDS_MIN = 46


@dataclass(frozen=True)
class Entry:
    """A stretch of time on an instrument; times as they are, even where they reach over the day."""

    kind: str  # "booking", "run" or "outage"
    starts_at: datetime.datetime
    ends_at: datetime.datetime | None
    title: str
    who: str
    state: str
    state_label: str
    path: str


@dataclass(frozen=True)
class Day:
    """The facility from one midnight to the next, as the zone of the viewer has them: 23 to 25 hours."""

    date: datetime.date
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    rows: list[tuple[Instrument, list[Entry]]]


def day(date: datetime.date, zone: datetime.tzinfo, now: datetime.datetime) -> Day:
    """Everything of that day. Bookings that were given up are left out; a run under way lasts until now."""
    starts_at = datetime.datetime.combine(date, datetime.time(), zone).astimezone(datetime.UTC)
    following = date + datetime.timedelta(days=1)
    ends_at = datetime.datetime.combine(following, datetime.time(), zone).astimezone(datetime.UTC)
    found: dict[int, list[Entry]] = {}
    for outage in Outage.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=starts_at), starts_at__lt=ends_at, withdrawn_at__isnull=True
    ).select_related("instrument"):
        found.setdefault(outage.instrument_id, []).append(_outage(outage))
    for booking in Booking.objects.filter(
        starts_at__lt=ends_at, ends_at__gt=starts_at, state__in=(*Booking.HOLDING, Booking.State.RELEASED)
    ).select_related("instrument", "user"):
        found.setdefault(booking.instrument_id, []).append(_booking(booking))
    for run in Run.objects.filter(
        Q(acquired_at__gt=starts_at) | Q(acquired_at__isnull=True, state__in=Run.ACTIVE), claimed_at__lt=ends_at
    ).select_related("submitted_by", "sample"):
        found.setdefault(run.instrument_id, []).append(_run(run, now))
    rows = [
        (one, sorted(found.get(one.pk, []), key=lambda entry: (entry.starts_at, entry.kind)))
        for one in Instrument.objects.order_by("name")
    ]
    return Day(date, starts_at, ends_at, rows)


def picture(shown: Day, zone: datetime.tzinfo, now: datetime.datetime) -> dict[str, Any]:
    """What the template `boards/_timeline.html` draws."""
    x = svg.Scale(shown.starts_at.timestamp(), shown.ends_at.timestamp(), LEFT, RIGHT)
    ticks = []
    for hour in range(0, 24, _TICK_HOURS):
        moment = datetime.datetime.combine(shown.date, datetime.time(hour), zone)
        ticks.append((f"{x(moment.timestamp()):.1f}", f"{hour:02d}"))
    rows = []
    for number, (instrument, entries) in enumerate(shown.rows):
        top = TOP + number * ROW
        bars = [bar for entry in entries if (bar := _bar(entry, top, x, shown)) is not None]
        # Outages lie behind everything else.
        bars.sort(key=lambda bar: bar["kind"] != "outage")
        rows.append({"name": instrument.name, "slug": instrument.slug, "y": top, "middle": top + ROW / 2, "bars": bars})
    return {
        "width": WIDTH,
        "height": TOP + ROW * max(len(rows), 1) + 8,
        "left": LEFT,
        "right": RIGHT,
        "top": TOP,
        "row": ROW,
        "bottom": TOP + ROW * len(rows),
        "ticks": ticks,
        "rows": rows,
        "now": f"{x(now.timestamp()):.1f}" if shown.starts_at <= now < shown.ends_at else "",
    }


def _bar(entry: Entry, top: int, x: svg.Scale, shown: Day) -> dict[str, Any] | None:
    ends_at = min(entry.ends_at or shown.ends_at, shown.ends_at)
    start, end = x(max(entry.starts_at, shown.starts_at).timestamp()), x(ends_at.timestamp())
    width = max(end - start, 3.0)  # a run of seconds is still seen
    places = {
        "outage": (top + 3, ROW - 6),
        "booking": (top + GAP, LANE),
        "run": (top + 2 * GAP + LANE, LANE),
    }
    y, height = places[entry.kind]
    return {
        "kind": entry.kind,
        "state": entry.state,
        "x": f"{start:.1f}",
        "y": y,
        "width": f"{width:.1f}",
        "height": height,
        "words": f"{entry.who}: {entry.title}" if entry.who and entry.title else entry.who or entry.title,
        "has_words": width >= _WORDS_MIN,
        "entry": entry,
    }


def _booking(booking: Booking) -> Entry:
    return Entry(
        "booking", booking.starts_at, booking.ends_at, booking.title, name_of(booking.user), booking.state,
        booking.get_state_display(), reverse("bookings:detail", args=[booking.pk]),
    )  # fmt: skip


def _run(run: Run, now: datetime.datetime) -> Entry:
    assert run.claimed_at is not None  # the query asks for it
    return Entry(
        "run", run.claimed_at, run.acquired_at or max(now, run.claimed_at), f"{run}, {run.sample}",
        name_of(run.submitted_by), run.state, run.get_state_display(), reverse("runs:detail", args=[run.pk]),
    )  # fmt: skip


def _outage(outage: Outage) -> Entry:
    path = reverse("facility:detail", args=[outage.instrument.slug])
    return Entry(
        "outage", outage.starts_at, outage.ends_at, outage.reason, "", outage.kind, outage.get_kind_display(), path
    )
