"""What the model leaves of a strong line: its answer to a strong pulse is not quite the one that is fitted.

The answer of a line that is turned far is no longer proportional to what is sent, and differs from window to window.
What is left has a few per cent of the line's amplitude and lies within its wings; the pursuit explains it by whatever
fits, carriers and ring-down included. It is neither interference nor anything that a second look must be kept from.
"""

from __future__ import annotations

from collections.abc import Sequence

from acquisition.artefacts.nuisance import Nuisance
from acquisition.lines import Line

REACH_WIDTHS = 6.0
"""Distance in widths of the line up to which remainders are found."""

FRACTION = 0.3
"""Signal-to-noise ratio relative to the line's below which something may be a remainder of it."""


def line_left(nuisance: Nuisance, lines: Sequence[Line]) -> Line | None:
    """The strong line whose remainder this may be, or None."""
    strong = [line for line in lines if nuisance.snr < FRACTION * line.snr]
    near = [line for line in strong if abs(line.frequency_hz - nuisance.frequency_hz) <= REACH_WIDTHS * line.fwhm_hz]
    return max(near, key=lambda line: line.snr, default=None)
