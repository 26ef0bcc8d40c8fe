"""Curves and quantities as templates show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from acquisition import methods
from acquisition.curves import Curve, Quantity
from acquisition.methods import Method
from acquisition.methods.parameters import describe
from webapp.home import formatting
from webapp.spectra import curve_drawing
from webapp.spectra.models import MeasuredQuantity, Spectrum
from webapp.spectra.services.curves import as_curve


def curves_context(spectrum: Spectrum) -> dict[str, Any]:
    """What `spectra/_curves.html` needs to show the results of a finished version."""
    return {
        "curves": drawn(as_curve(row) for row in spectrum.curves.all()),
        "quantities": [shown_quantity(row) for row in spectrum.quantities.all()],
        "csv_of": spectrum.pk,
    }


def methods_for_a_line() -> list[Method]:
    """The methods that measure one line at a known frequency, by their titles."""
    known = methods.methods().values()
    fitting = [method for method in known if any(info.name == "frequency_hz" for info in describe(method.parameters))]
    return sorted(fitting, key=lambda method: method.title)


def drawn(curves: Iterable[Curve]) -> list[dict[str, Any]]:
    """Pictures and tables of curves."""
    return [{"picture": curve_drawing.picture(curve), "rows": curve_drawing.table(curve)} for curve in curves]


def shown_quantity(row: MeasuredQuantity | Quantity) -> dict[str, str]:
    unit = row.display_unit or row.unit
    return {
        "symbol": row.symbol,
        "text": formatting.measured(row.value, row.sigma, unit, row.scale or 1.0),
        "note": row.note,
    }
