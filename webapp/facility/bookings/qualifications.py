"""Training on instruments: granted and revoked by staff, kept as a trail."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import QuerySet

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import User
from webapp.errors import NotAllowed
from webapp.facility.bookings import locking
from webapp.facility.models import Instrument, Qualification

NOTE_MAX = 300


def grant(
    actor: User, *, instrument: Instrument, user: User, expires_at: datetime.datetime | None = None, note: str = ""
) -> Qualification:
    """Staff: the user may use the instrument until `expires_at` (None: for good). Replaces what was granted before."""
    _staff(actor)
    errors: list[FieldError] = []
    if expires_at is not None and expires_at <= locking.clock():
        errors.append(FieldError("expires_at", "Must be in the future."))
    if len(note.strip()) > NOTE_MAX:
        errors.append(FieldError("note", f"The note has at most {NOTE_MAX} characters."))
    if errors:
        raise InvalidParameters(errors)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).values_list("pk").get(pk=user.pk)  # one grant at a time
        _revoke(actor, Qualification.objects.filter(instrument=instrument, user=user))
        return Qualification.objects.create(
            instrument=instrument, user=user, granted_by=actor, expires_at=expires_at, note=note.strip()
        )


def revoke(actor: User, qualification: Qualification) -> Qualification:
    """Staff: it counts no more. Bookings that exist are not touched. Doing so twice changes nothing."""
    _staff(actor)
    _revoke(actor, Qualification.objects.filter(pk=qualification.pk))
    qualification.refresh_from_db()
    return qualification


def _revoke(actor: User, rows: QuerySet[Qualification]) -> None:
    rows.filter(revoked_at__isnull=True).update(revoked_at=locking.clock(), revoked_by=actor)


def _staff(actor: User) -> None:
    if not actor.is_staff:
        raise NotAllowed("Only the facility's staff may grant and revoke qualifications.")
