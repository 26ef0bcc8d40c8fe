"""Which calibrations a user sees."""

from __future__ import annotations

from django.db.models import QuerySet

from webapp.accounts.access import Viewer
from webapp.calibrations.models import Calibration


def calibrations(user: Viewer) -> QuerySet[Calibration]:
    """Those of every instrument, for whoever is logged in: they decide what everybody's runs do."""
    if not user.is_authenticated:
        return Calibration.objects.none()
    return Calibration.objects.select_related("instrument", "run", "accepted_by", "withdrawn_by")
