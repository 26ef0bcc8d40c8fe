"""Finds the methods: every module of this package with a `METHOD` in it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from acquisition.errors import FieldError, InvalidParameters
from acquisition.experiment import Experiment, Plan
from acquisition.limits import InstrumentLimits
from acquisition.shot import Capture

if TYPE_CHECKING:  # the reconstruction describes its own parameters with this package
    from acquisition.reconstruction import Reconstruction, ReconstructionParameters


SEARCH = "Search for lines"
LINE = "Look at a line"
CONSTANTS = "Measure its constants"
CALIBRATION = "Calibrate the instrument"
FAMILIES = (SEARCH, LINE, CONSTANTS, CALIBRATION)
"""What methods are for, in the order in which they are offered. The last one's are for the facility's staff."""


@dataclass(frozen=True)
class Method:
    """A measuring method: what it is called, its typed parameters, and how it is planned and run.

    `plan(parameters, limits)` validates against the instrument and raises InvalidParameters naming field and limit;
    `experiment(parameters, limits)` gives the pure logic of the same plan. `reconstruct(captures, parameters)` makes
    the result of a run's captures by looking at nothing else; without it they are taken for a survey's. `when_to_use`
    tells people when to choose it, `family` (one of `FAMILIES`) what it is for.
    """

    name: str
    title: str
    summary: str
    parameters: type[Any]
    plan: Callable[[Any, InstrumentLimits], Plan]
    experiment: Callable[[Any, InstrumentLimits], Experiment]
    reconstruct: Callable[[Sequence[Capture], ReconstructionParameters], Reconstruction] | None = None
    when_to_use: str = ""
    family: str = LINE


@cache
def methods() -> Mapping[str, Method]:
    """Every method by name."""
    found: dict[str, Method] = {}
    package = importlib.import_module("acquisition.methods")
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"acquisition.methods.{module_info.name}")
        method = getattr(module, "METHOD", None)
        if isinstance(method, Method):
            found[method.name] = method
    return dict(sorted(found.items()))


def get(name: str) -> Method:
    """The method of that name, or InvalidParameters naming the known ones."""
    try:
        return methods()[name]
    except KeyError:
        raise InvalidParameters([FieldError("method", f"Unknown method; known are {', '.join(methods())}.")]) from None
