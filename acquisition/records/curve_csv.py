"""Curves and quantities as CSV for spreadsheets: SI units, facts first, points and fit in one table."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from acquisition.curves import Curve, Quantity
from acquisition.records.csv_record import escape
from acquisition.records.description import Description


def write_curve(curve: Curve, quantities: Sequence[Quantity] = (), description: Description | None = None) -> str:
    """The text of a CSV file: facts and quantities as rows, an empty row, then "what,x,y,y_sigma" of points and fit."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for name, text in (description or Description()).items():
        writer.writerow([name, escape(text)])
    writer.writerow(["curve", escape(curve.title)])
    writer.writerow(["model", escape(curve.model)])
    writer.writerow(["x", escape(_axis(curve.x_axis.label, curve.x_axis.unit))])
    writer.writerow(["y", escape(_axis(curve.y_axis.label, curve.y_axis.unit))])
    for quantity in quantities:
        writer.writerow([quantity.name, _number(quantity.value), _number(quantity.sigma)])
    writer.writerow([])
    writer.writerow(["what", "x", "y", "y_sigma"])
    for x, y, sigma in zip(curve.x.tolist(), curve.y.tolist(), curve.y_sigma.tolist(), strict=True):
        writer.writerow(["point", _number(x), _number(y), _number(sigma)])
    for x, y in zip(curve.fit_x.tolist(), curve.fit_y.tolist(), strict=True):
        writer.writerow(["fit", _number(x), _number(y), ""])
    return buffer.getvalue()


def _axis(label: str, unit: str) -> str:
    return f"{label} / {unit}" if unit else label


def _number(value: float) -> str:
    return f"{value:.10g}" if math.isfinite(value) else ""
