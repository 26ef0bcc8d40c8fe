"""The signal of one line against time, as a curve: a free decay or an echo with what was fitted to it."""

from __future__ import annotations

import math

import numpy as np

from acquisition.curves import Axis, Curve, Real
from acquisition.line_signal import LineSignal, Trace
from acquisition.methods.curve_values import FIT_POINTS, SIGNAL

TIME = Axis("Time", "s", "ms", 1e-3)
POINTS = 120
"""Points of the curve: neighbouring samples are averaged."""


def signal_curve(name: str, title: str, one: Trace, signal: LineSignal, value: float, model: str) -> Curve:
    """The part of a trace that is in phase with its line, at the line's frequency, and the fitted signal.

    Drawn over six decay times, or as far as the trace goes. `one` may reach back before the time that the fit starts
    at, as an echo does.
    """
    inside = np.abs(one.time_s) <= 6.0 * signal.t2_star_s
    time_s, data = one.time_s[inside], one.data[inside]
    turned = np.real(data * np.exp(-1j * (2 * np.pi * signal.offset_hz * time_s + signal.phase_rad)))
    step = max(1, math.ceil(len(turned) / POINTS))
    count = len(turned) // step
    x, y = (_means(values, count, step) for values in (time_s, turned))
    later = one.time_s >= 0.0
    rest = one.data[later] - value * signal.shape(one.time_s[later])
    sigma = math.sqrt(float(np.mean(np.abs(rest) ** 2)) / 2.0 / step)
    fit_x = np.linspace(max(0.0, float(x[0])), float(x[-1]), FIT_POINTS) if count else np.zeros(0)
    fit_y = value * np.exp(-fit_x / signal.t2_star_s)
    return Curve(name, title, TIME, SIGNAL, x, y, np.full(count, sigma), fit_x, fit_y, model)


def _means(values: Real, count: int, step: int) -> Real:
    return np.asarray(values[: count * step].reshape(count, step).mean(axis=1), dtype=np.float64)
