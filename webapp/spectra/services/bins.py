"""Reducing a spectrum to what a screen can show: minimum and maximum per pixel column, so that no peak is lost."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acquisition.errors import FieldError, InvalidParameters
from acquisition.experiment import Spectrum
from acquisition.shot import ComplexArray

COMPONENTS = ("magnitude", "real", "imaginary")
COLUMNS_MAX = 8192


@dataclass(frozen=True, eq=False)
class Bins:
    """Reduced values, float32. "raw": one per sample at x0_hz + k dx_hz, shape (n,).

    "minmax": minimum and maximum of column k, which is centred at x0_hz + k dx_hz, interleaved, shape (2 n,).
    """

    kind: str
    x0_hz: float
    dx_hz: float
    data: npt.NDArray[np.float32]


def reduce(
    spectrum: Spectrum,
    from_hz: float | None = None,
    to_hz: float | None = None,
    columns: int = 1024,
    component: str = "magnitude",
) -> Bins:
    """The part from from_hz to to_hz (default: all) in about `columns` columns, and one more beyond each edge.

    With fewer than two samples per column the samples themselves are given. Raises InvalidParameters.
    """
    _check(from_hz, to_hz, columns, component)
    x0, dx, n = spectrum.x0_hz, spectrum.dx_hz, len(spectrum.values)
    low_hz = x0 if from_hz is None else max(from_hz, x0)
    high_hz = x0 + (n - 1) * dx if to_hz is None else min(to_hz, x0 + (n - 1) * dx)
    if n == 0 or low_hz > high_hz:
        return Bins("raw", low_hz, dx, np.empty(0, np.float32))
    # A sample on the edge belongs to the part, whatever the last bit of the division says.
    first = math.ceil((low_hz - x0) / dx - 1e-9)
    last = math.floor((high_hz - x0) / dx + 1e-9)
    if last - first + 1 < 2 * columns:
        first, last = max(first - 1, 0), min(last + 1, n - 1)
        return Bins("raw", x0 + first * dx, dx, _component(spectrum.values[first : last + 1], component))
    width_hz = (high_hz - low_hz) / columns
    # Column k holds the samples edges[k] ≤ i < edges[k + 1]; the first and the last column lie beyond the edges.
    edges = np.ceil((low_hz + width_hz * np.arange(-1, columns + 2) - x0) / dx - 1e-9).astype(np.int64)
    edges[columns + 1] = last + 1  # the sample on the upper edge belongs to the part, not beyond it
    edges = np.clip(edges, 0, n)
    filled = np.flatnonzero(np.diff(edges) > 0)  # a column beyond an edge is empty where the spectrum ends there
    starts = edges[filled]
    y = _component(spectrum.values[starts[0] : edges[filled[-1] + 1]], component)
    data = np.empty(2 * len(starts), np.float32)
    data[0::2] = np.minimum.reduceat(y, starts - starts[0])
    data[1::2] = np.maximum.reduceat(y, starts - starts[0])
    return Bins("minmax", low_hz + (float(filled[0]) - 0.5) * width_hz, width_hz, data)


def _component(values: ComplexArray, component: str) -> npt.NDArray[np.float32]:
    part = {"magnitude": np.abs, "real": np.real, "imaginary": np.imag}[component](values)
    return np.ascontiguousarray(part, dtype=np.float32)


def _check(from_hz: float | None, to_hz: float | None, columns: int, component: str) -> None:
    errors = [
        FieldError(name, "Must be a finite frequency in Hz.")
        for name, value in (("from_hz", from_hz), ("to_hz", to_hz))
        if value is not None and not math.isfinite(value)
    ]
    if not errors and from_hz is not None and to_hz is not None and from_hz >= to_hz:
        errors.append(FieldError("to_hz", f"Must be above from_hz ({from_hz:g} Hz)."))
    if not 1 <= columns <= COLUMNS_MAX:
        errors.append(FieldError("columns", f"Must be from 1 to {COLUMNS_MAX}."))
    if component not in COMPONENTS:
        errors.append(FieldError("component", f"Must be one of {', '.join(COMPONENTS)}."))
    if errors:
        raise InvalidParameters(errors)
