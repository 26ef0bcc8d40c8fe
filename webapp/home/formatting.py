"""Numbers as people read them: frequencies, uncertainties, times, formulas. Pure functions, text in and out.

Digits are grouped with the narrow no-break space U+202F, minus is U+2212.
"""

from __future__ import annotations

import math
import re
from datetime import timedelta

NARROW_SPACE = "\u202f"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_UNITS = ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz"))


def group_digits(number: str) -> str:
    """Group the fraction of a decimal number in threes: "28.084612" -> "28.084 612" (narrow spaces)."""
    whole, dot, fraction = number.partition(".")
    groups = [fraction[k : k + 3] for k in range(0, len(fraction), 3)]
    return whole + dot + NARROW_SPACE.join(groups)


def angle(rad: float | None) -> str:
    """An angle in whole degrees: -0.5 -> "−29°"."""
    return "–" if rad is None or not math.isfinite(rad) else f"{math.degrees(rad):.0f}°".replace("-", "−")


def frequency(hz: float | None, sigma_hz: float | None = None) -> str:
    """A frequency with its uncertainty in the last digits: (28084612, 31) -> "28.084 612(31) MHz".

    Without a usable uncertainty it has six significant digits, in the unit that fits.
    """
    if hz is None or not math.isfinite(hz):
        return "–"
    scale, unit = next((entry for entry in _UNITS if abs(hz) >= entry[0]), _UNITS[-1])
    if sigma_hz is None or not math.isfinite(sigma_hz) or sigma_hz <= 0:
        decimals = max(0, 5 - math.floor(math.log10(abs(hz) / scale))) if hz else 0
        text = f"{hz / scale:.{decimals}f}"
        return f"{group_digits(text.rstrip('0').rstrip('.') if '.' in text else text)} {unit}".replace("-", "−")
    # Two significant digits of the uncertainty, but never digits below 1 mHz or above the unit itself.
    decimals = min(max(0, 1 - math.floor(math.log10(sigma_hz / scale))), round(math.log10(scale)) + 3)
    last_digits = round(sigma_hz / scale * 10**decimals)
    return f"{group_digits(f'{hz / scale:.{decimals}f}')}({max(last_digits, 1)}) {unit}".replace("-", "−")


def width(hz: float | None) -> str:
    """A width, offset or uncertainty with three significant digits: 1532 -> "1.53 kHz"."""
    if hz is None or not math.isfinite(hz):
        return "–"
    scale, unit = next((entry for entry in _UNITS if abs(hz) >= entry[0] * 0.9995), _UNITS[-1])
    return f"{significant(hz / scale, 3)} {unit}"


def significant(value: float | None, digits: int = 3) -> str:
    """A plain decimal number with so many significant digits, without an exponent where it would hide the size."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e7:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        raised = str(int(exponent)).translate(_SUPERSCRIPTS)
        return f"{mantissa}\u202f×\u202f10{raised}".replace("-", "−")
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{decimals}f}".replace("-", "−")


def measured(value: float, sigma: float | None, unit: str = "", scale: float = 1.0) -> str:
    """A value with its uncertainty, both in `unit`, of which one is `scale` SI units: "20.1 ± 0.3 ms"."""
    if sigma is None or not math.isfinite(sigma) or sigma <= 0:
        return f"{significant(value / scale, 4)} {unit}".strip()
    decimals = min(max(0, 1 - math.floor(math.log10(sigma / scale))), 12)
    text = f"{value / scale:.{decimals}f} ± {sigma / scale:.{decimals}f} {unit}"
    return text.strip().replace("-", "−")


def temperature(kelvin: float | None) -> str:
    """A temperature as given, to a hundredth of a kelvin: 297.0 -> "297 K"."""
    return "–" if kelvin is None else f"{kelvin:.2f}".rstrip("0").rstrip(".") + " K"


def duration(seconds: float | timedelta | None) -> str:
    """A length of time in the two units that matter: 95 -> "1 min 35 s"."""
    if isinstance(seconds, timedelta):
        seconds = seconds.total_seconds()
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return "–"
    if seconds < 1:
        return f"{seconds * 1e3:.0f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"
    if seconds < 10:
        return f"{seconds:.1f} s"
    total = round(seconds)
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min {total % 60} s" if total % 60 else f"{total // 60} min"
    if total < 86_400:
        minutes = round(total / 60)
        return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
    hours = round(total / 3600)
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"


def size(number_of_bytes: int) -> str:
    """A number of bytes: 81234 -> "81.2 kB"."""
    for scale, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if number_of_bytes >= scale:
            return f"{significant(number_of_bytes / scale, 3)} {unit}"
    return f"{number_of_bytes} B"


def nuclide_parts(nuclide: str) -> tuple[str, str]:
    """("35", "Cl") of "35Cl" or "Cl-35"; ("", text) if it is neither."""
    match = re.fullmatch(r"(\d{1,3})([A-Z][a-z]?)", nuclide) or re.fullmatch(r"([A-Z][a-z]?)-?(\d{1,3})", nuclide)
    if match is None:
        return "", nuclide
    first, second = match.groups()
    return (first, second) if first.isdigit() else (second, first)


def formula_parts(formula: str) -> list[tuple[str, bool]]:
    """Pieces of a formula and whether each is a subscript: "KClO3" -> [("KClO", False), ("3", True)].

    A number is a subscript when it follows an element, a bracket; a leading factor ("·5H2O") is not.
    """
    pieces: list[tuple[str, bool]] = []
    for text, number in re.findall(r"((?:[^0-9]|(?<![A-Za-z)\]])\d)+)|(\d+(?:\.\d+)?)", formula):
        pieces.append((text, False) if text else (number, True))
    return pieces
