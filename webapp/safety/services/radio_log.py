"""The radios' logs in the database: copied by workers, added to by staff's actions, never changed, bounded."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from webapp.accounts.models import User
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.safety.models import RadioEntry

#: event -> how people read it; in the order of the page's filter
EVENTS = {
    "transmission": "Transmission",
    "ended": "Transmission ended",
    "refused": "Shot refused",
    "waited": "Waited for the average power",
    "armed": "Armed",
    "safe": "Transmitter off, read back",
    "stop": "Emergency stop",
    "stopped": "Stopped by the guard",
    "release": "Released",
    "tx_off": "Turned off by the guard",
    "failed": "Guard could not turn it off",
    "killed_driver": "Guard ended the driving process",
    "opened": "Radio opened",
    "closed": "Radio closed",
    "guard_started": "Guard started",
    "goodbye": "Guard dismissed",
}

_HEAD = ("id", "time_unix_s", "by", "event", "run")


def copy(instrument_id: int, lines: Iterable[Mapping[str, Any]]) -> int:
    """Keep these lines of a radio's own log; those that are there already are passed over. Returns how many it was."""
    rows = []
    runs: dict[str, int | None] = {}
    for line in lines:
        run = str(line.get("run", ""))
        if run not in runs:
            known = run.isdecimal() and Run.objects.filter(pk=int(run)).exists()
            runs[run] = int(run) if known else None
        rows.append(
            RadioEntry(
                instrument_id=instrument_id,
                line=str(line["id"])[:40],
                at=datetime.datetime.fromtimestamp(float(line["time_unix_s"]), datetime.UTC),
                by=str(line["by"])[:10],
                event=str(line["event"])[:20],
                run_id=runs[run],
                details={name: value for name, value in line.items() if name not in _HEAD},
            )
        )
    RadioEntry.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return len(rows)


def by_staff(instrument: Instrument, event: str, user: User, text: str) -> None:
    """Staff did something that the log must hold."""
    run = Run.objects.filter(instrument=instrument, state__in=Run.ACTIVE).first()
    RadioEntry.objects.create(
        instrument=instrument, line=f"staff-{uuid.uuid4().hex}", at=timezone.now(), by="staff", event=event, run=run,
        details={"user": user.get_username(), "message": text},
    )  # fmt: skip


def newest_at(instrument_id: int) -> datetime.datetime | None:
    """When the newest copied line was written."""
    copied = RadioEntry.objects.filter(instrument=instrument_id).exclude(by="staff").order_by("-at")
    return copied.values_list("at", flat=True).first()


def entries(instrument: Instrument, *, event: str = "", run_id: int | None = None) -> QuerySet[RadioEntry]:
    """What the instrument's radio did, the newest first."""
    found = RadioEntry.objects.filter(instrument=instrument).select_related("run")
    if event:
        found = found.filter(event=event)
    if run_id is not None:
        found = found.filter(run=run_id)
    return found


def trim(instrument_id: int) -> int:
    """Remove what is older than the settings keep, or beyond the number of lines kept; returns how many it was."""
    kept = RadioEntry.objects.filter(instrument=instrument_id)
    oldest = timezone.now() - datetime.timedelta(days=settings.RASGADO_RADIO_LOG_DAYS)
    removed, _ = kept.filter(at__lt=oldest).delete()
    first_too_many = kept.values_list("at", flat=True)[settings.RASGADO_RADIO_LOG_LINES :][:1].first()
    if first_too_many is not None:
        more, _ = kept.filter(at__lte=first_too_many).delete()
        removed += more
    return removed
