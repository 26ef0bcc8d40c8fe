"""Assignment: which nuclides, on which sites, explain the lines that were found, and what measurement would decide."""

from acquisition.assignment.explain import explain
from acquisition.assignment.values import (
    Explanation,
    Match,
    Measurement,
    Observation,
    PredictedLine,
    SearchedRange,
    Site,
    Terms,
)

__all__ = [
    "Explanation",
    "Match",
    "Measurement",
    "Observation",
    "PredictedLine",
    "SearchedRange",
    "Site",
    "Terms",
    "explain",
]
