"""Typed parameters of methods: a frozen dataclass whose fields carry unit, limits, label and help.

From these the web form, the API schema, the documentation and the validation are made, so a limit is written once.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from acquisition.errors import FieldError, InvalidParameters

P = TypeVar("P")

LARGEST = 1e15
"""No number of a method is beyond this in SI units; with it no later product or quotient of two can overflow."""


@dataclass(frozen=True)
class ParameterInfo:
    """Everything a form or a schema needs to know of one parameter. Limits are inclusive and in `unit` (SI)."""

    name: str
    type: type  # float, int, bool or str
    default: Any  # dataclasses.MISSING when required
    unit: str
    label: str
    help: str
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    advanced: bool
    display_unit: str  # what people type, e.g. "MHz" for a value in Hz
    display_scale: float  # value in `unit` = typed number * display_scale

    @property
    def required(self) -> bool:
        return self.default is dataclasses.MISSING


def parameter(
    default: Any = dataclasses.MISSING,
    *,
    unit: str = "",
    label: str,
    help: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    advanced: bool = False,
    display_unit: str = "",
    display_scale: float = 1.0,
) -> Any:
    """A dataclass field that describes itself."""
    metadata = {
        "unit": unit, "label": label, "help": help, "minimum": minimum, "maximum": maximum, "choices": choices,
        "advanced": advanced, "display_unit": display_unit or unit, "display_scale": display_scale,
    }  # fmt: skip
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata=metadata, kw_only=True)
    return dataclasses.field(default=default, metadata=metadata, kw_only=True)


def describe(parameters: type[Any]) -> tuple[ParameterInfo, ...]:
    """The description of every field of a parameter dataclass, in order."""
    import typing

    hints = typing.get_type_hints(parameters)
    return tuple(
        ParameterInfo(name=f.name, type=hints[f.name], default=f.default, **f.metadata)
        for f in dataclasses.fields(parameters)
    )


def parse(parameters: type[P], values: Mapping[str, Any]) -> P:
    """Make parameters from plain values (JSON, a form); raises InvalidParameters with every fault found."""
    errors: list[FieldError] = []
    infos = {info.name: info for info in describe(parameters)}
    for name in values:
        if name not in infos:
            errors.append(FieldError(str(name), f"Unknown parameter; known are {', '.join(infos)}."))
    kwargs: dict[str, Any] = {}
    for info in infos.values():
        if info.name not in values or values[info.name] is None:
            if info.required:
                errors.append(FieldError(info.name, f"{info.label} is required."))
            continue
        value, fault = _convert(info, values[info.name])
        if fault:
            errors.append(FieldError(info.name, fault))
        else:
            kwargs[info.name] = value
    if errors:
        raise InvalidParameters(errors)
    return parameters(**kwargs)


def format_quantity(value: float, info: ParameterInfo) -> str:
    """A value with the unit that people use for this parameter."""
    return f"{value / info.display_scale:.6g} {info.display_unit}".strip()


def _convert(info: ParameterInfo, raw: Any) -> tuple[Any, str]:
    """The value in the parameter's type, and a sentence if it cannot be had."""
    if info.type is bool:
        return (raw, "") if isinstance(raw, bool) else (None, f"{info.label} must be true or false.")
    if info.type is str:
        if not isinstance(raw, str):
            return None, f"{info.label} must be text."
        if info.choices and raw not in info.choices:
            return None, f"{info.label} must be one of {', '.join(info.choices)}."
        return raw, ""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None, f"{info.label} must be a number."
    if isinstance(raw, float) and not math.isfinite(raw):
        return None, f"{info.label} must be a finite number."
    if abs(raw) > LARGEST:
        bound = (
            f"at most {format_quantity(LARGEST, info)}" if raw > 0 else f"at least {format_quantity(-LARGEST, info)}"
        )
        return None, f"{info.label} must be {bound}."
    if info.type is int and raw != int(raw):
        return None, f"{info.label} must be a whole number."
    value = info.type(raw)
    if info.minimum is not None and value < info.minimum:
        return None, f"{info.label} must be at least {format_quantity(info.minimum, info)}."
    if info.maximum is not None and value > info.maximum:
        return None, f"{info.label} must be at most {format_quantity(info.maximum, info)}."
    return value, ""
