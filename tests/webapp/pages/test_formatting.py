"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest

from webapp.home import formatting


@pytest.mark.parametrize(
    ("hz", "sigma_hz", "text"),
    [
        (28_084_612.0, 31.0, "28.084 612(31) MHz"),
        (28_084_599.6, 1.09, "28.084 599 6(11) MHz"),
        (28_084_599.6, None, "28.084 6 MHz"),
        (28_084_599.6, math.nan, "28.084 6 MHz"),
        (400e6, None, "400 MHz"),
        (999.4, 0.5, "999.40(50) Hz"),
        (0.0, None, "0 Hz"),
        (math.inf, 1.0, "–"),
        (None, 1.0, "–"),
    ],
)
def test_frequency(hz: float | None, sigma_hz: float | None, text: str) -> None:
    assert formatting.frequency(hz, sigma_hz).replace("\u202f", " ") == text


def test_uncertainty_larger_than_the_unit_keeps_whole_numbers() -> None:
    assert formatting.frequency(28.1e6, 2.5e6) == "28.1(25) MHz"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (4e-6, "4 µs"),
        (0.05, "50 ms"),
        (8.0, "8.0 s"),
        (59.7, "1 min"),
        (95, "1 min 35 s"),
        (50_000, "13 h 53 min"),
        (86_400, "1 d"),
        (math.nan, "–"),
        (None, "–"),
    ],
)
def test_duration(seconds: float | None, text: str) -> None:
    assert formatting.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.00653, "0.00653"), (3.1e-9, "3.10 × 10⁻⁹"), (0, "0"), (694.2, "694"), (-1.234, "−1.23")]
)
def test_significant(value: float, text: str) -> None:
    assert formatting.significant(value).replace("\u202f", " ") == text


@pytest.mark.parametrize(
    ("formula", "lowered"),
    [
        ("KClO3", ["3"]),
        ("CuSO4·5H2O", ["4", "2"]),
        ("(NH4)2SO4", ["4", "2", "4"]),
        ("Li6.5La3(Zr1.5Ta0.5)O12", ["6.5", "3", "1.5", "0.5", "12"]),
        ("", []),
    ],
)
def test_formula_numbers_are_lowered(formula: str, lowered: list[str]) -> None:
    pieces = formatting.formula_parts(formula)
    assert "".join(text for text, _ in pieces) == formula
    assert [text for text, low in pieces if low] == lowered


@pytest.mark.parametrize(
    ("name", "parts"), [("35Cl", ("35", "Cl")), ("Cl-35", ("35", "Cl")), ("<b>", ("", "<b>")), ("K", ("", "K"))]
)
def test_nuclide(name: str, parts: tuple[str, str]) -> None:
    assert formatting.nuclide_parts(name) == parts
