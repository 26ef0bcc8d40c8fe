"""The picture of an explanation: measured lines upwards, what the sites predict downwards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from acquisition.assignment import Explanation, Observation, SearchedRange
from webapp.home import svg

WIDTH = 640
_LEFT, _RIGHT = 24, WIDTH - 24
_LABEL_ROWS, _ROW = 3, 17
_TOP = 14 + _LABEL_ROWS * _ROW
_AXIS = _TOP + 70
_LOW = _AXIS + 46
HEIGHT = _LOW + _LABEL_ROWS * _ROW + 48
_BARS = HEIGHT - 14
#: beyond this ratio of the highest to the lowest frequency the axis is logarithmic
_LOGARITHMIC_ABOVE = 6.0
_LABEL_WIDTH = 52


@dataclass(frozen=True)
class _Axis:
    low_hz: float
    high_hz: float
    logarithmic: bool

    def __call__(self, frequency_hz: float) -> float:
        place = svg.Scale(self._of(self.low_hz), self._of(self.high_hz), _LEFT, _RIGHT)
        return place(self._of(min(max(frequency_hz, self.low_hz), self.high_hz)))

    def _of(self, frequency_hz: float) -> float:
        return math.log(frequency_hz) if self.logarithmic else frequency_hz

    def ticks(self) -> list[tuple[str, str]]:
        """Place and label in MHz."""
        low, high = self.low_hz / 1e6, self.high_hz / 1e6
        if self.logarithmic:
            powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            values = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
            return [(f"{self(v * 1e6):.1f}", f"{v:g}") for v in values if low <= v <= high]
        values = svg.ticks(low, high, 6)
        step = values[1] - values[0] if len(values) > 1 else 0.0
        return [(f"{self(v * 1e6):.1f}", svg.tick_label(v, step)) for v in values]


def sticks(
    explanation: Explanation, observations: Sequence[Observation], searched: Sequence[SearchedRange]
) -> dict[str, Any]:
    """What the template `assignments/_sticks.html` draws."""
    axis = _axis(explanation, observations)
    what: dict[int, tuple[int, str]] = {}
    for number, site in enumerate(explanation.sites, start=1):
        for match in site.matches:
            what[match.line] = (number, match.nuclide)
    highest = max(math.log1p(line.snr) for line in observations)
    measured = []
    for place, line in enumerate(observations):
        site, label = what.get(place, (0, "?"))
        height = 24 + 46 * math.log1p(line.snr) / highest
        measured.append({"x": axis(line.frequency_hz), "y": f"{_AXIS - height:.1f}", "site": site, "label": label})
    predicted = [
        {
            "x": axis(line.frequency_hz),
            "site": number,
            "label": line.nuclide,
            "from": f"{axis(line.low_hz):.1f}",
            "width": f"{max(axis(line.high_hz) - axis(line.low_hz), 1.0):.1f}",
            "sharp": line.sigma_hz is not None,
        }
        for number, site in enumerate(explanation.sites, start=1)
        for line in site.missing
    ]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": _LEFT,
        "right": _RIGHT,
        "axis": _AXIS,
        "low": _LOW,
        "measured": _labelled(measured, _TOP - 8, -_ROW),
        "predicted": _labelled(predicted, _LOW + 14, _ROW),
        "ticks_y": _LOW + _LABEL_ROWS * _ROW + 18,
        "ticks": axis.ticks(),
        "bars": _bars(axis, searched),
        "bars_y": _BARS,
    }


def _axis(explanation: Explanation, observations: Sequence[Observation]) -> _Axis:
    places = [line.frequency_hz for line in observations]
    for site in explanation.sites:
        places += [line.frequency_hz for line in site.missing]
    low_hz, high_hz = min(places), max(places)
    if high_hz / low_hz > _LOGARITHMIC_ABOVE:
        return _Axis(low_hz / 1.15, high_hz * 1.15, True)
    room_hz = max(0.08 * (high_hz - low_hz), 0.005 * high_hz)
    return _Axis(low_hz - room_hz, high_hz + room_hz, False)


def _labelled(sticks: list[dict[str, Any]], first_y: float, step: float) -> list[dict[str, Any]]:
    """Each stick with a row for its label, so that neighbours' labels do not lie on each other."""
    ends = [-math.inf] * _LABEL_ROWS
    for stick in sorted(sticks, key=lambda stick: stick["x"]):
        row = next((k for k, end in enumerate(ends) if stick["x"] - end >= _LABEL_WIDTH), None)
        row = min(range(_LABEL_ROWS), key=lambda k: ends[k]) if row is None else row
        ends[row] = stick["x"]
        stick["label_y"] = f"{first_y + row * step:.1f}"
        stick["x"] = f"{stick['x']:.1f}"
    return sticks


def _bars(axis: _Axis, searched: Sequence[SearchedRange]) -> list[dict[str, str]]:
    bars = []
    for part in searched:
        if part.high_hz < axis.low_hz or part.low_hz > axis.high_hz:
            continue
        start, end = axis(part.low_hz), axis(part.high_hz)
        bars.append({"x": f"{start:.1f}", "width": f"{max(end - start, 1.0):.1f}"})
    return bars
