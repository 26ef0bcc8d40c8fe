"""The picture of a spin: its regular transitions over C_Q against eta."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from acquisition import quadrupole
from webapp.home import svg

WIDTH, HEIGHT = 560, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, WIDTH - 110, 14, HEIGHT - 46
_LABEL_GAP = 15


def frequencies_over_eta(spin: Fraction, eta: float | None) -> dict[str, Any]:
    """What the template `quadrupole/_curves.html` draws; `eta` is marked by a line and its frequencies by dots."""
    grid = np.linspace(0.0, 1.0, 81)
    ratios = quadrupole.frequency_ratios(spin, grid)
    x = svg.Scale(0.0, 1.0, _LEFT, _RIGHT)
    y = svg.Scale(0.0, float(ratios.max()) * 1.06, _BOTTOM, _TOP)
    y_ticks = svg.ticks(0.0, y.high, 5)
    step = y_ticks[1] - y_ticks[0]
    names = quadrupole.regular_names(spin)
    here = quadrupole.frequency_ratios(spin, eta) if eta is not None else ()
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": _LEFT,
        "right": _RIGHT,
        "top": _TOP,
        "bottom": _BOTTOM,
        "spin": str(spin),
        "curves": [
            svg.polyline([(x(float(e)), y(float(v))) for e, v in zip(grid, row, strict=True)]) for row in ratios.T
        ],
        "names": _spread([(y(float(end)), name) for end, name in zip(ratios[-1], names, strict=True)]),
        "x_ticks": [(f"{x(t):.1f}", svg.tick_label(t, 0.2)) for t in svg.ticks(0.0, 1.0, 5)],
        "y_ticks": [(f"{y(t):.1f}", svg.tick_label(t, step)) for t in y_ticks],
        "eta_x": None if eta is None else f"{x(eta):.1f}",
        "dots": [f"{y(float(value)):.1f}" for value in here],
    }


def _spread(labels: list[tuple[float, str]]) -> list[tuple[str, str]]:
    """Labels beside the ends of their curves, moved apart where they would lie on each other."""
    placed, last = [], -float("inf")
    for place, name in sorted(labels):
        last = max(place, last + _LABEL_GAP)
        placed.append((f"{last:.1f}", name))
    return placed
