"""What stands in a feed: bookings and outages that its user may see, those that were cancelled lately too."""

from __future__ import annotations

import datetime

from django.db.models import Q, QuerySet

from webapp.accounts import access as accounts_access
from webapp.facility.models import Booking, Outage
from webapp.feeds.models import CalendarFeed

#: what ended longer ago is left out
PAST = datetime.timedelta(days=60)
#: a booking that was cancelled stays, as cancelled, so long: programs that were off meanwhile learn of it
CANCELLED = datetime.timedelta(days=60)


def bookings(feed: CalendarFeed, now: datetime.datetime) -> QuerySet[Booking]:
    """Bookings of the feed in order of start. On an instrument these are everybody's; see `visible_groups`."""
    rows = Booking.objects.select_related("instrument", "group", "user")
    if feed.scope == CalendarFeed.Scope.OWN:
        rows = rows.filter(user=feed.user)
    elif feed.scope == CalendarFeed.Scope.GROUP:
        rows = rows.filter(group=feed.group)
    else:
        rows = rows.filter(instrument=feed.instrument)
    held = Q(state__in=Booking.HOLDING, ends_at__gt=now - PAST)
    given_up = ~Q(state__in=Booking.HOLDING) & Q(updated_at__gt=now - CANCELLED)
    return rows.filter(held | given_up).order_by("starts_at", "id")


def outages(feed: CalendarFeed, now: datetime.datetime) -> QuerySet[Outage]:
    """Outages of the feed's instrument; of other feeds none."""
    if feed.scope != CalendarFeed.Scope.INSTRUMENT:
        return Outage.objects.none()
    lately = Q(ends_at__isnull=True) | Q(ends_at__gt=now - PAST)
    withdrawn_lately = Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=now - CANCELLED)
    rows = Outage.objects.filter(lately, withdrawn_lately, instrument=feed.instrument)
    return rows.select_related("instrument").order_by("starts_at", "id")


def visible_groups(feed: CalendarFeed) -> set[int] | None:
    """Groups whose bookings are told in full to the feed's user; None for all."""
    if feed.user.is_staff:
        return None
    return set(accounts_access.groups(feed.user).values_list("pk", flat=True))
