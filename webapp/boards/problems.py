"""What the facility's staff have to look at, the gravest first."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from acquisition.calibration.quantities import QUANTITIES
from webapp.calibrations import services as calibrations
from webapp.calibrations.models import Calibration
from webapp.facility.models import Booking, Instrument
from webapp.notifications import mail
from webapp.runs.models import Run

#: a run that was lost longer ago than this is history
LATELY = datetime.timedelta(hours=24)


@dataclass(frozen=True)
class Problem:
    """`tone` is the state whose colour and drawing it has; the page behind `path` is where to act."""

    tone: str
    label: str
    text: str
    path: str


def problems(now: datetime.datetime) -> list[Problem]:
    """Everything that waits for staff at this moment."""
    return [*_instruments(), *_lost(now), *_paused(), *_mail(now), *_approvals(now), *_calibrations(now)]


def _instruments() -> Iterator[Problem]:
    ailing = Instrument.objects.filter(status__in=(Instrument.Status.OFFLINE, Instrument.Status.NEEDS_CHECK))
    for one in ailing.order_by("status", "name"):
        text = f"{one.name}: {one.status_message}" if one.status_message else one.name
        yield Problem(one.status, one.get_status_display(), text, reverse("facility:detail", args=[one.slug]))
    for one in Instrument.objects.filter(held=True).order_by("name"):
        text = f"{one.name}: {one.hold_reason}" if one.hold_reason else one.name
        yield Problem("held", "Held", text, reverse("facility:detail", args=[one.slug]))


def _lost(now: datetime.datetime) -> Iterator[Problem]:
    lost = Run.objects.filter(state=Run.State.INTERRUPTED, error_code="worker_lost", finished_at__gt=now - LATELY)
    for run in lost.select_related("instrument").order_by("-finished_at")[:10]:
        path = reverse("runs:detail", args=[run.pk])
        yield Problem("interrupted", "Lease lost", f"{run} on {run.instrument.name}", path)


def _paused() -> Iterator[Problem]:
    for run in Run.objects.filter(paused_at__isnull=False, state__in=Run.ACTIVE).select_related("instrument"):
        path = reverse("runs:detail", args=[run.pk])
        yield Problem("held", "Paused", f"{run} on {run.instrument.name}", path)


def _mail(now: datetime.datetime) -> Iterator[Problem]:
    trouble = mail.trouble(now)
    if trouble.failing:
        text = f"{trouble.waiting} wait for another attempt, {trouble.given_up} given up. {trouble.error}"
        yield Problem("failed", "E-mail", text, reverse("notifications:outbox"))


def _approvals(now: datetime.datetime) -> Iterator[Problem]:
    wanted = Booking.objects.filter(state=Booking.State.PENDING, starts_at__gt=now)
    count = wanted.count()
    if count:
        text = f"{count} {'booking awaits' if count == 1 else 'bookings await'} approval"
        yield Problem("queued", "Approvals", text, reverse("bookings:approvals"))


def _calibrations(now: datetime.datetime) -> Iterator[Problem]:
    for one in Instrument.objects.order_by("name"):
        path = reverse("calibrations:list", args=[one.slug])
        waiting = Calibration.objects.filter(instrument=one, accepted_at__isnull=True, withdrawn_at__isnull=True)
        if count := waiting.count():
            text = f"{one.name}: {count} {'value waits' if count == 1 else 'values wait'} for consent"
            yield Problem("pending", "Calibration", text, path)
        stale = [value for value in calibrations.newest_measured(one.pk).values() if value.stale(now)]
        if stale:
            names = ", ".join(QUANTITIES[value.quantity].title for value in stale if value.quantity in QUANTITIES)
            yield Problem("interrupted", "Stale", f"{one.name}: {names}", path)
