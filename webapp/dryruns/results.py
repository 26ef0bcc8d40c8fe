"""What a dry run has shown, as the JSON that its row keeps: lines, the guess beside them, pictures in few points."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from acquisition.lines import Line, LineStatus
from acquisition.planning.guess import GuessedLine
from webapp.home import svg
from webapp.spectra.services import curves
from webapp.spectra.services.results import Result

COLUMNS = 960
"""Points of the stored picture; smallest and largest of each stretch are kept, so that no line is lost."""

FOUND = (LineStatus.CONFIRMED, LineStatus.MOVED)

_RANK = {LineStatus.CONFIRMED: 0, LineStatus.MOVED: 0, LineStatus.CANDIDATE: 1, LineStatus.REJECTED: 2}


def plain(result: Result, guess: Sequence[GuessedLine]) -> dict[str, Any]:
    """A reconstruction as JSON.

    `expected` has an entry for every guessed line: what was made of it, and the SNR that it had this time; `lines` are
    all lines that were found, `of_guess` being None for one that nothing was guessed at.
    """
    taken = assigned(result.lines, guess)
    low, high = svg.columns(np.abs(result.spectrum.values), COLUMNS)
    return {
        "expected": [
            {"frequency_hz": line.frequency_hz, "found": taken.get(number)} for number, line in enumerate(guess)
        ],
        "lines": [_line(line) | {"of_guess": _guess_of(place, taken)} for place, line in enumerate(result.lines)],
        "spectrum": {
            "x0_hz": float(result.spectrum.x0_hz),
            "span_hz": float(result.spectrum.dx_hz) * max(len(result.spectrum.values) - 1, 1),
            "noise_sigma": _finite(result.spectrum.noise_sigma),
            "low": [float(f"{value:.4g}") for value in low],
            "high": [float(f"{value:.4g}") for value in high],
        },
        "curves": [curves.plain_curve(curve) for curve in result.curves],
        "quantities": [curves.plain_quantity(quantity) for quantity in result.quantities],
    }


def assigned(lines: Sequence[Line], guess: Sequence[GuessedLine]) -> dict[int, int]:
    """Which found line (by place) belongs to which guessed one; confirmed ones go first, then the nearest."""
    pairs = []
    for number, wanted in enumerate(guess):
        fwhm_hz = 1 / (math.pi * wanted.t2_star_s)
        for place, line in enumerate(lines):
            sigma_hz = line.frequency_sigma_hz if math.isfinite(line.frequency_sigma_hz) else 0.0
            distance_hz = abs(line.frequency_hz - wanted.frequency_hz)
            if distance_hz <= max(fwhm_hz, line.fwhm_hz, 5 * sigma_hz):
                pairs.append((_RANK[line.status], distance_hz, number, place))
    found: dict[int, int] = {}
    for _rank, _distance, number, place in sorted(pairs):
        if number not in found and place not in found.values():
            found[number] = place
    return found


def _guess_of(place: int, taken: Mapping[int, int]) -> int | None:
    return next((number for number, other in taken.items() if other == place), None)


def _line(line: Line) -> dict[str, Any]:
    facts = dataclasses.asdict(line)
    return {name: _finite(value) if isinstance(value, float) else value for name, value in facts.items()}


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
