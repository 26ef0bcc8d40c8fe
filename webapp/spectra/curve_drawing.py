"""The picture of a curve: points with error bars, the fit through them, and what the fit leaves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from acquisition.curves import Axis, Curve
from webapp.home import formatting, svg

Real = npt.NDArray[np.float64]

WIDTH, HEIGHT, HEIGHT_WITH_RESIDUALS = 640, 330, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 88, WIDTH - 16, 14, 270
_RESIDUALS_TOP, _RESIDUALS_BOTTOM = 288, 360
#: room beyond the outermost points, as a fraction of the range
_MARGIN = 0.06
#: smaller values, and zero, have no place on a logarithmic axis
_LEAST_LOGARITHMIC = 1e-100
#: residuals beyond so many standard deviations are drawn as so many
_RESIDUAL_MOST = 1e6
#: rows of the table of data that the page shows
ROWS_MAX = 400


@dataclass(frozen=True)
class _Scaled:
    """An axis in the unit that people read: values to pixels, and its ticks as (pixel, label)."""

    scale: svg.Scale
    ticks: list[tuple[str, str]]
    factor: float
    logarithmic: bool

    def __call__(self, value_si: float) -> float:
        value = value_si / self.factor
        return self.scale(math.log10(max(value, _LEAST_LOGARITHMIC)) if self.logarithmic else value)


def picture(curve: Curve) -> dict[str, Any]:
    """What the template `spectra/_curve.html` draws of a curve; a curve without points gives an empty picture."""
    label = axis_label(curve.x_axis)
    base = {
        "name": curve.name, "title": curve.title, "model": curve.model, "width": WIDTH, "left": _LEFT, "right": _RIGHT,
        "top": _TOP, "bottom": _BOTTOM, "x_label": label, "y_label": axis_label(curve.y_axis), "count": len(curve.x),
        "middle": (_TOP + _BOTTOM) // 2,
    }  # fmt: skip
    if len(curve.x) == 0:
        return base | {"height": HEIGHT, "axis_y": _BOTTOM}
    x = _scaled(curve.x_axis, np.concatenate([curve.x, curve.fit_x]), _LEFT, _RIGHT, 6)
    spread = np.concatenate([curve.y - curve.y_sigma, curve.y + curve.y_sigma, curve.fit_y])
    y = _scaled(curve.y_axis, spread, _BOTTOM, _TOP, 5, with_zero=not curve.y_axis.logarithmic)
    residuals = _residuals(curve, x)
    bottom = _RESIDUALS_BOTTOM if residuals else _BOTTOM
    return base | {
        "height": HEIGHT_WITH_RESIDUALS if residuals else HEIGHT,
        "axis_y": bottom,
        "x_ticks": x.ticks,
        "y_ticks": y.ticks,
        "zero": f"{y(0.0):.1f}" if not y.logarithmic and y.scale.low < 0 < y.scale.high else "",
        "fit": svg.polyline((x(float(a)), y(float(b))) for a, b in zip(curve.fit_x, curve.fit_y, strict=True)),
        "points": [
            {
                "x": f"{x(float(a)):.1f}",
                "y": f"{y(float(b)):.1f}",
                "low": f"{min(y(float(b - s)), _BOTTOM):.1f}",
                "high": f"{max(y(float(b + s)), _TOP):.1f}",
                "label": point_label(curve, float(a), float(b), float(s)),
            }
            for a, b, s in zip(curve.x, curve.y, curve.y_sigma, strict=True)
        ],
        "residuals": residuals,
    }


def table(curve: Curve) -> list[dict[str, str]]:
    """The points as rows of text, in the units of the axes."""
    rows = []
    for x, y, sigma in list(zip(curve.x, curve.y, curve.y_sigma, strict=True))[:ROWS_MAX]:
        rows.append(
            {
                "x": formatting.significant(float(x) / curve.x_axis.scale, 5),
                "y": formatting.significant(float(y) / curve.y_axis.scale, 4),
                "sigma": formatting.significant(float(sigma) / curve.y_axis.scale, 2),
            }
        )
    return rows


def axis_label(axis: Axis) -> str:
    """Label and unit as an axis carries them: "Delay / ms"."""
    unit = axis.display_unit or axis.unit
    return f"{axis.label} / {unit}" if unit else axis.label


def point_label(curve: Curve, x: float, y: float, sigma: float) -> str:
    """What is said of a point when one points at it."""
    unit = curve.x_axis.display_unit or curve.x_axis.unit
    at = f"{formatting.significant(x / curve.x_axis.scale, 4)} {unit}".strip()
    value = formatting.significant(y / curve.y_axis.scale, 3)
    return f"{at}: {value} ± {formatting.significant(sigma / curve.y_axis.scale, 2)}"


def _scaled(axis: Axis, values: Real, start: float, end: float, about: int, with_zero: bool = False) -> _Scaled:
    shown = values / axis.scale
    logarithmic = axis.logarithmic and bool((shown > _LEAST_LOGARITHMIC).all())
    if logarithmic:
        shown = np.log10(shown)
    low, high = float(shown.min()), float(shown.max())
    if with_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    room = _MARGIN * (high - low) or max(abs(high), 1.0) * _MARGIN
    low, high = low - (0.0 if with_zero and low == 0.0 else room), high + room
    scale = svg.Scale(low, high, start, end)
    ticks = _log_ticks(scale) if logarithmic else _linear_ticks(scale, about)
    return _Scaled(scale, ticks, axis.scale, logarithmic)


def _linear_ticks(scale: svg.Scale, about: int) -> list[tuple[str, str]]:
    values = svg.ticks(scale.low, scale.high, about)
    step = values[1] - values[0] if len(values) > 1 else 0.0
    largest = max(abs(value) for value in values) if values else 0.0
    if largest and not 1e-3 <= largest < 1e5:
        return [(f"{scale(value):.1f}", formatting.significant(value, 2)) for value in values]
    return [(f"{scale(value):.1f}", svg.tick_label(value, step)) for value in values]


def _log_ticks(scale: svg.Scale) -> list[tuple[str, str]]:
    """1, 2 and 5 in every decade of a short axis, powers of ten of a long one."""
    decades = range(math.floor(scale.low), math.ceil(scale.high) + 1)
    factors = (1, 2, 5) if scale.high - scale.low <= 3 else (1,)
    values = [factor * 10.0**decade for decade in decades for factor in factors]
    inside = [value for value in values if scale.low <= math.log10(value) <= scale.high]
    return [(f"{scale(math.log10(value)):.1f}", formatting.significant(value, 1)) for value in inside]


def _residuals(curve: Curve, x: _Scaled) -> dict[str, Any] | None:
    """Points minus fit in standard deviations; None where there is no fit, or none at the points."""
    if len(curve.fit_x) < 2:
        return None
    inside = (curve.x >= curve.fit_x[0]) & (curve.x <= curve.fit_x[-1]) & (curve.y_sigma > 0)
    if not inside.any():
        return None
    with np.errstate(over="ignore"):
        left = (curve.y - np.interp(curve.x, curve.fit_x, curve.fit_y))[inside] / curve.y_sigma[inside]
    left = np.clip(left, -_RESIDUAL_MOST, _RESIDUAL_MOST)
    largest = max(3.0, math.ceil(float(np.abs(left).max())))
    scale = svg.Scale(-largest, largest, _RESIDUALS_BOTTOM, _RESIDUALS_TOP)
    return {
        "top": _RESIDUALS_TOP,
        "bottom": _RESIDUALS_BOTTOM,
        "zero": f"{scale(0.0):.1f}",
        "label": f"±{largest:.0f}σ",
        "points": [
            (f"{x(float(a)):.1f}", f"{scale(float(r)):.1f}") for a, r in zip(curve.x[inside], left, strict=True)
        ],
    }
