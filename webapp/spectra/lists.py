"""Spectra and lines as lists show them."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

from webapp.spectra.models import SpectralLine, Spectrum

#: states of a line that make it a result
FOUND = (SpectralLine.Status.CONFIRMED, SpectralLine.Status.MOVED)


def with_found_lines(spectra: QuerySet[Spectrum]) -> QuerySet[Spectrum]:
    """Newest first, each with its confirmed lines, strongest first, as the list `found`."""
    lines = SpectralLine.objects.filter(status__in=FOUND).order_by("-snr")
    return spectra.prefetch_related(Prefetch("lines", queryset=lines, to_attr="found")).order_by("-pk")


def found_lines(spectra: QuerySet[Spectrum]) -> QuerySet[SpectralLine]:
    """The confirmed lines of these spectra, by frequency."""
    lines = SpectralLine.objects.filter(status__in=FOUND, spectrum__in=spectra.values("pk"))
    return lines.select_related("spectrum__run").order_by("frequency_hz")
