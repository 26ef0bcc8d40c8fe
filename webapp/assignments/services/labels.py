"""The nuclide beside a line, wherever lines are listed."""

from __future__ import annotations

from collections.abc import Iterable

from webapp.assignments.models import AssignedLine
from webapp.assignments.services.decisions import holding_of
from webapp.samples.models import Sample
from webapp.spectra.models import SpectralLine


def with_labels(sample: Sample, lines: Iterable[SpectralLine]) -> list[SpectralLine]:
    """The same lines of one sample, each with `assigned`: the AssignedLine of the accepted explanation, or None.

    A line is that of the assignment if it is the same row, or lies where the assignment has one.
    """
    shown = list(lines)
    known = _assigned([sample.pk] if shown else []).get(sample.pk, [])
    for line in shown:
        line.assigned = _of(line, known)
    return shown


def with_labels_of_all(lines: Iterable[SpectralLine]) -> list[SpectralLine]:
    """The same for lines of any samples; their spectra are at hand. Two queries, however many samples there are."""
    shown = list(lines)
    known = _assigned({line.spectrum.sample_id for line in shown})
    for line in shown:
        line.assigned = _of(line, known.get(line.spectrum.sample_id, []))
    return shown


def _assigned(samples: Iterable[int]) -> dict[int, list[AssignedLine]]:
    """The lines of the accepted explanation of each sample that has one."""
    held = {assignment.pk: sample for sample, assignment in holding_of(samples).items()}
    known: dict[int, list[AssignedLine]] = {}
    for line in AssignedLine.objects.filter(assignment__in=held) if held else ():
        known.setdefault(held[line.assignment_id], []).append(line)
    return known


def _of(line: SpectralLine, known: list[AssignedLine]) -> AssignedLine | None:
    if line.status == SpectralLine.Status.REJECTED:
        return None
    for one in known:
        if one.line_id is not None and one.line_id == line.pk:
            return one
    near = min(known, key=lambda one: abs(one.frequency_hz - line.frequency_hz), default=None)
    if near is None or abs(near.frequency_hz - line.frequency_hz) > max(near.tolerance_hz, 0.5 * line.fwhm_hz):
        return None
    return near
