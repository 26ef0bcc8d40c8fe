"""What time alone changes about bookings. Computed from the rows: late, missed and doubled ticks change nothing."""

from __future__ import annotations

import datetime
import logging

from django.db.models import Q

from webapp.facility.bookings import checkin, decisions, locking, waitlist
from webapp.facility.models import Booking, Instrument, WaitlistEntry

State = Booking.State
log = logging.getLogger(__name__)


def sweep() -> dict[str, int]:
    """Release no-shows, let undecided requests and offers lapse, offer free time; returns counts for the log."""
    due = Booking.objects.filter(_due(locking.clock())).values_list("instrument", flat=True)
    waiting = WaitlistEntry.objects.filter(state=WaitlistEntry.State.WAITING).values_list("instrument", flat=True)
    counts = {"released": 0, "lapsed": 0, "expired": 0, "offered": 0}
    for instrument in Instrument.objects.filter(pk__in={*due, *waiting}).order_by("pk"):
        try:
            with locking.locked(instrument.pk) as now:
                for name, count in _settle(instrument, now).items():
                    counts[name] += count
        except Exception:  # one instrument's broken row must not keep the others from being swept
            log.exception("The bookings of %s could not be swept.", instrument.slug)
    return counts


def settle(instrument: Instrument, now: datetime.datetime) -> None:
    """The same for one locked instrument, before somebody books it: time that is free need not wait for a tick."""
    if is_due(instrument, now):
        _settle(instrument, now)


def is_due(instrument: Instrument, now: datetime.datetime) -> bool:
    """Whether time has changed a booking of the instrument since the last tick."""
    return Booking.objects.filter(_due(now), instrument=instrument).exists()


def _due(now: datetime.datetime) -> Q:
    return (
        Q(state=State.CONFIRMED, checked_in_at__isnull=True, no_show_at__lte=now)
        | Q(state=State.PENDING, starts_at__lte=now)
        | Q(state=State.OFFERED, offer_expires_at__lte=now)
    )


def _settle(instrument: Instrument, now: datetime.datetime) -> dict[str, int]:
    return {
        "released": checkin.release_no_shows(instrument.pk, now),
        "lapsed": decisions.lapse_undecided(instrument.pk, now),
        "expired": waitlist.expire(instrument.pk, now),
        "offered": waitlist.offer(instrument, now),
    }
