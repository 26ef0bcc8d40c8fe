"""What staff decide about calibrations."""

from __future__ import annotations

import datetime
import math

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from acquisition import methods
from acquisition.calibration.quantities import QUANTITIES
from acquisition.errors import FieldError, InvalidParameters
from acquisition.methods.registry import CALIBRATION
from webapp.accounts.models import User
from webapp.calibrations.models import Calibration, CalibrationValidity
from webapp.errors import Conflict, NotAllowed
from webapp.facility.models import Instrument

REASON_MAX = 300
DAYS_MOST = 3650.0


def require_may_measure(user: User, method: str) -> None:
    """Raise NotAllowed unless the user may run this method: those that calibrate are for staff."""
    known = methods.methods().get(method)
    if known is not None and known.family == CALIBRATION and not user.is_staff:
        raise NotAllowed("Only the facility's staff may calibrate an instrument.")


def accept(user: User, calibration: Calibration) -> Calibration:
    """Staff: this value counts from now on, if no newer measurement does."""
    _staff(user)
    with transaction.atomic():
        current = Calibration.objects.select_for_update().get(pk=calibration.pk)
        if current.withdrawn_at is not None:
            raise Conflict("This calibration was withdrawn; measure it again.", "state")
        if current.accepted_at is None:
            current.accepted_at, current.accepted_by, current.reason = timezone.now(), user, ""
            current.save(update_fields=["accepted_at", "accepted_by", "reason"])
    return current


def withdraw(user: User, calibration: Calibration, reason: str = "") -> Calibration:
    """Staff: this value does not count; the one before it is in force again. Runs that used it keep saying so."""
    _staff(user)
    if len(reason.strip()) > REASON_MAX:
        raise InvalidParameters([FieldError("reason", f"The reason has at most {REASON_MAX} characters.")])
    with transaction.atomic():
        current = Calibration.objects.select_for_update().get(pk=calibration.pk)
        if current.withdrawn_at is None:
            current.withdrawn_at, current.withdrawn_by, current.reason = timezone.now(), user, reason.strip()
            current.save(update_fields=["withdrawn_at", "withdrawn_by", "reason"])
    return current


def set_validity(user: User, instrument: Instrument, quantity: str, days: float | None) -> float:
    """Staff: for how many days a quantity counts here (None: as usual); of measurements that there are as well."""
    _staff(user)
    kind = QUANTITIES.get(quantity)
    if kind is None:
        raise InvalidParameters(
            [FieldError("quantity", f"There is no such quantity; known are {', '.join(QUANTITIES)}.")]
        )
    if days is not None and not (math.isfinite(days) and 0.0 < days <= DAYS_MOST):
        raise InvalidParameters([FieldError("days", f"Must be above 0 and at most {DAYS_MOST:g} days.")])
    wanted = kind.days if days is None else days
    with transaction.atomic():
        if days is None:
            CalibrationValidity.objects.filter(instrument=instrument, quantity=quantity).delete()
        else:
            CalibrationValidity.objects.update_or_create(
                instrument=instrument, quantity=quantity, defaults={"days": days}
            )
        Calibration.objects.filter(instrument=instrument, quantity=quantity).update(
            valid_until=F("measured_at") + datetime.timedelta(days=wanted)
        )
    return wanted


def _staff(user: User) -> None:
    if not user.is_staff:
        raise NotAllowed("Only the facility's staff may decide about calibrations.")
