"""Whether a weak line could be the wing of a strong one.

No line is exactly the Lorentzian that is fitted: powders, strain and saturation give wings. What is left of a strong
line after the fit looks like a weak line beside it, at every centre frequency and in every capture.
"""

from __future__ import annotations

from collections.abc import Sequence

from acquisition.lines import Line

WING_WIDTHS = 10.0
"""Distance from a strong line, in units of its full width, up to which its wings are reckoned with."""

WING_FRACTION = 0.03
"""Amplitude relative to the strong line's below which a line so near is not told apart from its wings."""


def wing_fault(line: Line, together: Sequence[Line]) -> str:
    """Why a line may only be a wing of one that was fitted together with it; empty if it stands alone."""
    strong = [
        other
        for other in together
        if line.amplitude < WING_FRACTION * other.amplitude
        and abs(line.frequency_hz - other.frequency_hz) < WING_WIDTHS * other.fwhm_hz
    ]
    if not strong:
        return ""
    strongest = max(strong, key=lambda other: other.amplitude)
    return (
        f"With {100 * line.amplitude / strongest.amplitude:.2g} % of its amplitude, it cannot be told apart from the "
        f"wings of the line at {strongest.frequency_hz / 1e6:.4f} MHz."
    )
