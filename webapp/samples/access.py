"""Which samples a user sees."""

from __future__ import annotations

from django.db.models import QuerySet

from webapp.accounts.access import Viewer, of_own_groups
from webapp.samples.models import Sample


def samples(user: Viewer) -> QuerySet[Sample]:
    """Samples of the user's groups, archived ones too; staff: all."""
    return Sample.objects.filter(of_own_groups(user)).select_related("group", "created_by")
