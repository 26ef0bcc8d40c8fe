"""When an instrument is reserved, for the queue to keep clear of."""

from __future__ import annotations

import datetime

from django.db.models import Q

from webapp.facility.bookings.values import Window
from webapp.facility.models import Booking, Outage


def windows(instrument_id: int, now: datetime.datetime) -> tuple[Window, ...]:
    """What reserves the instrument now or later, in order of start.

    A request that awaits approval and an open offer keep later time clear, as they may become bookings; they give
    nobody the instrument. A booking that nobody checked in in time counts no more, whether it was swept yet or not.
    """
    bookings = Booking.objects.filter(
        Q(state=Booking.State.CONFIRMED) | Q(state__in=Booking.HOLDING, starts_at__gt=now),
        Q(no_show_at__isnull=True) | Q(checked_in_at__isnull=False) | Q(no_show_at__gt=now),
        instrument=instrument_id, ends_at__gt=now,
    ).values_list("starts_at", "ends_at", "group_id")  # fmt: skip
    outages = Outage.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=now), instrument=instrument_id, withdrawn_at__isnull=True
    ).values_list("starts_at", "ends_at")
    found = [Window(*row) for row in bookings] + [Window(*row, None) for row in outages]
    return tuple(sorted(found, key=lambda window: window.starts_at))
