"""Searching the measured lines. The queries read the index `Peak` alone until the few best are known."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Abs
from django.utils import timezone

from webapp.accounts.access import Viewer, groups
from webapp.assignments.models import Assignment
from webapp.library.models import Peak
from webapp.library.services.found import Comparison, compare
from webapp.library.services.wanted import Wanted
from webapp.spectra import access
from webapp.spectra.models import Spectrum

RANKED_AGAIN = 200
"""Of so many spectra, those with the most peaks near the wanted ones, the lines are paired one to one."""


@dataclass(frozen=True)
class NearPeak:
    """A measured line near a frequency; difference is its own minus the wanted frequency."""

    spectrum: Spectrum
    frequency_hz: float
    difference_hz: float
    relative_height: float


@dataclass(frozen=True)
class FoundSpectrum:
    """A spectrum with the frequencies of its confirmed lines, and how they fit if peaks were asked for."""

    spectrum: Spectrum
    lines_hz: tuple[float, ...]
    comparison: Comparison | None


def nearest(user: Viewer, frequency_hz: float, tolerance_hz: float, limit: int = 50) -> list[NearPeak]:
    """The measured lines of the user's groups nearest to a frequency, none further away than the tolerance."""
    near = Peak.objects.filter(
        _own_peaks(user), frequency_hz__range=(frequency_hz - tolerance_hz, frequency_hz + tolerance_hz)
    )
    rows = (
        near.annotate(distance_hz=Abs(F("frequency_hz") - frequency_hz))
        .order_by("distance_hz")
        .values_list("spectrum_id", "frequency_hz", "relative_height")[:limit]
    )
    found = list(rows)
    spectra = _with_names(found_id for found_id, _, _ in found)
    return [
        NearPeak(spectra[spectrum_id], own_hz, own_hz - frequency_hz, height) for spectrum_id, own_hz, height in found
    ]


def find(user: Viewer, wanted: Wanted, limit: int = 50) -> list[FoundSpectrum]:
    """The best fits first; without peaks the newest spectra that fit the rest."""
    filtered = _spectra(user, wanted) if wanted.filters else None
    if not wanted.peaks_hz:
        newest = _spectra(user, wanted) if filtered is None else filtered
        ids = list(newest.order_by("-pk").values_list("pk", flat=True)[:limit])
        spectra, lines = _with_names(ids), _lines_of(ids)
        return [FoundSpectrum(spectra[one], lines.get(one, ()), None) for one in ids]
    lines = _lines_of(_most_matches(user, wanted, filtered))
    compared = {spectrum_id: compare(wanted, own) for spectrum_id, own in lines.items()}
    best = sorted(
        (one for one in compared if compared[one].better_than_chance), key=lambda one: (-compared[one].score, -one)
    )[:limit]
    spectra = _with_names(best)
    return [FoundSpectrum(spectra[one], lines[one], compared[one]) for one in best]


def _own_peaks(user: Viewer) -> Q:
    """The rule of `of_own_groups` with the groups' ids as values: then the index alone decides."""
    if user.is_authenticated and user.is_staff:
        return Q()
    return Q(group__in=list(groups(user).values_list("pk", flat=True)))


