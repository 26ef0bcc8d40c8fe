"""The picture of a dry run's spectrum: magnitude, its noise, and marks where lines were guessed and found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.dryruns.results import FOUND
from webapp.home import svg

WIDTH, HEIGHT = 640, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 16, WIDTH - 16, 34, HEIGHT - 52


def picture(result: Mapping[str, Any]) -> dict[str, Any]:
    """What `dryruns/_spectrum.html` draws of `results.plain`."""
    kept = result["spectrum"]
    low_hz = kept["x0_hz"]
    frequency = svg.Scale(low_hz, low_hz + kept["span_hz"], _LEFT, _RIGHT)
    x = svg.Scale(0, max(len(kept["low"]) - 1, 1), _LEFT, _RIGHT)
    y = svg.Scale(0.0, max(kept["high"], default=0.0) or 1.0, _BOTTOM, _TOP)
    ticks = svg.ticks(frequency.low / 1e6, frequency.high / 1e6, 7)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 0.0
    within = [line for line in result["lines"] if frequency.low <= line["frequency_hz"] <= frequency.high]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": _LEFT,
        "right": _RIGHT,
        "top": _TOP,
        "bottom": _BOTTOM,
        "path": svg.envelope(kept["low"], kept["high"], x, y),
        "noise": f"{y(kept['noise_sigma']):.1f}" if kept["noise_sigma"] else "",
        "ticks": [(f"{frequency(tick * 1e6):.1f}", svg.tick_label(tick, step)) for tick in ticks],
        "guessed": [
            f"{frequency(one['frequency_hz']):.1f}"
            for one in result["expected"]
            if frequency.low <= one["frequency_hz"] <= frequency.high
        ],
        "found": [f"{frequency(line['frequency_hz']):.1f}" for line in within if line["status"] in FOUND],
        "low_hz": frequency.low,
        "high_hz": frequency.high,
    }
