"""Drawing on the server: small SVG pictures that need no script and take their colours from the page's classes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Scale:
    """Maps values from `low..high` to pixels from `start..end` (start > end turns the axis around)."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        span = self.high - self.low
        fraction = (value - self.low) / span if span else 0.5
        return self.start + fraction * (self.end - self.start)


def ticks(low: float, high: float, about: int) -> list[float]:
    """About so many round numbers (1, 2 or 5 times a power of ten) within low..high."""
    span = high - low
    if not (span > 0 and math.isfinite(span)):
        return [low]
    raw = span / max(about, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def tick_label(value: float, step: float) -> str:
    """A tick's number with just the decimals that its step needs."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    return f"{value:.{decimals}f}".replace("-", "−")


def polyline(points: Iterable[tuple[float, float]]) -> str:
    """Path data through the points, tenths of a pixel."""
    text = " ".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f"M{text.replace(' ', ',', 1)}" if text else ""


def columns(values: npt.NDArray[np.floating], count: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Smallest and largest of each of `count` equal stretches of `values`, both shape (<= count,).

    Extremes survive this, so a narrow line is never lost however small the picture is.
    """
    count = max(1, min(count, len(values)))
    edges = np.linspace(0, len(values), count + 1).astype(int)[:-1]
    return (
        np.minimum.reduceat(values, edges).astype(np.float64),
        np.maximum.reduceat(values, edges).astype(np.float64),
    )


def envelope(low: Sequence[float], high: Sequence[float], x: Scale, y: Scale) -> str:
    """Path of the zigzag low, high, low, high, ... over columns 0, 1, 2, ... of the x scale."""
    points: list[tuple[float, float]] = []
    for k, (lower, upper) in enumerate(zip(low, high, strict=True)):
        pixel = x(k)
        points += [(pixel, y(lower)), (pixel, y(upper))] if k % 2 == 0 else [(pixel, y(upper)), (pixel, y(lower))]
    return polyline(points)
