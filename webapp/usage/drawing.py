"""Pictures of the accounts: stacked bars over days or months, and shares of groups or people."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from webapp.home import svg
from webapp.usage.report import Bars, Report

WIDTH, HEIGHT = 720, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, WIDTH - 6, 8, HEIGHT - 30
_SHARES_MAX = 8

#: stacked from below: field of Bars, class of the bar, name
SERIES = (
    ("within_h", "within", "Used in own bookings"),
    ("outside_h", "outside", "Used outside bookings"),
    ("unused_h", "unused", "Booked, not used"),
    ("no_show_h", "no-show", "Nobody came"),
)


@dataclass(frozen=True)
class Share:
    """One row of the picture of shares; `percent` of all shown, `length` of the longest (0..100)."""

    name: str
    hours: float
    percent: float
    length: str


def bars(values: Bars, hours_are_per: str) -> dict[str, Any] | None:
    """What the template `usage/_bars.html` draws; None when there is nothing to draw."""
    stacks = list(zip(*(getattr(values, name) for name, _class, _label in SERIES), strict=True))
    highest = max((sum(stack) for stack in stacks), default=0.0)
    if highest <= 0:
        return None
    y = svg.Scale(0.0, highest * 1.04, _BOTTOM, _TOP)
    slot = (_RIGHT - _LEFT) / len(stacks)
    width = slot * 0.72
    y_ticks = svg.ticks(0.0, y.high, 6)
    step = y_ticks[1] - y_ticks[0] if len(y_ticks) > 1 else y.high
    every = 1 if len(stacks) <= 12 else 3
    columns = []
    for k, (label, stack) in enumerate(zip(values.labels, stacks, strict=True)):
        left, below, rectangles = _LEFT + k * slot + (slot - width) / 2, 0.0, []
        for (_name, css_class, _label), hours in zip(SERIES, stack, strict=True):
            if hours > 0:
                top = y(below + hours)
                rectangles.append((css_class, f"{top:.1f}", f"{y(below) - top:.1f}"))
                below += hours
        told = ", ".join(f"{name.lower()} {hours:.1f} h" for (_f, _c, name), hours in zip(SERIES, stack, strict=True))
        columns.append(
            {
                "x": f"{left:.1f}",
                "middle": f"{left + width / 2:.1f}",
                "label": label if (k % every == 0) else "",
                "rectangles": rectangles,
                "told": f"{label}: {told}",
            }
        )
    return {
        "width": WIDTH, "height": HEIGHT, "left": _LEFT, "right": _RIGHT, "top": _TOP, "bottom": _BOTTOM,
        "bar_width": f"{width:.1f}", "columns": columns, "per": hours_are_per,
        "y_ticks": [(f"{y(tick):.1f}", svg.tick_label(tick, step)) for tick in y_ticks],
        "legend": [(css_class, name) for _field, css_class, name in SERIES],
    }  # fmt: skip


def rows(values: Bars) -> list[tuple[str, tuple[float, ...]]]:
    """The same numbers for a table: a label and the hours of each of SERIES."""
    return list(zip(values.labels, zip(*(getattr(values, name) for name, _c, _l in SERIES), strict=True), strict=True))


def shares(found: Report) -> dict[str, Any] | None:
    """Occupied hours (booked or used, each moment once) of every group; of every person where one group is shown."""
    by_group: dict[str, float] = defaultdict(float)
    by_person: dict[str, float] = defaultdict(float)
    for line in found.lines:
        hours = line.booked_h + line.used_h - line.within_h
        by_group[line.group.name] += hours
        by_person[(line.user.get_full_name() or line.user.get_username()) if line.user else "Corrections"] += hours
    of_people = len(by_group) < 2
    entries = [(name, hours) for name, hours in (by_person if of_people else by_group).items() if hours > 0]
    entries.sort(key=lambda entry: (-entry[1], entry[0]))
    total = sum(hours for _name, hours in entries)
    if not entries or len(entries) < 2:
        return None
    shown, rest = entries[:_SHARES_MAX], entries[_SHARES_MAX:]
    if rest:
        shown.append((f"{len(rest)} others", sum(hours for _name, hours in rest)))
    longest = max(hours for _name, hours in shown)
    lengths = [Share(name, hours, 100 * hours / total, f"{100 * hours / longest:.1f}") for name, hours in shown]
    return {"of": "people" if of_people else "groups", "rows": lengths}
