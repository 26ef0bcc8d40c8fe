"""Which calibrations count at this moment."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from acquisition.calibration.quantities import QUANTITIES
from webapp.calibrations.models import Calibration

_ORDER = {name: place for place, name in enumerate(QUANTITIES)}


def counting() -> QuerySet[Calibration]:
    """Accepted and not withdrawn."""
    return Calibration.objects.filter(accepted_at__isnull=False, withdrawn_at__isnull=True)


def in_force(instrument_id: int) -> list[Calibration]:
    """Of each quantity (and sample rate) the newest measurement that counts, stale or not, in the order of showing."""
    newer = counting().filter(
        Q(measured_at__gt=OuterRef("measured_at")) | Q(measured_at=OuterRef("measured_at"), pk__gt=OuterRef("pk")),
        instrument=instrument_id,
        quantity=OuterRef("quantity"),
        sample_rate_hz=OuterRef("sample_rate_hz"),
    )
    found = counting().filter(~Exists(newer), instrument=instrument_id)
    return sorted(found, key=lambda one: (_ORDER.get(one.quantity, len(_ORDER)), one.sample_rate_hz))


def newest_measured(instrument_id: int) -> dict[str, Calibration]:
    """Of each quantity the newest one in force, whatever its sample rate."""
    newest: dict[str, Calibration] = {}
    for one in in_force(instrument_id):
        known = newest.get(one.quantity)
        if known is None or one.measured_at > known.measured_at:
            newest[one.quantity] = one
    return newest
