"""Form fields from described parameters: typed in the display unit, cleaned to SI."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django import forms

from acquisition.methods.parameters import describe, parameter
from webapp.home import parameter_fields


@dataclass(frozen=True)
class Parameters:
    centre_hz: float = parameter(unit="Hz", label="Centre", display_unit="MHz", display_scale=1e6)
    gap_s: float = parameter(20e-6, unit="s", label="Gap", display_unit="µs", display_scale=1e-6, minimum=1e-9)
    averages: int = parameter(32, label="Averages", minimum=4)
    confirm: bool = parameter(True, label="Confirm")
    shape: str = parameter("hs", label="Shape", choices=("hs", "chirp"))


def _form(data: dict[str, str] | None) -> forms.Form:
    form = forms.Form(data)
    form.fields.update(parameter_fields.fields(describe(Parameters)))
    return form


@pytest.mark.parametrize(
    ("typed", "hz"),
    [("28.0846", 28_084_600.0), ("0.1", 100_000.0), (" 28.084 6 ", 28_084_600.0), ("−3", -3e6), ("1e1", 1e7)],
)
def test_typed_numbers_become_si_exactly(typed: str, hz: float) -> None:
    form = _form({"centre_hz": typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["centre_hz"] == hz


@pytest.mark.parametrize("typed", ["nan", "inf", "-Infinity", "28,1", "abc", "1e999999999", "--1", "0x10", "1e400"])
def test_what_is_no_finite_number_is_refused_beside_the_field(typed: str) -> None:
    form = _form({"centre_hz": typed})
    assert list(form.errors) == ["centre_hz"]


def test_defaults_are_shown_in_the_display_unit() -> None:
    form = _form(None)
    assert form["gap_s"].value() == "20"
    assert form["averages"].value() == "32"
    assert form["centre_hz"].value() is None


def test_what_is_left_empty_keeps_its_default_and_an_unticked_box_is_no() -> None:
    form = _form({"centre_hz": "28", "gap_s": "", "averages": "8"})
    assert form.is_valid(), form.errors
    values = parameter_fields.values(describe(Parameters), form.cleaned_data)
    assert values == {"centre_hz": 28e6, "averages": 8, "confirm": False}


def test_fractions_of_a_count_reach_the_service_which_names_the_field() -> None:
    form = _form({"centre_hz": "28", "averages": "8.5"})
    assert form.is_valid()
    assert form.cleaned_data["averages"] == 8.5


def test_help_tells_limits_that_can_be_read() -> None:
    form = _form(None)
    assert "At least 4." in form.fields["averages"].help_text
    assert "e-" not in form.fields["gap_s"].help_text
