"""Which calibrations count at this moment."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from acquisition.calibration.quantities import QUANTITIES
from webapp.calibrations.models import Calibration

_ORDER = {name: place for place, name in enumerate(QUANTITIES)}


def counting() -> QuerySet[Calibration]:
    """Accepted and not withdrawn."""
    return Calibration.objects.filter(accepted_at__isnull=False, withdrawn_at__isnull=True)


def in_force(instrument_id: int) -> list[Calibration]:
    """Of each quantity (and sample rate) the newest measurement that counts, stale or not, in the order of showing."""
    return in_force_of([instrument_id])[instrument_id]


def in_force_of(instrument_ids: Collection[int]) -> dict[int, list[Calibration]]:
    """The same of several instruments, by one query."""
    newer = counting().filter(
        Q(measured_at__gt=OuterRef("measured_at")) | Q(measured_at=OuterRef("measured_at"), pk__gt=OuterRef("pk")),
        instrument=OuterRef("instrument"),
        quantity=OuterRef("quantity"),
        sample_rate_hz=OuterRef("sample_rate_hz"),
    )
    found: dict[int, list[Calibration]] = {instrument_id: [] for instrument_id in instrument_ids}
    for one in counting().filter(~Exists(newer), instrument__in=found):
        found[one.instrument_id].append(one)
    for rows in found.values():
        rows.sort(key=lambda one: (_ORDER.get(one.quantity, len(_ORDER)), one.sample_rate_hz))
    return found


def newest_measured(instrument_id: int) -> dict[str, Calibration]:
    """Of each quantity the newest one in force, whatever its sample rate."""
    newest: dict[str, Calibration] = {}
    for one in in_force(instrument_id):
        known = newest.get(one.quantity)
        if known is None or one.measured_at > known.measured_at:
            newest[one.quantity] = one
    return newest
