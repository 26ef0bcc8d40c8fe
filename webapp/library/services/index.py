"""Keeping the index of measured lines in step with the results."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from webapp.library.models import Peak
from webapp.spectra import access
from webapp.spectra.lists import FOUND
from webapp.spectra.models import SpectralLine, Spectrum

_BATCH = 500


def index(spectrum_id: int) -> None:
    """Index a spectrum that is done; if it is its run's newest version, the others leave the index.

    To be called in the transaction that closes its processing.
    """
    spectrum = Spectrum.objects.get(pk=spectrum_id)
    versions = Spectrum.objects.filter(run=spectrum.run_id)
    newest = access.newest(versions).first()
    Peak.objects.filter(spectrum__in=versions).delete()
    if newest is not None:
        Peak.objects.bulk_create(_peaks([newest]))


def index_everything() -> int:
    """Make the whole index anew, batch by batch; the number of its peaks."""
    spectra = access.newest(Spectrum.objects.all()).order_by("pk")
    count, last = 0, 0
    with transaction.atomic():
        Peak.objects.all().delete()
        while batch := list(spectra.filter(pk__gt=last)[:_BATCH]):
            count += len(Peak.objects.bulk_create(_peaks(batch)))
            last = batch[-1].pk
    return count


def _peaks(spectra: Iterable[Spectrum]) -> list[Peak]:
    group_of = {spectrum.pk: spectrum.group_id for spectrum in spectra}
    lines = list(SpectralLine.objects.filter(spectrum__in=group_of, status__in=FOUND))
    highest: dict[int, float] = {}
    for line in lines:
        highest[line.spectrum_id] = max(highest.get(line.spectrum_id, 0.0), line.amplitude)
    return [
        Peak(
            spectrum_id=line.spectrum_id,
            group_id=group_of[line.spectrum_id],
            frequency_hz=line.frequency_hz,
            relative_height=line.amplitude / (highest[line.spectrum_id] or 1.0),
        )
        for line in lines
    ]
