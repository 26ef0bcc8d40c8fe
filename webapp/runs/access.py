"""Which runs a user sees."""

from __future__ import annotations

from django.db.models import OuterRef, Q, QuerySet, Subquery

from webapp.accounts.access import Viewer, of_own_groups
from webapp.runs.models import Run, RunSeries, RunTemplate
from webapp.spectra.models import Spectrum


def runs(user: Viewer) -> QuerySet[Run]:
    """Runs of the user's groups; staff: all. `newest_spectrum_id` is that of the newest finished version, or None."""
    finished = Spectrum.objects.filter(run=OuterRef("pk"), state=Spectrum.State.DONE).order_by("-version")
    return (
        Run.objects.filter(of_own_groups(user))
        .select_related("instrument", "sample", "group", "submitted_by")
        .annotate(newest_spectrum_id=Subquery(finished.values("pk")[:1]))
    )


def series(user: Viewer) -> QuerySet[RunSeries]:
    """Series of the user's groups; staff: all."""
    return RunSeries.objects.filter(of_own_groups(user)).select_related("instrument", "group", "submitted_by")


def templates(user: Viewer) -> QuerySet[RunTemplate]:
    """Templates of the user's groups and those that other groups share; staff: all."""
    if not user.is_authenticated:
        return RunTemplate.objects.none()
    return RunTemplate.objects.filter(of_own_groups(user) | Q(shared=True)).select_related("group", "created_by")
