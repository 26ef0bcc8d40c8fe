"""Writes docs/reference/methods.md from the methods themselves: `python -m tools.methods_page`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from acquisition.methods import Method, methods
from acquisition.methods.parameters import ParameterInfo, describe, format_quantity
from acquisition.methods.registry import FAMILIES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "methods.md"

_HEAD = """\
# Methods and their parameters

Made from the methods by `python -m tools.methods_page`. The API gives the same at `/api/v1/methods`; there, in the
client and in the capture records all values are in SI units. The limits are those of the parameter itself: what an
instrument allows besides (duty, pulse length, frequency range, buffer) is checked when a run is planned.

How the numbers of the customary methods come about is [explained here](../explanation/customary-methods.md), the survey
[here](../explanation/two-step-experiment.md).
"""


def page() -> str:
    """The text of the page."""
    parts = [_HEAD]
    known = methods().values()
    for family in FAMILIES:
        parts.append(f"\n## {family}\n")
        parts += [_method(method) for method in known if method.family == family]
    return "".join(parts)


def _method(method: Method) -> str:
    rows = "".join(_row(info) for info in describe(method.parameters))
    when = f" {method.when_to_use}" if method.when_to_use else ""
    return (
        f"\n### `{method.name}`: {method.title}\n\n{method.summary}{when}\n\n"
        f"| parameter | unit | default | limits | |\n|---|---|---|---|---|\n{rows}"
    )


def _row(info: ParameterInfo) -> str:
    default = "required" if info.default is dataclasses.MISSING else _value(info, info.default)
    limits = ", ".join(f"`{choice}`" for choice in info.choices) or " to ".join(_limits(info))
    advanced = " *(advanced)*" if info.advanced else ""
    return f"| `{info.name}` | {info.unit} | {default} | {limits} | {info.help}{advanced} |\n"


def _limits(info: ParameterInfo) -> list[str]:
    if info.minimum is None and info.maximum is None:
        return []
    low = "" if info.minimum is None else format_quantity(info.minimum, info)
    high = "" if info.maximum is None else format_quantity(info.maximum, info)
    return [low or "−∞", high] if high else [f"at least {low}"]


def _value(info: ParameterInfo, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"`{value}`" if value != "" else ""
    return format_quantity(value, info)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
