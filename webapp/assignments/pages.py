"""What the section "Assignment" of a sample's page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from acquisition.assignment import Explanation, Measurement
from webapp.assignments import drawing, services
from webapp.assignments.models import Assignment
from webapp.assignments.services import Evidence
from webapp.samples.models import Sample

SHOWN = 4
DECISIONS_SHOWN = 6


@dataclass(frozen=True)
class ShownMeasurement:
    """A proposed run with the address of its form, filled in."""

    measurement: Measurement
    address: str


@dataclass(frozen=True)
class ShownExplanation:
    """An explanation with everything that its card needs."""

    explanation: Explanation
    picture: dict[str, Any]
    rows: tuple[dict[str, Any], ...]
    unexplained_hz: tuple[float, ...]
    measurements: tuple[ShownMeasurement, ...]
    accepted: bool
    rejected: bool


def section(sample: Sample) -> dict[str, Any]:
    """Context of `assignments/_section.html`."""
    evidence = services.of_sample(sample)
    held, rejected = services.holding(sample), services.rejected_keys(sample)
    found = [_shown(one, evidence, sample, held, rejected) for one in services.explanations(evidence)]
    found.sort(key=lambda one: one.rejected)  # stable: what is rejected goes last
    return {
        "assignment_lines": len(evidence.observations),
        "explanations": found[:SHOWN],
        "held_assignment": held,
        "held_is_shown": held is not None and any(one.accepted for one in found),
        "decisions": sample.assignments.select_related("decided_by", "undone_by")[:DECISIONS_SHOWN],
    }


def _shown(
    explanation: Explanation, evidence: Evidence, sample: Sample, held: Assignment | None, rejected: frozenset[str]
) -> ShownExplanation:
    return ShownExplanation(
        explanation=explanation,
        picture=drawing.sticks(explanation, evidence.observations, evidence.searched),
        rows=tuple(
            {"match": match, "line": evidence.lines[match.line][0], "site": number, "element": site.element}
            for number, site in enumerate(explanation.sites, start=1)
            for match in site.matches
        ),
        unexplained_hz=tuple(evidence.observations[place].frequency_hz for place in explanation.unexplained),
        measurements=tuple(ShownMeasurement(one, address(one, sample)) for one in explanation.deciding),
        accepted=held is not None and held.key == explanation.key,
        rejected=explanation.key in rejected,
    )


def address(measurement: Measurement, sample: Sample) -> str:
    """Address of the form of a new run, with the proposed measurement filled in."""
    query = QueryDict(mutable=True)
    query["method"] = measurement.method
    query["sample"] = str(sample.pk)
    query["title"] = measurement.title[:160]
    if measurement.temperature_k is not None:
        query["temperature_k"] = f"{measurement.temperature_k:g}"
    for name, value in measurement.parameters.items():
        query[name] = str(value)
    return f"{reverse('runs:create')}?{query.urlencode()}"
