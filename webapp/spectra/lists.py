"""Spectra and lines as lists show them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from webapp.spectra.models import SpectralLine, Spectrum

#: states of a line that make it a result
FOUND = (SpectralLine.Status.CONFIRMED, SpectralLine.Status.MOVED)


def with_found_lines(spectra: QuerySet[Spectrum]) -> QuerySet[Spectrum]:
    """Newest first, each with its confirmed lines, strongest first, as the list `found`."""
    lines = SpectralLine.objects.filter(status__in=FOUND).order_by("-snr")
    return spectra.prefetch_related(Prefetch("lines", queryset=lines, to_attr="found")).order_by("-pk")


@dataclass(frozen=True)
class Stretch:
    """Part of a long list, and the key before which the next part begins, if there is one."""

    spectra: list[Spectrum]
    next_before: int | None


def stretch(spectra: QuerySet[Spectrum], before: int | None, size: int) -> Stretch:
    """The newest `size` spectra older than `before`, found by key, so that the last is as quick as the first."""
    if before is not None:
        spectra = spectra.filter(pk__lt=before)
    rows = list(with_found_lines(spectra)[: size + 1])
    return Stretch(rows[:size], rows[size - 1].pk if len(rows) > size else None)


def found_lines(spectra: QuerySet[Spectrum]) -> QuerySet[SpectralLine]:
    """The confirmed lines of these spectra, by frequency."""
    lines = SpectralLine.objects.filter(status__in=FOUND, spectrum__in=spectra.values("pk"))
    return lines.select_related("spectrum__run").order_by("frequency_hz")
