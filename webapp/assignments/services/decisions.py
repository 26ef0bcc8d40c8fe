"""Accepting and rejecting explanations, and taking that back."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from acquisition.assignment import Explanation
from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import User
from webapp.assignments import access
from webapp.assignments.models import AssignedLine, Assignment
from webapp.assignments.services.evidence import Evidence, of_sample
from webapp.assignments.services.explanations import explanations
from webapp.errors import Conflict, NotFound
from webapp.samples import access as samples_access
from webapp.samples.models import Sample

NOTE_MAX = 300


def decide(user: User, sample: Sample, *, key: str, decision: str, note: str = "") -> Assignment:
    """Accept or reject the explanation of this key, as it is now.

    Raises Conflict when there is no such explanation any more (lines, formula or searched ranges have changed), and
    when the same decision holds already.
    """
    _check(user, sample, decision, note)
    evidence = of_sample(sample)
    explanation = next((one for one in explanations(evidence) if one.key == key), None)
    if explanation is None:
        raise Conflict("This explanation is not among those of the lines as they are now; look at them again.", "key")
    with transaction.atomic():
        Sample.objects.select_for_update().get(pk=sample.pk)  # two clicks at once are one decision
        held = holding(sample)
        if decision == Assignment.Decision.ACCEPTED and held is not None and held.key == key:
            raise Conflict("This explanation is accepted already.", "key")
        if decision == Assignment.Decision.REJECTED and key in rejected_keys(sample):
            raise Conflict("This explanation is rejected already.", "key")
        made = Assignment.objects.create(
            sample=sample,
            decision=decision,
            key=key,
            sites=[_plain(dataclasses.asdict(site)) for site in explanation.sites],
            probability=explanation.probability,
            score=explanation.score,
            note=note.strip(),
            decided_by=user,
        )
        AssignedLine.objects.bulk_create(_lines(made, explanation, evidence))
    return access.assignments(user).get(pk=made.pk)


def undo(user: User, assignment: Assignment) -> Assignment:
    """Take a decision back; it stays in the history. Raises Conflict if that was done already."""
    if not access.assignments(user).filter(pk=assignment.pk).exists():
        raise NotFound("There is no such assignment in your groups.")
    changed = Assignment.objects.filter(pk=assignment.pk, undone_at=None).update(
        undone_at=timezone.now(), undone_by=user
    )
    if not changed:
        raise Conflict("This decision was taken back already.")
    return access.assignments(user).get(pk=assignment.pk)


def holding(sample: Sample) -> Assignment | None:
    """The accepted explanation of a sample: the newest that is neither undone nor rejected since."""
    return holding_of([sample.pk]).get(sample.pk)


def holding_of(samples: Iterable[int]) -> dict[int, Assignment]:
    """The accepted explanation of each of these samples (primary keys) that has one, in one query."""
    standing = Assignment.objects.filter(sample__in=set(samples), undone_at=None).select_related("decided_by")
    held: dict[int, Assignment] = {}
    rejected: set[tuple[int, str]] = set()
    for one in standing.order_by("-pk"):
        if one.decision == Assignment.Decision.REJECTED:
            rejected.add((one.sample_id, one.key))
        elif one.sample_id not in held and (one.sample_id, one.key) not in rejected:
            held[one.sample_id] = one
    return held


def rejected_keys(sample: Sample) -> frozenset[str]:
    """Keys of the explanations that are rejected, and not accepted since."""
    rejections = _rejections(sample)
    accepted = sample.assignments.filter(decision=Assignment.Decision.ACCEPTED, undone_at=None)
    newest = {}
    for one in accepted:
        newest[one.key] = max(newest.get(one.key, 0), one.pk)
    return frozenset(key for key, pk in rejections.items() if pk > newest.get(key, 0))


def _rejections(sample: Sample) -> dict[str, int]:
    """Newest rejection of each key."""
    found: dict[str, int] = {}
    for one in sample.assignments.filter(decision=Assignment.Decision.REJECTED, undone_at=None):
        found[one.key] = max(found.get(one.key, 0), one.pk)
    return found


def _check(user: User, sample: Sample, decision: str, note: str) -> None:
    errors: list[FieldError] = []
    if not samples_access.samples(user).filter(pk=sample.pk).exists():
        raise NotFound("There is no such sample in your groups.")
    if decision not in Assignment.Decision.values:
        errors.append(FieldError("decision", f"Must be one of {', '.join(Assignment.Decision.values)}."))
    if len(note.strip()) > NOTE_MAX:
        errors.append(FieldError("note", f"The note has at most {NOTE_MAX} characters."))
    if errors:
        raise InvalidParameters(errors)


def _lines(made: Assignment, explanation: Explanation, evidence: Evidence) -> list[AssignedLine]:
    rows = []
    for number, site in enumerate(explanation.sites):
        for match in site.matches:
            row = evidence.lines[match.line][0]
            observation = evidence.observations[match.line]
            rows.append(
                AssignedLine(
                    assignment=made,
                    line=row,
                    frequency_hz=row.frequency_hz,
                    tolerance_hz=max(observation.fwhm_hz, 3.0 * observation.sigma_hz),
                    nuclide=match.nuclide,
                    transition=match.transition,
                    site=number,
                )
            )
    return rows


def _plain(value: Any) -> Any:
    """Values that JSON has: no tuples, and None for what is not finite."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
