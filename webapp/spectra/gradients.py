"""The distribution of field gradients of a sample as its page shows it: the newest maps, with the models' fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import QuerySet

from acquisition.curves import Curve
from webapp.home import formatting, svg
from webapp.spectra import curve_drawing
from webapp.spectra.models import MeasuredCurve, MeasuredQuantity, Spectrum
from webapp.spectra.services.curves import as_curve

Real = npt.NDArray[np.float64]

#: name of the method whose results are shown
METHOD = "echo_map"
#: names of the curves of P(|V_zz|) at eta = 0, one for every model, and their classes in the picture
MODELS = (
    ("efg_gaussian", "Gaussian", "fit"),
    ("efg_extended_czjzek", "Extended Czjzek", "fit second"),
    ("efg_czjzek", "Czjzek", "fit third"),
)
#: curves of the bounds that an unknown eta leaves
BOUNDS = ("efg_lower_bound", "efg_upper_bound")
MAPS_MAX = 3

WIDTH, HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 88, WIDTH - 16, 14, 240


@dataclass(frozen=True)
class Row:
    """One quantity with the value at eta = 0 and at the bounds of an unknown eta."""

    label: str
    value: str
    bounds: tuple[str, ...]


def section(sample_spectra: QuerySet[Spectrum]) -> dict[str, Any]:
    """What `spectra/_gradients.html` needs: the newest maps among the newest finished spectra of a sample."""
    mapped = list(sample_spectra.filter(run__method=METHOD).order_by("-pk").prefetch_related("curves", "quantities"))
    shown = [made for spectrum in mapped if (made := _shown(spectrum)) is not None][:MAPS_MAX]
    return {
        "gradients": shown,
        "unconverted": [spectrum for spectrum in mapped if _unconverted(spectrum)][:MAPS_MAX],
    }


def _unconverted(spectrum: Spectrum) -> bool:
    """A map with a line in it for which no nuclide was given."""
    names = {curve.name for curve in spectrum.curves.all()}
    return "line_density" in names and MODELS[0][0] not in names


def _shown(spectrum: Spectrum) -> dict[str, Any] | None:
    rows = {curve.name: curve for curve in spectrum.curves.all()}
    if not any(name in rows for name, _, _ in MODELS):
        return None
    quantities = {quantity.name: quantity for quantity in spectrum.quantities.all()}
    first = next(as_curve(rows[name]) for name, _, _ in MODELS if name in rows)
    return {
        "spectrum": spectrum,
        "picture": picture(rows),
        "nuclide": spectrum.parameters.get("nuclide") or spectrum.run.parameters.get("nuclide", ""),
        "rows": [
            _row("Mean C_Q", "coupling_mean", "hz", quantities),
            _row("Width of C_Q (standard deviation)", "coupling_deviation", "hz", quantities),
            _row("Mean |V_zz|", "gradient_mean", "v_per_m2", quantities),
            _row("Width of |V_zz| (standard deviation)", "gradient_deviation", "v_per_m2", quantities),
        ],
        "bounds": [as_curve(rows[name]).title.partition(", ")[2] for name in BOUNDS if name in rows],
        "data": curve_drawing.table(first),
        "csv": next(name for name, _, _ in MODELS if name in rows),
    }


def _row(label: str, prefix: str, ending: str, quantities: dict[str, MeasuredQuantity]) -> Row:
    def text(name: str) -> str:
        quantity = quantities.get(name)
        if quantity is None:
            return "–"
        return formatting.measured(quantity.value, quantity.sigma, quantity.display_unit, quantity.scale or 1.0)

    bounds = [f"{prefix}_{bound}_{ending}" for bound in ("lower_bound", "upper_bound")]
    return Row(label, text(f"{prefix}_{ending}"), tuple(text(name) for name in bounds if name in quantities))


def picture(rows: dict[str, MeasuredCurve]) -> dict[str, Any]:
    """P(|V_zz|) at eta = 0 with its standard deviations, the fits over it, and what the bounds make of the best fit."""
    fits = [(as_curve(rows[name]), title, style) for name, title, style in MODELS if name in rows]
    bounds = [as_curve(rows[name]) for name in BOUNDS if name in rows]
    points = fits[0][0]
    everything = [points.x, *(bound.fit_x for bound in bounds)]
    x_scale, y_scale = points.x_axis.scale, points.y_axis.scale
    low, high = min(float(values.min()) for values in everything), max(float(values.max()) for values in everything)
    x = svg.Scale(low / x_scale, high / x_scale, _LEFT, _RIGHT)
    tops = [points.y + points.y_sigma, *(fit.fit_y for fit, _, _ in fits), *(bound.fit_y for bound in bounds)]
    bottom = min(0.0, float((points.y - points.y_sigma).min()))
    top = max(float(values.max()) for values in tops)
    y = svg.Scale(1.06 * bottom / y_scale, 1.06 * top / y_scale, _BOTTOM, _TOP)
    x_ticks, y_ticks = svg.ticks(x.low, x.high, 6), svg.ticks(y.low, y.high, 5)

    def path(curve: Curve) -> str:
        return svg.polyline(
            (x(float(a) / x_scale), y(float(b) / y_scale)) for a, b in zip(curve.fit_x, curve.fit_y, strict=True)
        )

    return {
        "width": WIDTH, "height": HEIGHT, "left": _LEFT, "right": _RIGHT, "top": _TOP, "bottom": _BOTTOM,
        "x_label": curve_drawing.axis_label(points.x_axis), "y_label": curve_drawing.axis_label(points.y_axis),
        "x_ticks": [(f"{x(value):.1f}", _label(value, x_ticks)) for value in x_ticks],
        "y_ticks": [(f"{y(value):.1f}", _label(value, y_ticks)) for value in y_ticks],
        "zero": f"{y(0.0):.1f}",
        "band": _band(points, x, y),
        "line": svg.polyline(
            (x(float(a) / x_scale), y(float(b) / y_scale)) for a, b in zip(points.x, points.y, strict=True)
        ),
        "fits": [{"path": path(fit), "title": title, "model": fit.model, "style": style} for fit, title, style in fits],
        "bounds": [path(bound) for bound in bounds],
        "count": len(points.x),
    }  # fmt: skip


def _band(points: Curve, x: svg.Scale, y: svg.Scale) -> str:
    """Path around plus and minus one standard deviation."""
    x_scale, y_scale = points.x_axis.scale, points.y_axis.scale
    upper = list(zip(points.x / x_scale, (points.y + points.y_sigma) / y_scale, strict=True))
    lower = list(zip(points.x / x_scale, (points.y - points.y_sigma) / y_scale, strict=True))
    return svg.polyline((x(float(a)), y(float(b))) for a, b in [*upper, *reversed(lower)]) + "Z"


def _label(value: float, ticks: list[float]) -> str:
    return svg.tick_label(value, ticks[1] - ticks[0] if len(ticks) > 1 else 0.0)
