"""The account of fair shares: what each group has had of an instrument, fading with time."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.utils import timezone

from webapp.facility.models import Booking
from webapp.runs.models import GroupShare, Run
from webapp.runs.queue.fairness import Share


def shares(instrument_id: int, now: datetime.datetime) -> dict[int, Share]:
    """What the groups have had of the instrument, as it counts now."""
    rows = GroupShare.objects.filter(instrument=instrument_id).values_list("group_id", "used_s", "at", "weight")
    return {group_id: Share(_faded_s(used_s, at, now), weight) for group_id, used_s, at, weight in rows}


def charge(run_id: int, now: datetime.datetime | None = None) -> None:
    """Charge a run's group the time for which the run had the instrument; call it where that ends, in its transaction.

    What took place within a booking of the group is paid for by the booking and not charged again.
    """
    now = now or timezone.now()
    run = Run.objects.only("instrument_id", "group_id", "claimed_at").get(pk=run_id)
    if run.claimed_at is None:
        return
    booked = Booking.objects.filter(
        instrument=run.instrument_id, group=run.group_id, state=Booking.State.CONFIRMED,
        starts_at__lte=run.claimed_at, ends_at__gt=run.claimed_at,
    )  # fmt: skip
    if booked.exists():
        return
    account, _ = GroupShare.objects.select_for_update().get_or_create(
        instrument_id=run.instrument_id, group_id=run.group_id, defaults={"at": now}
    )
    used_s = _faded_s(account.used_s, account.at, now) + max(0.0, (now - run.claimed_at).total_seconds())
    GroupShare.objects.filter(pk=account.pk).update(used_s=used_s, at=now)


def _faded_s(used_s: float, at: datetime.datetime, now: datetime.datetime) -> float:
    """Exponential forgetting: half of it counts no more after a half-life."""
    half_lives = max(0.0, (now - at).total_seconds()) / (3600.0 * settings.RASGADO_FAIR_HALF_LIFE_H)
    return float(used_s * 0.5**half_lives)
