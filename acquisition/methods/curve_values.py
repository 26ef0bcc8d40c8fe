"""Curves and quantities of the customary methods, made of what was fitted."""

from __future__ import annotations

import math

import numpy as np

from acquisition.curve_fits import CurveFit
from acquisition.curves import Axis, Curve, Quantity, Real

FIT_POINTS = 200

SIGNAL = Axis("Signal", "fraction of full scale")


def curve(
    name: str,
    title: str,
    x_axis: Axis,
    points: tuple[Real, Real, Real],
    fitted: CurveFit | None,
    model: str,
    y_axis: Axis = SIGNAL,
) -> Curve:
    """A curve of (x, y, sigma), by rising x, with its fit drawn over the range of the points."""
    order = np.argsort(points[0], kind="stable")
    x, y, sigma = (np.asarray(values, dtype=np.float64)[order] for values in points)
    fit_x = np.zeros(0)
    if fitted is not None and len(x):
        low, high = float(x[0]), float(x[-1])
        logarithmic = x_axis.logarithmic and low > 0
        fit_x = np.geomspace(low, high, FIT_POINTS) if logarithmic else np.linspace(min(0.0, low), high, FIT_POINTS)
    fit_y = fitted(fit_x) if fitted is not None else fit_x
    return Curve(name, title, x_axis, Axis(**vars(y_axis)), x, y, sigma, fit_x, fit_y, model if len(fit_x) else "")


def time_constant(name: str, symbol: str, fitted: CurveFit, note: str = "") -> Quantity:
    """The time constant of a fit whose theta is its logarithm."""
    value = math.exp(fitted.theta)
    return time(name, symbol, value, value * fitted.theta_sigma, note)


def time(name: str, symbol: str, value_s: float, sigma_s: float, note: str = "") -> Quantity:
    """A time in the unit in which people read one of this size."""
    unit, scale = next((u, s) for u, s in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)) if value_s >= s or s == 1e-6)
    return Quantity(name, symbol, value_s, sigma_s, "s", note, unit, scale)


def misfit_note(fitted: CurveFit) -> str:
    """What to know of a fit that leaves more than noise."""
    if not fitted.misfit:
        return ""
    return (
        f"The points scatter more than their noise (χ²/ν = {fitted.chi2_reduced:.2g}): the model is not the whole "
        "truth; the uncertainty has been enlarged."
    )


def range_note(value_s: float, x: Real, what: str) -> str:
    """What to know of a time constant that the points hardly cover."""
    if value_s > 0.7 * float(x.max()):
        return f"The longest {what} is short against it; measure longer ones."
    if value_s < 1.5 * float(x.min()):
        return f"The shortest {what} is long against it; measure shorter ones."
    return ""


def joined(*notes: str) -> str:
    return " ".join(note for note in notes if note)


def quantity_text(quantity: Quantity) -> str:
    """T₁ = (20.1 ± 0.3) ms."""
    scale, unit = quantity.scale or 1.0, quantity.display_unit or quantity.unit
    value = quantity.value / scale
    if not math.isfinite(quantity.sigma) or quantity.sigma <= 0:
        return f"{quantity.symbol} = {value:.4g} {unit}".strip()
    sigma = quantity.sigma / scale
    decimals = min(max(0, 1 - math.floor(math.log10(sigma))), 12)
    text = f"{value:.{decimals}f} ± {sigma:.{decimals}f}"
    return f"{quantity.symbol} = ({text}) {unit}" if unit else f"{quantity.symbol} = {text}"
