"""Closing a month: its hours are kept as they are now, whatever becomes of the rows that they were computed from."""

from __future__ import annotations

import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import User
from webapp.errors import Conflict
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.usage import frozen
from webapp.usage.accounting import account
from webapp.usage.facts import gather
from webapp.usage.models import ClosedHours, ClosedMonth
from webapp.usage.periods import Month, Period
from webapp.usage.services.prices import must_be_staff

NOTE_MAX = 300


def close_month(actor: User, month: Month, note: str = "") -> ClosedMonth:
    """Staff: keep the hours of a month that is over. Months are closed one after the other, and not opened again.

    Raises InvalidParameters for a month that cannot be closed yet, Conflict for one that has been.
    """
    must_be_staff(actor)
    note = note.strip()
    now, zone = timezone.now(), timezone.get_default_timezone()
    edges = Period(month, month).edges_us(zone)
    starts_at, ends_at = (datetime.datetime.fromtimestamp(int(edge) / 1e6, datetime.UTC) for edge in edges[[0, -1]])
    errors = []
    if len(note) > NOTE_MAX:
        errors.append(FieldError("note", f"The note has at most {NOTE_MAX} characters."))
    fault = _too_early(month, ends_at, now)
    if fault:
        errors.append(FieldError("month", fault))
    if errors:
        raise InvalidParameters(errors)
    try:
        with transaction.atomic():
            closed = ClosedMonth(month=month.first_day, note=note, made_by=actor)
            closed.save(force_insert=True)
            facts, _unknown = gather(
                starts_at, ends_at, now, bookings=Q(), runs=Q(), instruments=Instrument.objects.order_by("pk")
            )
            ClosedHours.objects.bulk_create(frozen.rows(closed, account(facts, edges)), batch_size=500)
    except IntegrityError:
        raise Conflict(f"{month} is closed already.", "month") from None
    return closed


def next_to_close() -> Month | None:
    """The month that has to be closed next; None while none has been, when any may be."""
    last = last_closed()
    return None if last is None else last.later(1)


def last_closed() -> Month | None:
    """The latest closed month: nothing up to its end takes new prices."""
    found = ClosedMonth.objects.order_by("-month").values_list("month", flat=True).first()
    return None if found is None else Month.of(found)


def _too_early(month: Month, ends_at: datetime.datetime, now: datetime.datetime) -> str:
    if ends_at > now:
        return "A month can be closed when it is over."
    following = next_to_close()
    if following is not None and month > following:
        return f"{following} is still open; months are closed one after the other."
    if following is not None and month < following and not ClosedMonth.objects.filter(month=month.first_day).exists():
        return f"Months before {following.later(-1)}, which is closed, stay as they are."
    active = Run.objects.filter(state__in=Run.ACTIVE, claimed_at__lt=ends_at).values_list("pk", flat=True).first()
    if active is not None:
        return f"Run {active}, which began in it, is still being measured."
    return ""
