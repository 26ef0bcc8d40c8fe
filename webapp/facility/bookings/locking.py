"""Changes of one instrument's bookings happen one after the other."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.utils import timezone

from acquisition.errors import FieldError, InvalidParameters
from webapp.facility.models import Instrument

#: made by a migration on PostgreSQL
EXCLUSION = "booking_no_overlap"


def clock() -> datetime.datetime:
    """The time by which everything about bookings is decided."""
    return timezone.now()


@contextmanager
def locked(instrument_id: int) -> Iterator[datetime.datetime]:
    """A transaction that holds the instrument's row; gives the time at which it got it.

    The row is locked first and anything else afterwards, so that nobody waits in a circle. The lock lets others refer
    to the row meanwhile (runs may be submitted). On SQLite a transaction is alone anyway. Should an overlap get past
    the policies, PostgreSQL's exclusion constraint ends the transaction.
    """
    try:
        with transaction.atomic():
            Instrument.objects.select_for_update(no_key=True).values_list("pk").get(pk=instrument_id)
            yield clock()
    except IntegrityError as error:
        if EXCLUSION in str(error):
            raise InvalidParameters([FieldError("starts_at", "Somebody has just booked this time.")]) from None
        raise
