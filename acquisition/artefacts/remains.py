"""What taking interference out of the data leaves of a line beside it.

The part of a line that lies within the band of the interference is taken out with it, so that the line is no longer
quite the decay that is fitted; what is missing looks like a weaker line close to it, at every centre frequency.
"""

from __future__ import annotations

from collections.abc import Sequence

from acquisition.lines import Line

NEAR_LINE_HZ = 5e3
NEAR_BAND_HZ = 12e3
"""Distances from a stronger line, and from the edge of a band that was taken out, up to which this is reckoned with."""

RESOLVED_HZ = 1e3
"""Distance from interference below which nothing is told from its remains: the resolution of a capture of 1 ms."""

BEYOND = 0.3
"""The same of modulated interference, in widths of its band: speech does not fill its band in every capture."""

WEAKER = 0.6
"""Amplitude relative to the stronger line's below which a line may be what is missing of it."""

UNRESOLVED = "Captures do not resolve it from interference that was taken out: it cannot be told from its remains."


def fault(line: Line, together: Sequence[Line], silenced_hz: Sequence[tuple[float, float]]) -> str:
    """Why a line may only be remains of a stronger one, or of the interference itself; empty if it stands alone."""
    if is_unresolved(line, silenced_hz):
        return UNRESOLVED
    if not is_beside(line, silenced_hz):
        return ""
    stronger = [
        other
        for other in together
        if line.snr < WEAKER * other.snr
        and abs(line.frequency_hz - other.frequency_hz) < NEAR_LINE_HZ
        and not is_unresolved(other, silenced_hz)
    ]
    if not stronger:
        return ""
    nearest = min(stronger, key=lambda other: abs(other.frequency_hz - line.frequency_hz))
    return (
        f"Beside interference that was taken out, it cannot be told from what that left of the stronger line at "
        f"{nearest.frequency_hz / 1e6:.4f} MHz."
    )


def is_beside(line: Line, silenced_hz: Sequence[tuple[float, float]]) -> bool:
    """Whether a line lies so near to interference that it has to be silent where nothing excites it."""
    return any(low - NEAR_BAND_HZ <= line.frequency_hz <= high + NEAR_BAND_HZ for low, high in silenced_hz)


def is_unresolved(line: Line, silenced_hz: Sequence[tuple[float, float]]) -> bool:
    """Whether a line lies so near to interference that no measurement of it could be believed."""
    return any(
        low - margin_hz <= line.frequency_hz <= high + margin_hz
        for low, high in silenced_hz
        for margin_hz in (max(RESOLVED_HZ, BEYOND * (high - low)),)
    )
