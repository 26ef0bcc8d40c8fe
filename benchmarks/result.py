"""What a benchmark returns."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Result:
    """`ratio` is ours / the thing named in `against`, both measured in the same run."""

    name: str
    value: float
    unit: str
    against: str
    ratio: float
    extra: dict[str, float | int | str] = field(default_factory=dict)
