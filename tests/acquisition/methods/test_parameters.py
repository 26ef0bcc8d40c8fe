from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from acquisition import methods
from acquisition.errors import InvalidParameters
from acquisition.limits import InstrumentLimits
from acquisition.methods.parameters import parameter, parse


@dataclass(frozen=True)
class Example:
    width_hz: float = parameter(unit="Hz", label="Width", display_unit="kHz", display_scale=1e3, minimum=1.0)
    count: int = parameter(4, label="Count", minimum=1, maximum=10)
    shape: str = parameter("flat", label="Shape", choices=("flat", "round"))
    quick: bool = parameter(False, label="Quick")


def faults(**values: Any) -> dict[str, str]:
    with pytest.raises(InvalidParameters) as raised:
        parse(Example, values)
    return {fault.field: fault.message for fault in raised.value.errors}


def test_plain_values_become_parameters() -> None:
    assert parse(Example, {"width_hz": 5, "count": 3.0, "shape": None}) == Example(width_hz=5.0, count=3)


def test_every_fault_is_found_and_named() -> None:
    found = faults(count=11, shape="odd", quick=1, size=2)
    assert found == {
        "size": "Unknown parameter; known are width_hz, count, shape, quick.",
        "width_hz": "Width is required.",
        "count": "Count must be at most 10.",
        "shape": "Shape must be one of flat, round.",
        "quick": "Quick must be true or false.",
    }


@pytest.mark.parametrize("value", ["5", True, [1.0], {"a": {"b": 1}}, float("nan"), float("inf"), -float("inf")])
def test_what_is_no_finite_number_is_refused(value: Any) -> None:
    assert "number" in faults(width_hz=value)["width_hz"]


@pytest.mark.parametrize("value", [1e308, 10**400, 2**62])
def test_numbers_beyond_all_use_are_refused_with_the_limit(value: float) -> None:
    assert faults(width_hz=value)["width_hz"] == "Width must be at most 1e+12 kHz."
    assert faults(width_hz=-value)["width_hz"] == "Width must be at least -1e+12 kHz."
    assert faults(width_hz=1, count=value)["count"] == "Count must be at most 1e+15."


@pytest.mark.parametrize("name", sorted(methods.methods()))
def test_no_method_fails_on_any_extreme_number(name: str) -> None:
    """Each field alone, and all together, at the ends of what a number may be: a plan or faults, nothing else."""
    method = methods.get(name)
    fields = list(method.parameters.__dataclass_fields__)
    searches = {"centre_frequency_hz": 28e6, "span_hz": 3e6}
    good = searches if "span_hz" in fields else {"frequency_hz": 28e6}
    for value in (1e15, -1e15, 10**15, 5e-324, 1e-300, 0, -0.0, 1.7976931348623157e308, 10**400):
        for changed in [*([field] for field in fields), fields]:
            try:
                method.plan(parse(method.parameters, good | dict.fromkeys(changed, value)), InstrumentLimits())
            except InvalidParameters as error:
                blamed = {fault.field for fault in error.errors}
                assert blamed
                assert blamed <= set(fields)
                if value <= 0:  # too much of one thing may be the fault of another that does not go with it
                    assert blamed & set(changed)
                assert all(len(fault.message) < 300 for fault in error.errors)  # noqa: PT017
