"""The picture of a plan: how far the excitation turns the spins at every frequency, and the windows measured."""

from __future__ import annotations

from typing import Any

import numpy as np

from acquisition.experiment import Plan
from webapp.home import svg

WIDTH, HEIGHT = 640, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, WIDTH - 30, 12, HEIGHT - 80
#: windows are drawn in so many rows, because neighbours overlap
_WINDOW_ROWS = 2


def excitation_profile(plan: Plan) -> dict[str, Any]:
    """What the template `runs/_profile.html` draws: path of the flip angle, ticks of both axes, bars of the windows."""
    frequency_hz = np.asarray(plan.excitation_frequency_hz, dtype=float)
    flip_deg = np.asarray(plan.excitation_flip_deg, dtype=float)
    edges = [centre + sign * width / 2 for centre, width in plan.windows_hz for sign in (-1, 1)]
    low_hz = float(min([*frequency_hz[:1], *edges]))
    high_hz = float(max([*frequency_hz[-1:], *edges]))
    x = svg.Scale(low_hz, high_hz, _LEFT, _RIGHT)
    highest = float(flip_deg.max()) if len(flip_deg) else 1.0
    y = svg.Scale(0.0, highest * 1.08 or 1.0, _BOTTOM, _TOP)
    # A comb has far more teeth than the picture has pixels: draw its envelope in columns of one pixel.
    _, top = svg.columns(flip_deg, _RIGHT - _LEFT)
    column = svg.Scale(0, max(len(top) - 1, 1), x(float(frequency_hz[0])), x(float(frequency_hz[-1])))
    upper = [(column(k), y(float(value))) for k, value in enumerate(top)]
    ground = [(upper[-1][0], float(_BOTTOM)), (upper[0][0], float(_BOTTOM))]
    x_ticks = svg.ticks(low_hz / 1e6, high_hz / 1e6, 6)
    y_ticks = svg.ticks(0.0, y.high, 4)
    x_step = x_ticks[1] - x_ticks[0] if len(x_ticks) > 1 else 0.0
    y_step = y_ticks[1] - y_ticks[0] if len(y_ticks) > 1 else 0.0
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": _LEFT,
        "right": _RIGHT,
        "bottom": _BOTTOM,
        "area": svg.polyline([*upper, *ground]) + "Z",
        "outline": svg.polyline(upper),
        "x_ticks": [(f"{x(t * 1e6):.1f}", svg.tick_label(t, x_step)) for t in x_ticks],
        "y_ticks": [(f"{y(t):.1f}", svg.tick_label(t, y_step)) for t in y_ticks],
        "windows": [
            {
                "x": f"{x(centre - width / 2):.1f}",
                "width": f"{max(x(centre + width / 2) - x(centre - width / 2), 1):.1f}",
                "y": _BOTTOM + 58 + 9 * (k % _WINDOW_ROWS),
            }
            for k, (centre, width) in enumerate(plan.windows_hz)
        ],
        "low_hz": low_hz,
        "high_hz": high_hz,
        "highest_deg": highest,
    }
