"""What the first page tells a user: their bookings, runs and instruments now, and what waits for them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from webapp.accounts.models import User
from webapp.boards import now as instruments_now
from webapp.facility import access as facility_access
from webapp.facility.bookings import checkin
from webapp.facility.models import Booking, WaitlistEntry
from webapp.runs import access as runs_access
from webapp.runs import services
from webapp.runs.models import Run
from webapp.samples import access as samples_access
from webapp.spectra import access as spectra_access
from webapp.spectra.lists import with_found_lines

_BOOKINGS, _RUNS, _ENDED, _SPECTRA = 5, 12, 6, 6


@dataclass(frozen=True)
class Wanted:
    """Something that goes on only when the user does something; `tone` is the state whose drawing it has."""

    tone: str
    label: str
    text: str
    path: str


@dataclass(frozen=True)
class OwnBooking:
    """A booking of the user and what can be done with it now."""

    booking: Booking
    is_now: bool
    may_check_in: bool


def context(user: User) -> dict[str, Any]:
    """Everything that the template `home/dashboard.html` needs."""
    now = timezone.now()
    runs = runs_access.runs(user)
    open_runs = list(runs.exclude(state__in=Run.FINAL).order_by("pk")[:_RUNS])
    estimates = services.queue_estimates(open_runs)
    instruments = facility_access.instruments(user).order_by("name")
    spectra = spectra_access.newest(spectra_access.spectra(user))
    return {
        "now": now,
        "wanted": wanted(user, now),
        "bookings": own_bookings(user, now),
        "instruments": instruments_now.look(instruments, instruments_now.own_groups(user), now),
        "open_runs": [(run, estimates.get(run.pk)) for run in open_runs],
        "recent_runs": runs.filter(state__in=Run.FINAL).order_by("-pk")[:_ENDED],
        "spectra": with_found_lines(spectra)[:_SPECTRA],
        "has_samples": samples_access.samples(user).exists(),
    }


def own_bookings(user: User, now: datetime.datetime) -> list[OwnBooking]:
    """The user's next bookings, the one that runs first."""
    rows = Booking.objects.filter(
        user=user, state__in=(Booking.State.CONFIRMED, Booking.State.PENDING), ends_at__gt=now
    ).select_related("instrument", "group")
    return [
        OwnBooking(
            booking=row,
            is_now=row.starts_at <= now and row.state == Booking.State.CONFIRMED,
            may_check_in=row.state == Booking.State.CONFIRMED
            and row.no_show_at is not None
            and row.checked_in_at is None
            and row.starts_at - checkin.EARLY <= now < row.no_show_at,
        )
        for row in rows.order_by("starts_at")[:_BOOKINGS]
    ]


def wanted(user: User, now: datetime.datetime) -> list[Wanted]:
    """Offers to take, runs that are paused or held, and for staff the requests to decide."""
    found: list[Wanted] = []
    offers = WaitlistEntry.objects.filter(user=user, state=WaitlistEntry.State.OFFERED)
    for entry in offers.filter(booking__offer_expires_at__gt=now).select_related("instrument", "booking"):
        if entry.booking is not None and entry.booking.offer_expires_at is not None:
            until = timezone.localtime(entry.booking.offer_expires_at)
            text = f"Time on {entry.instrument} is yours if you take it until {until:%H:%M}"
            found.append(Wanted("offered", "Offer", text, reverse("bookings:waitlist")))
    stopped = Run.objects.filter(
        Q(paused_at__isnull=False, state__in=Run.ACTIVE) | Q(held=True, state=Run.State.QUEUED), submitted_by=user
    )
    for run in stopped.select_related("instrument").order_by("pk"):
        label = "Paused" if run.paused_at else "Held"
        reason = f": {run.hold_reason}" if run.hold_reason and not run.paused_at else ""
        found.append(Wanted("held", label, f"{run} on {run.instrument}{reason}", reverse("runs:detail", args=[run.pk])))
    if user.is_staff:
        count = Booking.objects.filter(state=Booking.State.PENDING, starts_at__gt=now).count()
        if count:
            text = f"{count} {'booking awaits' if count == 1 else 'bookings await'} your decision"
            found.append(Wanted("pending", "Approvals", text, reverse("bookings:approvals")))
    return found
