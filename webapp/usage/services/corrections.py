"""Corrections of the accounts: rows are added, never changed, and each names who made it and why."""

from __future__ import annotations

import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import Group, User
from webapp.errors import Conflict
from webapp.facility.bookings.localtime import YEAR_MIN
from webapp.facility.models import Instrument
from webapp.usage.models import UsageCorrection
from webapp.usage.services.prices import check, must_be_staff

REASON_MAX = 300


def correct(
    actor: User,
    *,
    group: Group,
    instrument: Instrument,
    day: datetime.date,
    kind: str,
    value: Decimal,
    reason: str,
    user: User | None = None,
) -> UsageCorrection:
    """Staff: add hours or money (negative: take off) to what the rows say. Raises InvalidParameters, NotAllowed."""
    must_be_staff(actor)
    row = UsageCorrection(
        group=group, instrument=instrument, user=user, day=day, kind=kind, value=value, reason=reason.strip(),
        made_by=actor,
    )  # fmt: skip
    check(row)
    errors = []
    if not row.value:
        errors.append(FieldError("value", "Must differ from 0."))
    if row.kind == UsageCorrection.Kind.AMOUNT and row.value != row.value.quantize(Decimal("0.01")):
        errors.append(FieldError("value", "Money has at most 2 decimals."))
    if row.day.year < YEAR_MIN or row.day > timezone.localdate(timezone=timezone.get_default_timezone()):
        errors.append(FieldError("day", f"Must be a day from {YEAR_MIN}-01-01 to today."))
    if errors:
        raise InvalidParameters(errors)
    row.save(force_insert=True)
    return row


def reverse(actor: User, correction: UsageCorrection, reason: str) -> UsageCorrection:
    """Staff: a row that undoes a correction, once. Raises Conflict for what was reversed or is a reversal itself."""
    must_be_staff(actor)
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_MAX:
        raise InvalidParameters([FieldError("reason", f"The reason has 1 to {REASON_MAX} characters.")])
    if correction.reverses_id is not None:
        raise Conflict("This row reverses another; make a new correction instead.", "reverses")
    row = UsageCorrection(
        group_id=correction.group_id, instrument_id=correction.instrument_id, user_id=correction.user_id,
        day=correction.day, kind=correction.kind, value=-correction.value, reason=reason, reverses=correction,
        made_by=actor,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Conflict("The correction was reversed already.", "reverses") from None
    return row
