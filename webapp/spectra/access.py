"""Which spectra and lines a user sees."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from webapp.accounts.access import Viewer, of_own_groups
from webapp.spectra.models import SpectralLine, Spectrum


def spectra(user: Viewer) -> QuerySet[Spectrum]:
    """Spectra of the user's groups in every version and state; staff: all."""
    return Spectrum.objects.filter(of_own_groups(user)).select_related(
        "run__instrument", "sample", "group", "requested_by"
    )


def newest(spectra: QuerySet[Spectrum]) -> QuerySet[Spectrum]:
    """Of each run only the newest finished version."""
    newer = Spectrum.objects.filter(run=OuterRef("run"), version__gt=OuterRef("version"), state=Spectrum.State.DONE)
    return spectra.filter(~Exists(newer), state=Spectrum.State.DONE)


def lines(user: Viewer) -> QuerySet[SpectralLine]:
    """Lines of all finished spectra that the user sees."""
    return SpectralLine.objects.filter(
        of_own_groups(user, "spectrum__group"), spectrum__state=Spectrum.State.DONE
    ).select_related("spectrum__sample", "spectrum__run")
