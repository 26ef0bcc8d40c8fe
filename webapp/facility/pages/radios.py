"""A page for staff: which radios the workers can reach."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from webapp.facility import access, radios
from webapp.facility.models import Instrument
from webapp.facility.pages.staff import for_staff

OVERDUE = datetime.timedelta(seconds=30)


@for_staff
def found(request: HttpRequest) -> HttpResponse:
    """What each instrument's worker saw when it last looked."""
    instruments = list(access.instruments(request.user))
    entries = [_entry(instrument, instruments) for instrument in instruments]
    waiting = any(entry["waiting"] for entry in entries)
    return render(request, "facility/radios.html", {"entries": entries, "waiting": waiting})


@for_staff
@require_POST
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Let the worker of an instrument look for radios."""
    instrument = get_object_or_404(access.instruments(request.user), slug=slug)
    radios.ask(request.user, instrument)
    messages.success(request, f"The worker of {instrument.name} looks for radios as soon as it measures nothing.")
    return redirect("facility:radios")


def _entry(instrument: Instrument, instruments: list[Instrument]) -> dict[str, Any]:
    scan = instrument.radio_scans.first()
    waiting = scan is not None and scan.finished_at is None
    return {
        "instrument": instrument,
        "scan": scan,
        "waiting": waiting,
        "overdue": waiting and timezone.now() - scan.asked_at > OVERDUE,
        "radios": [radio | {"belongs": _owner(radio, instruments)} for radio in (scan.radios if scan else ())],
    }


def _owner(radio: dict[str, Any], instruments: list[Instrument]) -> Instrument | None:
    """The instrument that a radio belongs to: by its serial number, else by its address."""
    for instrument in instruments:
        if radio.get("serial") and radio["serial"] == (instrument.serial or instrument.identity.get("serial")):
            return instrument
    return next((instrument for instrument in instruments if instrument.uri == radio.get("uri")), None)
