"""What a user sees of stops, changes of limits and radios' logs."""

from __future__ import annotations

from django.db.models import QuerySet

from webapp.accounts.access import Viewer
from webapp.safety.models import EmergencyStop, LimitChange


def stops(user: Viewer) -> QuerySet[EmergencyStop]:
    """Every stop, for staff; for others those in force, of which everybody sees a banner."""
    if not user.is_authenticated:
        return EmergencyStop.objects.none()
    found = EmergencyStop.objects.select_related("instrument", "made_by", "released_by")
    return found if user.is_staff else found.filter(released_at__isnull=True)


def changes(user: Viewer) -> QuerySet[LimitChange]:
    """Changes of limits, for staff."""
    found = LimitChange.objects.select_related("instrument", "changed_by")
    return found if user.is_staff else found.none()
