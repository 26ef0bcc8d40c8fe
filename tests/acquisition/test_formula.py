"""Chemical formulas: what is read, and where a fault is said to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.formula import FormulaError, Species, parse


@pytest.mark.parametrize(
    ("formula", "counts"),
    [
        ("KClO3", {"K": 1, "Cl": 1, "O": 3}),
        ("C6H4Cl2", {"C": 6, "H": 4, "Cl": 2}),
        ("Ca(NO3)2·4H2O", {"Ca": 1, "N": 2, "O": 10, "H": 8}),
        ("CuSO4.5H2O", {"Cu": 1, "S": 1, "O": 9, "H": 10}),
        ("CuSO₄ * 5H₂O", {"Cu": 1, "S": 1, "O": 9, "H": 10}),
        ("Li6.5La3(Zr1.5Ta0.5)O12", {"Li": 6.5, "La": 3, "Zr": 1.5, "Ta": 0.5, "O": 12}),
        ("K4[Fe(CN)6]", {"K": 4, "Fe": 1, "C": 6, "N": 6}),
        ("{[Co(NH3)6]Cl3}2", {"Co": 2, "N": 12, "H": 36, "Cl": 6}),
        ("CH3CH2OH", {"C": 2, "H": 6, "O": 1}),
    ],
)
def test_counts(formula: str, counts: dict[str, float]) -> None:
    assert parse(formula).counts == {Species(symbol): pytest.approx(count) for symbol, count in counts.items()}


@pytest.mark.parametrize("formula", ["[15N]H4Cl", "(15N)H4Cl", "¹⁵NH4Cl", "^15NH4Cl", "[15NH4]Cl"])
def test_isotope_labels(formula: str) -> None:
    assert parse(formula).counts == {Species("N", 15): 1, Species("H"): 4, Species("Cl"): 1}


def test_deuterium_is_hydrogen() -> None:
    assert parse("D2O").counts == {Species("H", 2): 2, Species("O"): 1}
    assert parse("Dy2O3").elements == ("Dy", "O")


@pytest.mark.parametrize(
    ("formula", "position", "words"),
    [
        ("", 0, "empty"),
        ("   ", 0, "empty"),
        ("KClOx3", 4, "symbol"),
        ("kCl", 0, "symbol"),
        ("K(ClO3", 1, "not closed"),
        ("K(Cl]", 4, "closes nothing"),
        ("KCl)", 3, "closes nothing"),
        ("K()", 2, "missing"),
        ("K0", 1, "count"),
        ("K1e", 2, "symbol"),
        ("K1..5", 1, "not a number"),
        ("KCl·", 3, "follow"),
        ("^Cl", 0, "mass number"),
        ("[999Cl]", 1, "mass number"),
        ("K99999999", 1, "count"),
        ("<script>", 0, "symbol"),
        ("(" * 40 + "K" + ")" * 40, 21, "nested"),
        ("H" * 201, 200, "at most 200"),
    ],
)
def test_a_fault_is_named_with_its_position(formula: str, position: int, words: str) -> None:
    with pytest.raises(FormulaError, match=words) as caught:
        parse(formula)
    assert caught.value.position == position


@given(st.text(max_size=60) | st.text(alphabet="KClHO()[]{}0123456789.·*^¹₂ND", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    fault: FormulaError | None = None
    try:
        composition = parse(text)
    except FormulaError as error:
        fault = error
    if fault is not None:
        assert 0 <= fault.position <= len(text)
        return
    assert all(count > 0 for count in composition.counts.values())
    assert composition.elements
