"""What pages show of an instrument's calibrations."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from acquisition.calibration.quantities import QUANTITIES, CalibratedQuantity
from webapp.calibrations import drawing, services
from webapp.calibrations.models import Calibration
from webapp.calibrations.services.recording import valid_days
from webapp.calibrations.services.use import age_text
from webapp.facility.models import Instrument
from webapp.home import formatting

ROWS_SHOWN = 12


@dataclass(frozen=True)
class Entry:
    """One quantity of an instrument; `newest` is the calibration in force, None where it was never measured."""

    kind: CalibratedQuantity
    newest: Calibration | None
    stale: bool
    age: str
    days: float
    rows: tuple[Calibration, ...] = ()
    hidden: int = 0
    picture: dict[str, Any] | None = None
    measure: str = ""

    @property
    def text(self) -> str:
        """The value in force with its uncertainty."""
        return value_text(self.newest) if self.newest is not None else "never measured"

    @property
    def tone(self) -> str:
        """The state whose colour and drawing it has."""
        if self.newest is None:
            return "draft"
        return "interrupted" if self.stale else "done"

    @property
    def label(self) -> str:
        if self.newest is None:
            return "Not measured"
        return "Stale" if self.stale else "Valid"


def value_text(one: Calibration) -> str:
    """A value with its uncertainty and unit."""
    text = formatting.measured(one.value, one.sigma, one.display_unit or one.unit, one.scale)
    return f"{text} at {one.sample_rate_hz / 1e6:g} MS/s" if one.sample_rate_hz else text


def card(instrument: Instrument) -> dict[str, Any]:
    """What the page of an instrument shows: every quantity that was measured, and how many were not."""
    measured = _measured(instrument)
    entries = [
        _entry(instrument, kind, newest, picture=drawing.spark(measured.get(kind.name, ())))
        for kind, newest in _newest(instrument)
    ]
    return {
        "instrument": instrument,
        "entries": [one for one in entries if one.newest is not None],
        "missing": sum(one.newest is None for one in entries),
        "stale": sum(one.stale for one in entries),
        "waiting": Calibration.objects.filter(
            instrument=instrument, accepted_at__isnull=True, withdrawn_at__isnull=True
        ).count(),
    }


def context(instrument: Instrument) -> dict[str, Any]:
    """What the page of an instrument's calibrations shows."""
    measured = _measured(instrument)
    now, zone = timezone.now(), timezone.get_current_timezone()
    entries = []
    for kind, newest in _newest(instrument):
        rows = measured.get(kind.name, [])
        entries.append(
            _entry(
                instrument, kind, newest,
                rows=tuple(rows[:ROWS_SHOWN]),
                hidden=max(0, len(rows) - ROWS_SHOWN),
                picture=drawing.trend(rows, now, zone),
            )
        )  # fmt: skip
    return {"instrument": instrument, "entries": entries}


def _measured(instrument: Instrument) -> dict[str, list[Calibration]]:
    """Every measurement of each quantity, newest first."""
    measured: dict[str, list[Calibration]] = {}
    for one in Calibration.objects.filter(instrument=instrument).select_related("run", "accepted_by", "withdrawn_by"):
        measured.setdefault(one.quantity, []).append(one)
    return measured


def _newest(instrument: Instrument) -> list[tuple[CalibratedQuantity, Calibration | None]]:
    newest = services.newest_measured(instrument.pk)
    return [(kind, newest.get(name)) for name, kind in QUANTITIES.items()]


def _entry(instrument: Instrument, kind: CalibratedQuantity, newest: Calibration | None, **more: Any) -> Entry:
    now: datetime.datetime = timezone.now()
    wanted = urlencode({"method": kind.method, "instrument": instrument.slug})
    return Entry(
        kind=kind,
        newest=newest,
        stale=newest is not None and newest.stale(now),
        age=age_text(newest.measured_at, now) if newest is not None else "",
        days=valid_days(instrument.pk, kind),
        measure=f"{reverse('runs:create')}?{wanted}",
        **more,
    )
