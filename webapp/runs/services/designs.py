"""Designing a search: which method reaches a goal soonest on an instrument, and with which settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acquisition.errors import InvalidParameters
from acquisition.methods.parameters import describe, parse
from acquisition.planning import Comparison, Goal, compare
from webapp.facility import services as facility
from webapp.facility.models import Instrument

SEARCHES = ("survey", "stepped")
"""Methods that look for unknown lines in a range; others have nothing to be compared with."""


def design(instrument: Instrument, goal: Mapping[str, Any]) -> Comparison:
    """The ways to a goal by rising time; raises InvalidParameters naming field and limit."""
    return compare(parse(Goal, goal), facility.limits(instrument))


def design_like(instrument: Instrument, method: str, parameters: Mapping[str, Any]) -> Comparison | None:
    """The ways to search the same range, with the planner's guesses for what the parameters do not say.

    None for methods that do not search, and where no method reaches the goal of the guesses.
    """
    if method not in SEARCHES:
        return None
    shared = {info.name for info in describe(Goal)} & set(parameters)
    try:
        return design(instrument, {name: parameters[name] for name in shared})
    except InvalidParameters:
        return None
