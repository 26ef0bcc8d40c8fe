"""Which dry runs a user sees."""

from __future__ import annotations

from django.db.models import QuerySet

from webapp.accounts.access import Viewer
from webapp.dryruns.models import DryRun


def dry_runs(user: Viewer) -> QuerySet[DryRun]:
    """The user's own; staff: all. They are trials, so groups do not share them."""
    if not user.is_authenticated:
        return DryRun.objects.none()
    everything = DryRun.objects.select_related("instrument", "sample", "submitted_by")
    return everything if user.is_staff else everything.filter(submitted_by=user)