def _most_matches(user: Viewer, wanted: Wanted, filtered: QuerySet[Spectrum] | None) -> list[int]:
    """Spectra with the most wanted peaks near a line of theirs, ties by closeness and height.

    A part for each peak, with its range as constants: so the database knows from its statistics how few rows each has,
    and reads them from the index. For a join with the ranges, or an OR of them, it reads the whole table.
    """
    conditions, more = "", []
    if not (user.is_authenticated and user.is_staff):
        own = list(groups(user).values_list("pk", flat=True))
        if not own:
            return []
        conditions += f" AND group_id IN ({', '.join(['%s'] * len(own))})"
        more += own
    if filtered is not None:
        try:
            subquery, values = filtered.values("pk").query.sql_with_params()
        except EmptyResultSet:  # a condition that no row can fulfil
            return []
        conditions += f" AND spectrum_id IN ({subquery})"
        more += values
    parts, parameters = [], []
    for place, peak_hz in enumerate(wanted.peaks_hz):
        parts.append(
            f"SELECT {place} AS place, spectrum_id, relative_height,"
            f" frequency_hz - CAST(%s AS double precision) AS off_hz"
            f" FROM {Peak._meta.db_table} WHERE frequency_hz BETWEEN %s AND %s{conditions}"
        )
        parameters += [peak_hz, peak_hz - wanted.tolerance_hz, peak_hz + wanted.tolerance_hz, *more]
    sql = f"""
        SELECT spectrum_id, COUNT(DISTINCT place) AS matched,
               SUM((0.5 + relative_height) * EXP(-0.5 * POWER(off_hz / %s, 2))) AS closeness
        FROM ({" UNION ALL ".join(parts)}) AS near
        GROUP BY spectrum_id
        ORDER BY matched DESC, closeness DESC, spectrum_id DESC
        LIMIT %s
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [wanted.sigma_hz, *parameters, RANKED_AGAIN])
        return [row[0] for row in cursor.fetchall()]


def _spectra(user: Viewer, wanted: Wanted) -> QuerySet[Spectrum]:
    found = access.newest(access.spectra(user).select_related(None))
    if wanted.nuclide:
        found = found.filter(sample__nuclides__icontains=f'"{wanted.nuclide}"')
    for symbol in wanted.elements:
        found = found.filter(sample__elements__contains=f" {symbol} ")
    if wanted.text:
        words = Q(sample__name__icontains=wanted.text) | Q(sample__formula__icontains=wanted.text)
        found = found.filter(words | Q(run__title__icontains=wanted.text) | Q(sample__notes__icontains=wanted.text))
    if wanted.temperature_k is not None:
        low = wanted.temperature_k - wanted.temperature_tolerance_k
        found = found.filter(temperature_k__range=(low, wanted.temperature_k + wanted.temperature_tolerance_k))
    if wanted.group:
        found = found.filter(group__slug=wanted.group)
    if wanted.since is not None:
        found = found.filter(finished_at__gte=_midnight(wanted.since))
    if wanted.until is not None:
        found = found.filter(finished_at__lt=_midnight(wanted.until + datetime.timedelta(days=1)))
    if wanted.about_coupling:
        found = found.filter(sample__in=_assigned_samples(wanted))
    return found


def _assigned_samples(wanted: Wanted) -> list[int]:
    """Samples whose accepted assignment has a site with such C_Q and eta."""
    held: dict[int, Assignment] = {}
    accepted = Assignment.objects.filter(decision=Assignment.Decision.ACCEPTED, undone_at__isnull=True)
    for one in accepted.order_by("pk"):
        held[one.sample_id] = one
    return [sample for sample, one in held.items() if any(_within(site, wanted) for site in one.sites)]


def _within(site: dict[str, Any], wanted: Wanted) -> bool:
    return all(
        (least is None or (value is not None and value >= least))
        and (most is None or (value is not None and value <= most))
        for value, (least, most) in ((site.get("coupling_hz"), wanted.cq_hz), (site.get("eta"), wanted.eta))
    )


def _lines_of(spectra: Sequence[int]) -> dict[int, tuple[float, ...]]:
    """Frequencies of the indexed lines of each of these spectra, in ascending order."""
    found: dict[int, list[float]] = {}
    rows = Peak.objects.filter(spectrum__in=spectra).order_by("frequency_hz")
    for spectrum_id, frequency_hz in rows.values_list("spectrum_id", "frequency_hz"):
        found.setdefault(spectrum_id, []).append(frequency_hz)
    return {one: tuple(values) for one, values in found.items()}


def _with_names(spectra: Any) -> dict[int, Spectrum]:
    rows = Spectrum.objects.filter(pk__in=list(spectra))
    shown = rows.select_related("sample", "run", "group").only(
        "temperature_k", "finished_at", "sample__name", "run__title", "group__name"
    )
    return {one.pk: one for one in shown}


def _midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
