"""Quadrupolar nuclides and which of them a formula holds."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest

from acquisition.nuclides import UnknownNuclide, isotope_ratio, nuclide, nuclides_of


@pytest.mark.parametrize(
    ("formula", "labels"),
    [
        ("KClO3", ["39K", "41K", "35Cl", "37Cl"]),
        ("NaNO2", ["23Na", "14N"]),
        ("CuAlO2", ["63Cu", "65Cu", "27Al"]),
        ("Cu2O", ["63Cu", "65Cu"]),
        ("[15N]H4Cl", ["35Cl", "37Cl"]),
        ("D2O", ["2H"]),
        ("CH4", []),
        ("SiO2", []),
    ],
)
def test_nuclides_of_a_formula(formula: str, labels: list[str]) -> None:
    assert [found.label for found in nuclides_of(formula)] == labels


def test_the_abundance_filter() -> None:
    assert "17O" not in [found.label for found in nuclides_of("H2O")]
    assert [found.label for found in nuclides_of("H2O", minimum_abundance=1e-4)] == ["2H", "17O"]
    assert [found.label for found in nuclides_of("H2[17O]")] == ["17O"]


def test_the_facts_of_one_nuclide() -> None:
    chlorine = nuclide("35Cl")
    assert chlorine.spin == Fraction(3, 2)
    assert chlorine.quadrupole_moment_m2 == pytest.approx(-8.17e-30, rel=2e-3)
    assert chlorine.abundance == pytest.approx(0.758, abs=0.002)


@pytest.mark.parametrize("label", ["", "Cl35", "36Xx", "12C", "15N", "999Cl", "35cl"])
def test_an_unknown_nuclide_is_named(label: str) -> None:
    with pytest.raises(UnknownNuclide):
        nuclide(label)


def test_measured_ratios_in_both_directions() -> None:
    ratio = isotope_ratio("35Cl", "37Cl")
    reverse = isotope_ratio("37Cl", "35Cl")
    assert ratio is not None and reverse is not None
    assert ratio.ratio == 1.2688
    assert ratio.ratio * reverse.ratio == pytest.approx(1)
    assert isotope_ratio("35Cl", "79Br") is None


def test_mendeleev_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, acquisition.nuclides; sys.exit('mendeleev' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
