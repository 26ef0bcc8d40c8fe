"""Small stick pictures: what was asked for upwards, what is known downwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from webapp.home import svg
from webapp.library.services.found import Comparison

WIDTH, HEIGHT = 320, 72
_LEFT, _RIGHT, _AXIS = 8, WIDTH - 8, 36
_UP, _DOWN, _SHORT = 8, 64, 10


def comparison(shown: Comparison) -> dict[str, Any]:
    """What `library/_sticks.html` draws for a match: pairs in full, missing and unexplained lines short and dashed."""
    places = [one.peak_hz for one in shown.matched] + [one.line_hz for one in shown.matched]
    x = _scale([*places, *shown.missing_hz, *shown.unexplained_hz])
    sticks = [_stick(x(one.peak_hz), _UP, "matched") for one in shown.matched]
    sticks += [_stick(x(one.line_hz), _DOWN, "matched") for one in shown.matched]
    sticks += [_stick(x(hz), _AXIS - _SHORT, "unexplained") for hz in shown.unexplained_hz]
    sticks += [_stick(x(hz), _AXIS + _SHORT, "missing") for hz in shown.missing_hz]
    words = f"{len(shown.matched)} matched, {len(shown.missing_hz)} missing, {len(shown.unexplained_hz)} unexplained"
    return _picture(sticks, words)


def known(lines_hz: Sequence[float]) -> dict[str, Any]:
    """The lines of a compound by themselves."""
    x = _scale(lines_hz)
    sticks = [_stick(x(hz), _UP, "matched") for hz in lines_hz]
    return _picture(sticks, f"{len(lines_hz)} line{'' if len(lines_hz) == 1 else 's'}")


def _scale(places_hz: Sequence[float]) -> svg.Scale:
    low, high = min(places_hz), max(places_hz)
    room = 0.05 * (high - low) or 0.05 * high
    return svg.Scale(low - room, high + room, _LEFT, _RIGHT)


def _stick(x: float, end: float, kind: str) -> dict[str, str]:
    return {"path": f"M{x:.1f} {_AXIS}V{end}", "kind": kind}


def _picture(sticks: list[dict[str, str]], words: str) -> dict[str, Any]:
    return {
        "width": WIDTH, "height": HEIGHT, "left": _LEFT, "right": _RIGHT, "axis": _AXIS,
        "sticks": sticks, "words": words,
    }  # fmt: skip
