"""Which runs a user sees."""

from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery

from webapp.accounts.access import Viewer, of_own_groups
from webapp.runs.models import Run
from webapp.spectra.models import Spectrum


def runs(user: Viewer) -> QuerySet[Run]:
    """Runs of the user's groups; staff: all. `newest_spectrum_id` is that of the newest finished version, or None."""
    finished = Spectrum.objects.filter(run=OuterRef("pk"), state=Spectrum.State.DONE).order_by("-version")
    return (
        Run.objects.filter(of_own_groups(user))
        .select_related("instrument", "sample", "group", "submitted_by")
        .annotate(newest_spectrum_id=Subquery(finished.values("pk")[:1]))
    )
