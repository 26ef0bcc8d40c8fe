"""Which instruments a user sees."""

from __future__ import annotations

from django.db.models import QuerySet

from webapp.accounts.access import Viewer
from webapp.facility.models import Instrument


def instruments(user: Viewer) -> QuerySet[Instrument]:
    """Every instrument of the facility, for whoever is logged in."""
    return Instrument.objects.all() if user.is_authenticated else Instrument.objects.none()
