"""Rates, and the classes of groups."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import Group, User
from webapp.errors import NotAllowed
from webapp.usage.models import ClosedMonth, GroupTariff, LedgerRow, Rate
from webapp.usage.periods import Month


def set_rate(actor: User, **fields: Any) -> Rate:
    """Staff: prices from a day on. `fields` are those of Rate; raises InvalidParameters, NotAllowed."""
    must_be_staff(actor)
    rate = Rate(made_by=actor, **fields)
    check(rate)
    if not re.fullmatch("[A-Z]{3}", rate.currency):
        raise InvalidParameters([FieldError("currency", "Must be a code of ISO 4217, such as EUR.")])
    _after_closed(rate.valid_from)
    other = Rate.objects.exclude(currency=rate.currency).values_list("currency", flat=True).first()
    if other is not None:
        raise InvalidParameters([FieldError("currency", f"Must be {other}, as in the facility's other rates.")])
    for name in ("booked_hour", "used_hour", "transmitting_hour"):
        if getattr(rate, name) < Decimal(0):
            raise InvalidParameters([FieldError(name, "Must be at least 0.")])
    rate.save(force_insert=True)
    return rate


def set_tariff(actor: User, *, group: Group, tariff: str, valid_from: datetime.date) -> GroupTariff:
    """Staff: the class of a group from a day on. Raises InvalidParameters, NotAllowed."""
    must_be_staff(actor)
    row = GroupTariff(group=group, tariff=tariff, valid_from=valid_from, made_by=actor)
    check(row)
    _after_closed(row.valid_from)
    row.save(force_insert=True)
    return row


def _after_closed(valid_from: datetime.date) -> None:
    """What a closed month costs stays as it is; raises InvalidParameters."""
    last = ClosedMonth.objects.order_by("-month").values_list("month", flat=True).first()
    if last is None:
        return
    first = Month.of(last).later(1).first_day
    if valid_from < first:
        raise InvalidParameters([FieldError("valid_from", f"Must be {first} or later; before it months are closed.")])


def must_be_staff(actor: User) -> None:
    """Raises NotAllowed for everybody else."""
    if not actor.is_staff:
        raise NotAllowed("Only the facility's staff may change what is charged.")


def check(row: LedgerRow) -> None:
    """The row's own validators; raises InvalidParameters with a sentence for each field."""
    try:
        row.full_clean(validate_constraints=False)  # the database would not say which field
    except ValidationError as error:
        raise InvalidParameters(
            [FieldError(name, " ".join(messages)) for name, messages in error.message_dict.items()]
        ) from None
