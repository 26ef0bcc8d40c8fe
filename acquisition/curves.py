"""What methods result in besides spectra and lines: curves with their fits, and the quantities read from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Real = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """What an axis shows: `label`, `unit` in SI; `display_unit` is what people read, one of it is `scale` SI units."""

    label: str
    unit: str = ""
    display_unit: str = ""
    scale: float = 1.0
    logarithmic: bool = False


@dataclass(frozen=True, eq=False)
class Curve:
    """Measured points with their one-sigma uncertainties, and the model that was fitted to them.

    `x`, `y`, `y_sigma` have shape (n,), `fit_x`, `fit_y` shape (m,) (empty without a fit); values in the axes' SI
    units, finite. `name` is the machine's name of the curve, unique within a result; `model` says in words and symbols
    what was fitted.
    """

    name: str
    title: str
    x_axis: Axis
    y_axis: Axis
    x: Real
    y: Real
    y_sigma: Real
    fit_x: Real
    fit_y: Real
    model: str = ""


@dataclass(frozen=True)
class Quantity:
    """A number read from a measurement, with its one-sigma uncertainty (NaN where it could not be determined).

    `name` is the machine's name with the SI unit in it (`t1_s`), `symbol` what people write ("T₁").
    """

    name: str
    symbol: str
    value: float
    sigma: float
    unit: str
    note: str = ""
    display_unit: str = ""
    scale: float = 1.0
