"""What the planner proposes for one method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False)
class Proposal:
    """The fastest settings of a method for a goal, and the instrument time that they should take.

    `name` is "survey", "sequential" or "interleaved"; `method` and `parameters` are what is submitted. `averages` are
    those of each of the `windows` (or steps). `duration_s` counts shots and overheads up to the detection of the line,
    without its confirmation, which costs the same after any method. `flip_deg` is omega_1 t in the middle of a window.
    """

    name: str
    method: str
    parameters: Mapping[str, Any]
    duration_s: float
    windows: int
    averages: int
    flip_deg: float
    repetition_time_s: float
    notes: tuple[str, ...] = field(default=())
