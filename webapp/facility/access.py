"""What a user sees of the facility."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from webapp.accounts.access import Viewer, groups, of_own_groups
from webapp.facility.models import Booking, BookingSeries, Instrument, Outage, Qualification, WaitlistEntry


@dataclass(frozen=True)
class Occupation:
    """Time in which an instrument is taken. `booking` and `title` are told only to who may see the booking."""

    kind: str  # "booking" or "outage"
    starts_at: datetime.datetime
    ends_at: datetime.datetime | None
    state: str
    title: str
    booking: Booking | None = None
    outage: Outage | None = None


def instruments(user: Viewer) -> QuerySet[Instrument]:
    """Every instrument of the facility, for whoever is logged in."""
    return Instrument.objects.all() if user.is_authenticated else Instrument.objects.none()


def bookings(user: Viewer) -> QuerySet[Booking]:
    """Bookings of the user's groups; staff: all."""
    return Booking.objects.filter(of_own_groups(user)).select_related(
        "instrument", "group", "user", "created_by", "decided_by", "series"
    )


def series(user: Viewer) -> QuerySet[BookingSeries]:
    """Series of the user's groups; staff: all."""
    return BookingSeries.objects.filter(of_own_groups(user)).select_related("instrument", "group", "user")


def waitlist(user: Viewer) -> QuerySet[WaitlistEntry]:
    """Who of the user's groups waits; staff: everybody."""
    return WaitlistEntry.objects.filter(of_own_groups(user)).select_related("instrument", "group", "user", "booking")


def outages(user: Viewer) -> QuerySet[Outage]:
    """Outages of every instrument, for whoever is logged in; those that do not take place are left out."""
    if not user.is_authenticated:
        return Outage.objects.none()
    return Outage.objects.filter(withdrawn_at__isnull=True).select_related("instrument", "created_by")


def qualifications(user: Viewer) -> QuerySet[Qualification]:
    """The user's own; staff: everybody's."""
    if not user.is_authenticated:
        return Qualification.objects.none()
    found = Qualification.objects.select_related("instrument", "user", "granted_by")
    return found if user.is_staff else found.filter(user=user)


def occupation(
    user: Viewer, instrument: Instrument, starts_at: datetime.datetime, ends_at: datetime.datetime
) -> list[Occupation]:
    """What takes an instrument in [starts_at, ends_at), everybody's, in order of start: the contents of a calendar."""
    if not user.is_authenticated:
        return []
    within = {"instrument": instrument, "starts_at__lt": ends_at}
    own = None if user.is_staff else set(groups(user).values_list("pk", flat=True))
    booked = Booking.objects.filter(ends_at__gt=starts_at, state__in=Booking.HOLDING, **within)
    found = []
    for booking in booked.select_related("instrument", "group", "user", "series"):
        seen = own is None or booking.group_id in own
        found.append(
            Occupation(
                "booking", booking.starts_at, booking.ends_at, booking.state, booking.title if seen else "",
                booking=booking if seen else None,
            )
        )  # fmt: skip
    down = outages(user).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=starts_at), **within)
    found += [Occupation("outage", row.starts_at, row.ends_at, row.kind, row.reason, outage=row) for row in down]
    return sorted(found, key=lambda entry: entry.starts_at)
