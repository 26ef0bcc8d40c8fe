"""A curve and a quantity for tests of storing, showing and exporting."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from acquisition.curves import Axis, Curve, Quantity

T1 = Quantity("t1_s", "T₁", 20e-3, 1e-3, "s", "", "ms", 1e-3)


def recovery(**fields: Any) -> Curve:
    """A recovery of three points with a fit of five, with some fields changed."""
    made = Curve(
        "recovery", "Recovery", Axis("Delay", "s", "ms", 1e-3, logarithmic=True), Axis("Signal"),
        np.array([1e-3, 1e-2, 0.1]), np.array([-0.9, 0.0, 0.95]), np.full(3, 0.01),
        np.geomspace(1e-3, 0.1, 5), np.linspace(-0.9, 0.95, 5), "a + b exp(-t/T1)",
    )  # fmt: skip
    return dataclasses.replace(made, **fields)
