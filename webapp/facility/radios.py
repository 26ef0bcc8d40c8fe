"""Radios that workers can reach: asking for a scan, what it found, and settings that contradict what was seen."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from acquisition.errors import InvalidParameters
from acquisition.front_end import RADIO_TUNING_HZ, SettingFault, converter_fault, reach_fault, read_address
from webapp.accounts.models import User
from webapp.errors import NotAllowed
from webapp.facility import services
from webapp.facility.models import Instrument, RadioScan
from webapp.runs.queue import hints

KEPT = 10
"""Scans kept for each instrument."""
FRESH = datetime.timedelta(hours=24)
"""A radio seen longer ago may have been exchanged since."""

_FIELDS = {"converter_side": "converter", "converter_lo_hz": "converter", "converter_gain_db": "converter"}


def ask(user: User, instrument: Instrument) -> RadioScan:
    """Staff: let the worker of an instrument look which radios it can reach."""
    if not user.is_staff:
        raise NotAllowed("Only the facility's staff may look for radios.")
    with transaction.atomic():
        scan = RadioScan.objects.create(instrument=instrument, asked_by=user)
        kept = instrument.radio_scans.values_list("pk", flat=True)[:KEPT]
        instrument.radio_scans.exclude(pk__in=list(kept)).delete()
        hints.scan(instrument.slug, scan.pk)
    return scan


def finish(scan_id: int, radios: list[dict[str, Any]]) -> None:
    """The worker has looked."""
    RadioScan.objects.filter(pk=scan_id).update(radios=radios, finished_at=timezone.now())


def setting_faults(instrument: Instrument) -> dict[str, list[str]]:
    """What cannot be in address, driver, serial number and converter: field of the form -> sentences with advice."""
    faults: dict[str, list[str]] = {}
    for fault in _faults(instrument):
        faults.setdefault(_FIELDS.get(fault.field, fault.field), []).append(f"{fault.message} {fault.advice}")
    return faults


def _faults(instrument: Instrument) -> Iterator[SettingFault]:
    address = read_address(instrument.uri)
    if isinstance(address, SettingFault):
        yield address
    if instrument.driver not in RADIO_TUNING_HZ:
        known = ", ".join(sorted(RADIO_TUNING_HZ))
        yield SettingFault("driver", f"There is no radio driver named {instrument.driver!r}.", f"Known are {known}.")
        return
    seen = last_seen(instrument.uri)
    if seen and instrument.serial and seen.get("serial") != instrument.serial:
        yield SettingFault(
            "serial",
            f"The radio last seen at {instrument.uri} has the serial number {seen.get('serial') or 'none'}, "
            f"not {instrument.serial}.",
            "Enter its number, or connect the radio that belongs here and look for radios again.",
        )
    try:
        limits = services.read_limits(instrument.limits)
        converter = services.read_converter(instrument.converter)
    except InvalidParameters:
        return  # told beside limits and converter
    wrong = converter_fault(converter["side"], converter["lo_hz"], converter["gain_db"], limits.frequency_min_hz)
    if wrong is None:
        tuning_hz, radio = _tuning_hz(instrument, seen)
        wanted_hz = (limits.frequency_min_hz, limits.frequency_max_hz)
        wrong = reach_fault(converter["side"], converter["lo_hz"], tuning_hz, wanted_hz, radio)
    if wrong is not None:
        yield wrong


def _tuning_hz(instrument: Instrument, seen: Mapping[str, Any] | None) -> tuple[tuple[float, float], str]:
    """Over which the radio tunes, and what to call it: as seen, else the widest of its kind."""
    if seen and seen.get("tuning_max_hz"):
        return (float(seen["tuning_min_hz"]), float(seen["tuning_max_hz"])), f"The radio seen at {instrument.uri}"
    return RADIO_TUNING_HZ[instrument.driver], f"A radio with the driver {instrument.driver}"


def last_seen(uri: str) -> Mapping[str, Any] | None:
    """What a scan or a run last found at an address, unless that was too long ago."""
    since = timezone.now() - FRESH
    sightings: list[tuple[datetime.datetime, Mapping[str, Any]]] = []
    for scan in RadioScan.objects.filter(finished_at__gte=since)[:KEPT]:
        found = next((radio for radio in scan.radios if radio.get("uri") == uri and radio.get("driver")), None)
        if found is not None and scan.finished_at is not None:
            sightings.append((scan.finished_at, found))
    for instrument in Instrument.objects.filter(last_seen_at__gte=since):
        if instrument.identity.get("uri") == uri and instrument.last_seen_at is not None:
            sightings.append((instrument.last_seen_at, instrument.identity))
    return max(sightings, key=lambda sighting: sighting[0])[1] if sightings else None
