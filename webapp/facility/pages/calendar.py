"""The calendar: what takes the instruments, as a page of its own and as the events that its script draws."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from acquisition.errors import InvalidParameters
from webapp.accounts import access as accounts_access
from webapp.accounts.models import Membership, User
from webapp.facility import access
from webapp.facility.access import Occupation
from webapp.facility.bookings import localtime, locking
from webapp.facility.bookings.facts import zone_of
from webapp.facility.bookings.rules import effective
from webapp.facility.models import Booking, Instrument

#: a month's view shows six weeks
SPAN_MAX = datetime.timedelta(days=62)
#: how many tones the style sheet has for instruments; names tell them apart all the same
TONES = 6
WEEK = datetime.timedelta(days=7)
STATES = {Booking.State.PENDING: "awaiting approval", Booking.State.OFFERED: "on offer to the waitlist"}


@dataclass(frozen=True)
class Lane:
    """An instrument with its tone."""

    instrument: Instrument
    tone: int
    shown: bool


@login_required
def calendar(request: HttpRequest) -> HttpResponse:
    """A week of the chosen instruments as a list; the script makes the calendar of it."""
    lanes = _lanes(request)
    zone = zone_of(request.user)
    today = locking.clock().astimezone(zone).date()
    try:
        day = datetime.date.fromisoformat(request.GET.get("date", ""))
    except ValueError:
        day = today
    if not localtime.YEAR_MIN < day.year < localtime.YEAR_MAX - 1:
        day = today
    monday = day - datetime.timedelta(days=day.weekday())
    starts_at, ends_at = (
        datetime.datetime.combine(one, datetime.time(), zone).astimezone(datetime.UTC)
        for one in (monday, monday + WEEK)
    )
    context = {
        "lanes": lanes,
        "entries": [(lane, one) for lane, one in _entries(request.user, lanes, starts_at, ends_at)],
        "monday": monday,
        "sunday": monday + WEEK - datetime.timedelta(days=1),
        "previous": monday - WEEK,
        "following": monday + WEEK,
        "zone": zone.key,
        "states": STATES,
        "may_book": accounts_access.active_groups(request.user).exists(),
        "groups": accounts_access.active_groups(request.user),
        "day": day,
        "requests": Booking.objects.filter(state=Booking.State.PENDING).count() if request.user.is_staff else 0,
    }
    return render(request, "facility/bookings/calendar.html", context)


@login_required
def events(request: HttpRequest) -> JsonResponse:
    """What takes the chosen instruments between `start` and `end`, by the clocks of the user's zone."""
    zone = zone_of(request.user)
    try:
        given = [localtime.read(request.GET.get(name, ""), name) for name in ("start", "end")]
    except InvalidParameters as error:
        return JsonResponse({"detail": str(error)}, status=400)
    # A day may begin at a time that clocks do not show; for what is drawn, either reading will do.
    starts_at, ends_at = (one if one.tzinfo else one.replace(tzinfo=zone) for one in given)
    if not starts_at < ends_at <= starts_at + SPAN_MAX:
        return JsonResponse({"detail": f"end: Must be within {SPAN_MAX.days} days after start."}, status=400)
    lanes = _lanes(request)
    within = (starts_at.astimezone(datetime.UTC), ends_at.astimezone(datetime.UTC))
    now = locking.clock()
    led = _led_groups(request.user)
    shown = [_event(lane, one, request.user, led, now, within) for lane, one in _entries(request.user, lanes, *within)]
    chosen = [lane for lane in lanes if lane.shown]
    if len(chosen) == 1:
        shown += _buffers(chosen[0], request.user, within)
    return JsonResponse({"now": _clock(now), "events": shown})


def _lanes(request: HttpRequest) -> list[Lane]:
    """Every instrument; shown are those named in the address, or all without any."""
    wanted = set(request.GET.getlist("instrument"))
    found = list(access.instruments(request.user))
    known = wanted & {one.slug for one in found}
    return [Lane(one, place % TONES, not known or one.slug in known) for place, one in enumerate(found)]


def _entries(
    user: User, lanes: list[Lane], starts_at: datetime.datetime, ends_at: datetime.datetime
) -> list[tuple[Lane, Occupation]]:
    found = [
        (lane, one)
        for lane in lanes
        if lane.shown
        for one in access.occupation(user, lane.instrument, starts_at, ends_at)
    ]
    return sorted(found, key=lambda pair: pair[1].starts_at)


def _led_groups(user: User) -> set[int]:
    led = Membership.objects.filter(user=user, role=Membership.Role.LEADER)
    return set(led.values_list("group", flat=True))


def _event(
    lane: Lane,
    one: Occupation,
    user: User,
    led: set[int],
    now: datetime.datetime,
    within: tuple[datetime.datetime, datetime.datetime],
) -> dict[str, Any]:
    """For the script: wall-clock times to draw, exact ones to send back."""
    shown: dict[str, Any] = {
        "kind": one.kind,
        "instrument": lane.instrument.slug,
        "instrument_name": lane.instrument.name,
        "tone": lane.tone,
        "state": one.state,
        "note": STATES.get(one.state, ""),  # type: ignore[call-overload]
        "start": _clock(one.starts_at),
        "end": _clock(one.ends_at or within[1]),
        "title": one.title,
        "who": "",
    }
    if one.outage is not None:
        shown |= {"note": one.outage.get_kind_display().lower(), "id": f"outage-{one.outage.pk}"}
    elif one.booking is None:
        shown |= {"title": "Booked", "kind": "other"}
    else:
        shown |= _own(one.booking, user, led, now)
    return shown


def _own(booking: Booking, user: User, led: set[int], now: datetime.datetime) -> dict[str, Any]:
    who = booking.user.get_full_name() or booking.user.get_username()
    may_change = user.is_staff or booking.user_id == user.pk or booking.group_id in led
    open_ = may_change and booking.state != Booking.State.OFFERED and booking.ends_at > now
    return {
        "id": f"booking-{booking.pk}",
        "booking": booking.pk,
        "title": booking.title or who,
        "who": f"{who}, {booking.group.name}" if booking.title else booking.group.name,
        "mine": booking.user_id == user.pk,
        "url": reverse("bookings:detail", args=[booking.pk]),
        "series": booking.series_id,
        "resizable": open_,
        "movable": open_ and booking.starts_at > now,
        "starts_at": booking.starts_at.isoformat(),
        "ends_at": booking.ends_at.isoformat(),
    }


def _buffers(lane: Lane, user: User, within: tuple[datetime.datetime, datetime.datetime]) -> list[dict[str, Any]]:
    """Time around bookings that stays free; drawn for a single instrument, as it has no name of its own."""
    gap = datetime.timedelta(minutes=effective(lane.instrument.pk, None).buffer_minutes)
    if not gap:
        return []
    booked = [one for one in access.occupation(user, lane.instrument, *within) if one.kind == "booking"]
    return [
        {"kind": "buffer", "start": _clock(start), "end": _clock(start + gap)}
        for one in booked
        for start in (one.starts_at - gap, one.ends_at)
        if start is not None
    ]


def _clock(at: datetime.datetime) -> str:
    """What the viewer's clocks show, without offset: the calendar draws it as it is."""
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M:%S")
