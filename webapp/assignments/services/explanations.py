"""The ranked explanations of a sample's lines; made once for the same evidence."""

from __future__ import annotations

from functools import lru_cache

from acquisition import nuclides
from acquisition.assignment import Explanation, Observation, SearchedRange, explain
from acquisition.nuclides import UnknownNuclide
from webapp.assignments.services.evidence import Evidence


def explanations(evidence: Evidence) -> tuple[Explanation, ...]:
    """Explanations, most probable first; () without lines."""
    return _explained(evidence.observations, evidence.nuclides, evidence.searched)


@lru_cache(maxsize=128)
def _explained(
    observations: tuple[Observation, ...], labels: tuple[str, ...], searched: tuple[SearchedRange, ...]
) -> tuple[Explanation, ...]:
    found = []
    for label in labels:
        try:
            found.append(nuclides.nuclide(label))
        except UnknownNuclide:
            continue  # of a formula that was read with an earlier table
    return explain(observations, found, searched)
