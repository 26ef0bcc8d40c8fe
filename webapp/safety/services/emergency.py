"""Staff's emergency stop: turns transmitters off now, keeps them off until it is released.

Two ways lead to the radio. The first is Redis and the guard (see `signal`), which needs no worker. The second is the
row: a worker that lives sees it within half a second, interrupts its run, and starts no other.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import User
from webapp.errors import Conflict, NotAllowed
from webapp.facility.models import Instrument
from webapp.runs import events
from webapp.runs.models import Run
from webapp.runs.queue import hints
from webapp.safety.models import EmergencyStop
from webapp.safety.services import radio_log, signal

TEXT_MAX = 300


def stop(user: User, instruments: Iterable[Instrument], reason: str = "") -> list[EmergencyStop]:
    """Stop these instruments now, and say so. Where a stop is in force already, the guard is told again."""
    if not user.is_staff:
        raise NotAllowed("Only the facility's staff may stop a transmitter; you may cancel your own runs.")
    reason = " ".join(reason.split())[:TEXT_MAX]  # whatever somebody in a hurry types, it is not refused
    wanted = {instrument.slug: instrument for instrument in instruments}
    tokens = {slug: uuid.uuid4().hex for slug in wanted}
    # First of all, before anything that could wait for a database.
    told = signal.announce(tokens) if tokens else True
    with transaction.atomic():
        # Once more when the rows are there: a sweep that read them just before would have taken it for released.
        transaction.on_commit(lambda: signal.announce(tokens) if tokens else None)
        return [_written(user, one, reason, tokens[slug], told) for slug, one in sorted(wanted.items())]


def _written(user: User, instrument: Instrument, reason: str, token: str, told: bool) -> EmergencyStop:
    now = timezone.now()
    Instrument.objects.select_for_update().get(pk=instrument.pk)
    Instrument.objects.filter(pk=instrument.pk).update(stopped=True)
    row = EmergencyStop.objects.filter(instrument=instrument, released_at__isnull=True).first()
    if row is None:
        row = EmergencyStop(instrument=instrument, made_by=user, made_at=now)
    row.reason = reason or row.reason
    row.token, row.told, row.answer, row.answered_at = token, told, {}, None
    row.save()
    radio_log.by_staff(instrument, "stop", user, reason)
    run = Run.objects.filter(instrument=instrument, state__in=Run.ACTIVE).first()
    if run is not None:
        text = f"{user.get_username()} stopped the instrument" + (f": {reason}" if reason else ".")
        events.record(run.pk, "message", {"text": text})
    hints.instrument(instrument.slug)  # an idle worker reads the radio back
    instrument.stopped = True
    return row


def release(user: User, row: EmergencyStop, note: str) -> EmergencyStop:
    """Staff: let the instrument be used again; its transmitter is turned off and read back before anything starts."""
    if not user.is_staff:
        raise NotAllowed("Only the facility's staff may release a stopped instrument.")
    note = note.strip()
    if not note:
        raise InvalidParameters([FieldError("note", "Say what was found and why it may transmit again.")])
    if len(note) > TEXT_MAX:
        raise InvalidParameters([FieldError("note", f"The note has at most {TEXT_MAX} characters.")])
    with transaction.atomic():
        instrument = Instrument.objects.select_for_update().get(pk=row.instrument_id)
        released = EmergencyStop.objects.filter(pk=row.pk, released_at__isnull=True)
        if not released.update(released_by=user, released_at=timezone.now(), note=note):
            raise Conflict("This stop has been released already.", "released_at")
        instrument.stopped = False
        if instrument.status != Instrument.Status.BUSY:
            instrument.status = Instrument.Status.NEEDS_CHECK
            instrument.status_message = "Released after an emergency stop; the transmitter is checked first."
        instrument.save(update_fields=["stopped", "status", "status_message"])
        radio_log.by_staff(instrument, "release", user, note)
        transaction.on_commit(lambda: signal.withdraw([instrument.slug]))
        hints.instrument(instrument.slug)
    row.refresh_from_db()
    return row


def in_force(instruments: Sequence[Instrument] | None = None) -> list[EmergencyStop]:
    """Stops in force, with what guards have answered since; the newest first."""
    rows = EmergencyStop.objects.filter(released_at__isnull=True).select_related("instrument", "made_by")
    if instruments is not None:
        rows = rows.filter(instrument__in=instruments)
    found = list(rows)
    for row in found:
        if row.answered_at is None:
            said = signal.answer(row.instrument.slug)
            if said.get("stop") == row.token:
                _answered(row, said)
    return found


def unanswered(instrument_id: int) -> EmergencyStop | None:
    """The stop of this instrument of which nobody has said yet that the transmitter is off."""
    return next((row for row in in_force() if row.instrument_id == instrument_id and not row.is_off), None)


def read_back(row: EmergencyStop, *, off: bool, message: str) -> None:
    """A worker has opened the radio, which turns the transmitter off and reads it back, or could not."""
    _answered(row, {"stop": row.token, "off": off, "by_worker": True, "message": message})


def _answered(row: EmergencyStop, said: dict[str, Any]) -> None:
    now = timezone.now()
    if EmergencyStop.objects.filter(pk=row.pk, token=row.token).update(answer=said, answered_at=now):
        row.answer, row.answered_at = said, now


def repeat() -> int:
    """Bring Redis in line with the rows, whatever it has forgotten or missed; returns how many stops are in force."""
    stopped = {row.instrument.slug: row.token for row in in_force()}
    others = list(Instrument.objects.filter(stopped=False).values_list("slug", flat=True))
    if others:
        signal.withdraw(others)
    if stopped and signal.announce(stopped):
        EmergencyStop.objects.filter(released_at__isnull=True, told=False).update(told=True)
    return len(stopped)
