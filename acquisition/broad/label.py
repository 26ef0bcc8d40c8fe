"""What an echo capture of a map says of itself in its purpose: the place, the nutation angle and the nuclide.

The waveform does not tell which nutation angle its pulses make nor whose line is mapped, and the purpose is the one
text that goes from a shot into its capture and into every record of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

DEFAULT_FLIP_DEG = 58.6
_PATTERN = re.compile(
    r"echo at (?P<place>[0-9.]+) MHz, (?P<flip>[0-9.]+)°(?:, (?P<nuclide>\d{1,3}[A-Z][a-z]?))?"
    r"(?:, transition (?P<transition>\d+))?(?:, (?P<sign>plus|minus))?"
)


@dataclass(frozen=True)
class Label:
    """`flip_deg` is omega_1 t of the first pulse; `nuclide` is empty and `transition` 0 where none was given."""

    place_hz: float
    flip_deg: float = DEFAULT_FLIP_DEG
    nuclide: str = ""
    transition: int = 0
    sign: str = ""

    def text(self) -> str:
        """As it stands in a purpose."""
        parts = [f"echo at {self.place_hz / 1e6:.6f} MHz", f"{self.flip_deg:.4g}°"]
        parts += [self.nuclide] if self.nuclide else []
        parts += [f"transition {self.transition}"] if self.transition else []
        parts += [self.sign] if self.sign else []
        return ", ".join(parts)


def read(purpose: str) -> Label | None:
    """The label in a purpose, or None where there is none."""
    match = _PATTERN.search(purpose)
    if match is None:
        return None
    return Label(
        place_hz=float(match["place"]) * 1e6,
        flip_deg=float(match["flip"]),
        nuclide=match["nuclide"] or "",
        transition=int(match["transition"] or 0),
        sign=match["sign"] or "",
    )
