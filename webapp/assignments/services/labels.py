"""The nuclide beside a line, wherever lines are listed."""

from __future__ import annotations

from collections.abc import Iterable

from webapp.assignments.models import AssignedLine
from webapp.assignments.services.decisions import holding
from webapp.samples.models import Sample
from webapp.spectra.models import SpectralLine


def with_labels(sample: Sample, lines: Iterable[SpectralLine]) -> list[SpectralLine]:
    """The same lines, each with `assigned`: the AssignedLine of the accepted explanation, or None.

    A line is that of the assignment if it is the same row, or lies where the assignment has one.
    """
    shown = list(lines)
    accepted = holding(sample) if shown else None
    known = list(accepted.lines.all()) if accepted is not None else []
    for line in shown:
        line.assigned = _of(line, known)
    return shown


def _of(line: SpectralLine, known: list[AssignedLine]) -> AssignedLine | None:
    if line.status == SpectralLine.Status.REJECTED:
        return None
    for one in known:
        if one.line_id == line.pk:
            return one
    near = min(known, key=lambda one: abs(one.frequency_hz - line.frequency_hz), default=None)
    if near is None or abs(near.frequency_hz - line.frequency_hz) > max(near.tolerance_hz, 0.5 * line.fwhm_hz):
        return None
    return near
