"""The trend of a calibrated quantity: measurements with error bars, and for how long each of them counted."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from webapp.calibrations.models import Calibration
from webapp.home import formatting, svg

WIDTH, HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 96, WIDTH - 14, 12, HEIGHT - 40
_MARGIN = 0.15
_SIGMAS_SHOWN = 1.0
_DATES = 3

SPARK_WIDTH, SPARK_HEIGHT = 160, 32
_SPARK_MOST = 12


def trend(rows: Sequence[Calibration], now: datetime.datetime, zone: datetime.tzinfo) -> dict[str, Any] | None:
    """What the template `calibrations/_trend.html` draws of the measurements of one quantity; None without any.

    Shaded is the time in which a value counted: from its measurement to the end of its validity, or to the measurement
    that took its place.
    """
    shown = sorted((one for one in rows if one.withdrawn_at is None), key=lambda one: one.measured_at)
    if not shown:
        return None
    scale = shown[-1].scale or 1.0
    counting = [one for one in shown if one.counts]
    last = max([now, *(one.valid_until for one in counting)])
    time = _time_scale(shown[0].measured_at, last)
    value = _value_scale(shown, scale)
    y_ticks = svg.ticks(value.low, value.high, 4)
    step = y_ticks[1] - y_ticks[0] if len(y_ticks) > 1 else 0.0
    return {
        "width": WIDTH, "height": HEIGHT, "left": _LEFT, "right": _RIGHT, "top": _TOP, "bottom": _BOTTOM,
        "depth": _BOTTOM - _TOP,
        "unit": shown[-1].display_unit or shown[-1].unit,
        "bands": _bands(counting, time),
        "now": f"{time(now.timestamp()):.1f}",
        "y_ticks": [(f"{value(tick):.1f}", _label(tick, step)) for tick in y_ticks],
        "x_ticks": [
            (f"{time(moment.timestamp()):.1f}", moment.astimezone(zone).strftime("%-d %b %Y"))
            for moment in _dates(shown[0].measured_at, last)
        ],
        "points": [
            {
                "x": f"{time(one.measured_at.timestamp()):.1f}",
                "y": f"{value(one.value / scale):.1f}",
                "low": f"{value((one.value - _SIGMAS_SHOWN * one.sigma) / scale):.1f}",
                "high": f"{value((one.value + _SIGMAS_SHOWN * one.sigma) / scale):.1f}",
                "counts": one.counts,
                "label": f"{one.measured_at.astimezone(zone):%-d %b %Y %H:%M}: "
                + formatting.measured(one.value, one.sigma, one.display_unit or one.unit, scale),
            }
            for one in shown
        ],
    }  # fmt: skip


def spark(rows: Sequence[Calibration]) -> dict[str, Any] | None:
    """What the template `calibrations/_spark.html` draws of the last measurements that count; None for fewer than two.

    Error bars are drawn, so that what is only noise does not look like a trend.
    """
    shown = sorted((one for one in rows if one.counts), key=lambda one: one.measured_at)[-_SPARK_MOST:]
    if len(shown) < 2:
        return None
    first, last = shown[0].measured_at.timestamp(), shown[-1].measured_at.timestamp()
    time = svg.Scale(first, last, 4, SPARK_WIDTH - 4)
    low, high = min(one.value - one.sigma for one in shown), max(one.value + one.sigma for one in shown)
    value = svg.Scale(low, high, SPARK_HEIGHT - 4, 4)
    return {
        "width": SPARK_WIDTH, "height": SPARK_HEIGHT, "count": len(shown),
        "path": svg.polyline((time(one.measured_at.timestamp()), value(one.value)) for one in shown),
        "bars": [
            (
                f"{time(one.measured_at.timestamp()):.1f}",
                f"{value(one.value - one.sigma):.1f}",
                f"{value(one.value + one.sigma):.1f}",
            )
            for one in shown
        ],
    }  # fmt: skip


def _bands(counting: Sequence[Calibration], time: svg.Scale) -> list[dict[str, str]]:
    """The stretches in which a value counted, left and width in pixels; stretches that touch are one."""
    spans: list[list[float]] = []
    for one, following in zip(counting, [*counting[1:], None], strict=True):
        end = one.valid_until if following is None else min(one.valid_until, following.measured_at)
        start_x, end_x = time(one.measured_at.timestamp()), time(max(end, one.measured_at).timestamp())
        if spans and start_x <= spans[-1][1] + 0.5:
            spans[-1][1] = max(spans[-1][1], end_x)
        else:
            spans.append([start_x, end_x])
    return [{"x": f"{start:.1f}", "width": f"{max(end - start, 1.0):.1f}"} for start, end in spans]


def _time_scale(first: datetime.datetime, last: datetime.datetime) -> svg.Scale:
    low, high = first.timestamp(), last.timestamp()
    room = max(0.03 * (high - low), 3600.0)
    return svg.Scale(low - room, high + room, _LEFT, _RIGHT)


def _value_scale(shown: Sequence[Calibration], scale: float) -> svg.Scale:
    low = min((one.value - one.sigma) / scale for one in shown)
    high = max((one.value + one.sigma) / scale for one in shown)
    room = _MARGIN * (high - low) or max(abs(high), 1.0) * _MARGIN
    return svg.Scale(low - room, high + room, _BOTTOM, _TOP)


def _dates(first: datetime.datetime, last: datetime.datetime) -> list[datetime.datetime]:
    """A few moments from first to last, evenly."""
    step = (last - first) / (_DATES - 1)
    return [first + k * step for k in range(_DATES)] if step > datetime.timedelta(hours=12) else [first]


def _label(value: float, step: float) -> str:
    if value and not 1e-3 <= abs(value) < 1e5:
        return formatting.significant(value, 4)
    return svg.tick_label(value, step)
