"""Curves and quantities as rows, and as the plain values that the API gives and the content hash is made of."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from acquisition.curves import Axis, Curve, Quantity
from acquisition.errors import AcquisitionError
from webapp.spectra.models import MeasuredCurve, MeasuredQuantity, Spectrum

_ARRAYS = ("x", "y", "y_sigma", "fit_x", "fit_y")


class ImpossibleCurve(AcquisitionError):
    """A curve or a quantity that cannot be stored, such as one with infinite values."""


def plain_curve(curve: Curve) -> dict[str, Any]:
    """A curve as JSON; raises ImpossibleCurve where its arrays do not belong together or are not finite."""
    arrays = {name: np.asarray(getattr(curve, name), dtype=np.float64) for name in _ARRAYS}
    if not all(array.ndim == 1 and np.isfinite(array).all() for array in arrays.values()):
        raise ImpossibleCurve(f"The curve {curve.name} has values that are not finite.")
    points = {len(arrays[name]) for name in ("x", "y", "y_sigma")}
    if len(points) != 1 or len(arrays["fit_x"]) != len(arrays["fit_y"]):
        raise ImpossibleCurve(f"The curve {curve.name} has axes of different lengths.")
    return {
        "name": curve.name,
        "title": curve.title,
        "model": curve.model,
        "x_axis": dataclasses.asdict(curve.x_axis),
        "y_axis": dataclasses.asdict(curve.y_axis),
        **{name: array.tolist() for name, array in arrays.items()},
    }


def curve_of(plain: Mapping[str, Any]) -> Curve:
    """The curve that `plain_curve` made this of."""
    return Curve(
        name=plain["name"],
        title=plain["title"],
        model=plain["model"],
        x_axis=Axis(**plain["x_axis"]),
        y_axis=Axis(**plain["y_axis"]),
        **{name: np.asarray(plain[name], dtype=np.float64) for name in _ARRAYS},
    )


def plain_quantity(quantity: Quantity) -> dict[str, Any]:
    """A quantity as JSON; an unknown uncertainty becomes null."""
    if not math.isfinite(quantity.value):
        raise ImpossibleCurve(f"The quantity {quantity.name} is not finite.")
    fields = dataclasses.asdict(quantity)
    sigma = float(quantity.sigma)
    return fields | {"value": float(quantity.value), "sigma": sigma if math.isfinite(sigma) else None}


def curve_row(spectrum: Spectrum, position: int, plain: Mapping[str, Any]) -> MeasuredCurve:
    columns = {name: plain[name] for name in ("name", "title", "model")}
    data = {name: value for name, value in plain.items() if name not in columns}
    return MeasuredCurve(spectrum=spectrum, position=position, data=data, **columns)


def quantity_row(spectrum: Spectrum, position: int, plain: Mapping[str, Any]) -> MeasuredQuantity:
    return MeasuredQuantity(spectrum=spectrum, position=position, **plain)


def as_plain(row: MeasuredCurve) -> dict[str, Any]:
    """A stored curve as the API gives it."""
    return {"name": row.name, "title": row.title, "model": row.model, **row.data}


def as_curve(row: MeasuredCurve) -> Curve:
    return curve_of(as_plain(row))


def as_quantity(row: MeasuredQuantity) -> Quantity:
    """The quantity of a row; an unknown uncertainty is NaN again."""
    return Quantity(
        row.name,
        row.symbol,
        row.value,
        math.nan if row.sigma is None else row.sigma,
        row.unit,
        row.note,
        row.display_unit,
        row.scale,
    )
