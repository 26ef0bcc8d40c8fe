"""Searching the reference compounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce

from webapp.accounts.access import Viewer
from webapp.library.models import Compound, ReferenceLine
from webapp.library.services import compounds
from webapp.library.services.found import Comparison, compare
from webapp.library.services.wanted import ROOM_TEMPERATURE_K, Wanted

CANDIDATES_MAX = 500


@dataclass(frozen=True)
class FoundCompound:
    """A compound with those of its lines that were looked at, and how they fit if peaks were asked for."""

    compound: Compound
    lines: tuple[ReferenceLine, ...]
    comparison: Comparison | None


def find(user: Viewer, wanted: Wanted, limit: int = 50) -> list[FoundCompound]:
    """The best fits first; without peaks by name."""
    lines = _lines(wanted)
    candidates = _candidates(user, wanted, lines)
    if not wanted.peaks_hz:
        return [FoundCompound(one, tuple(one.looked_at), None) for one in candidates[:limit]]
    found = [_compared(one, wanted) for one in candidates[:CANDIDATES_MAX]]
    best = sorted(found, key=lambda one: -one.comparison.score if one.comparison else 0.0)
    return [one for one in best if one.comparison and one.comparison.better_than_chance][:limit]


def filtered(found: QuerySet[Compound], name: str = "", element: str = "", nuclide: str = "") -> QuerySet[Compound]:
    """Those whose name or formula holds `name`, whose formula the element, and that have a line of the nuclide."""
    if name:
        found = found.filter(Q(name__icontains=name) | Q(formula__icontains=name))
    if element:
        found = found.filter(elements__contains=f" {element} ")
    if nuclide:
        found = found.filter(Exists(ReferenceLine.objects.filter(compound=OuterRef("pk"), nuclide=nuclide)))
    return found.order_by("name", "pk")


def _lines(wanted: Wanted) -> QuerySet[ReferenceLine]:
    """The lines that fit all that is asked of a line, but for the peaks."""
    lines = ReferenceLine.objects.all()
    if wanted.nuclide:
        lines = lines.filter(nuclide=wanted.nuclide)
    if wanted.temperature_k is not None:
        low = wanted.temperature_k - wanted.temperature_tolerance_k
        high = wanted.temperature_k + wanted.temperature_tolerance_k
        lines = lines.annotate(measured_at_k=Coalesce("temperature_k", ROOM_TEMPERATURE_K))
        lines = lines.filter(measured_at_k__range=(low, high))
    for field, (least, most) in (("cq_hz", wanted.cq_hz), ("eta", wanted.eta)):
        if least is not None:
            lines = lines.filter(**{f"{field}__gte": least})
        if most is not None:
            lines = lines.filter(**{f"{field}__lte": most})
    return lines


def _candidates(user: Viewer, wanted: Wanted, lines: QuerySet[ReferenceLine]) -> QuerySet[Compound]:
    near = Q()
    if wanted.temperature_k is None:  # otherwise lines that move with it may be anywhere
        for peak in wanted.peaks_hz:
            near |= Q(frequency_hz__range=(peak - wanted.tolerance_hz, peak + wanted.tolerance_hz))
    found = compounds.visible(user).select_related("group")
    found = found.filter(Exists(lines.filter(near, compound=OuterRef("pk"))))
    for symbol in wanted.elements:
        found = filtered(found, element=symbol)
    if wanted.group:
        found = found.filter(group__slug=wanted.group)
    return filtered(found, name=wanted.text).prefetch_related(Prefetch("lines", queryset=lines, to_attr="looked_at"))


def _compared(compound: Compound, wanted: Wanted) -> FoundCompound:
    """Lines of a temperature at which nothing fits were not there to be seen, so they do not count as missing."""
    lines: Sequence[ReferenceLine] = compound.looked_at  # type: ignore[attr-defined]  # of the prefetch above
    first = _comparison(lines, wanted)
    matched_hz = {pair.line_hz for pair in first.matched}
    temperatures = {line.temperature_k for line in lines if line.frequency_hz in matched_hz}
    there = [line for line in lines if line.temperature_k in temperatures]
    return FoundCompound(compound, tuple(lines), first if len(there) == len(lines) else _comparison(there, wanted))


def _comparison(lines: Sequence[ReferenceLine], wanted: Wanted) -> Comparison:
    return compare(wanted, [line.frequency_hz for line in lines], [_sigma_hz(line, wanted) for line in lines])


def _sigma_hz(line: ReferenceLine, wanted: Wanted) -> float:
    """The tolerance's, and what the line may have moved between its temperature and the wanted one."""
    if wanted.temperature_k is None or line.dnu_dt_hz_per_k is None:
        return wanted.sigma_hz
    known_at_k = ROOM_TEMPERATURE_K if line.temperature_k is None else line.temperature_k
    return float((wanted.sigma_hz**2 + (line.dnu_dt_hz_per_k * (wanted.temperature_k - known_at_k)) ** 2) ** 0.5)
