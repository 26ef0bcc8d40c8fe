"""Which assignments a user sees."""

from __future__ import annotations

from django.db.models import QuerySet

from webapp.accounts.access import Viewer, of_own_groups
from webapp.assignments.models import Assignment


def assignments(user: Viewer) -> QuerySet[Assignment]:
    """Decisions about samples of the user's groups, undone ones too; staff: all."""
    return (
        Assignment.objects.filter(of_own_groups(user, "sample__group"))
        .select_related("sample", "decided_by", "undone_by")
        .prefetch_related("lines")
    )
