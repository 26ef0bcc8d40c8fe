"""Quadrupolar nuclides and which of them a formula holds."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest

from acquisition import nuclide_table
from acquisition.nuclides import (
    MEASURED_RATIOS,
    UnknownNuclide,
    all_nuclides,
    coupling_ratio,
    isotope_ratio,
    nuclide,
    nuclides_of,
)


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


@pytest.mark.parametrize("ratio", MEASURED_RATIOS, ids=lambda ratio: ratio.numerator)
def test_measured_ratios_are_near_those_of_the_moments(ratio: object) -> None:
    """Lines of equal spins have the ratio of C_Q; for antimony it is a ratio of C_Q, which its lines do not have."""
    numerator, denominator = nuclide(ratio.numerator), nuclide(ratio.denominator)
    assert (numerator.spin == denominator.spin) == (ratio.of == "line")
    moments = numerator.moment_size_m2 / denominator.moment_size_m2
    assert ratio.ratio == pytest.approx(moments, rel=0.01)
    assert coupling_ratio(numerator, denominator).measured


def test_a_ratio_that_was_not_measured_is_that_of_the_moments() -> None:
    """Boric acid at 77 K: C_Q 5344(2) kHz for 10B, 2576(8) kHz for 11B (J. Magn. Reson. 1981, abstract)."""
    boron = coupling_ratio(nuclide("10B"), nuclide("11B"))
    assert not boron.measured
    assert abs(boron.ratio - 5344 / 2576) < 2 * (boron.sigma + 5344 / 2576 * 8 / 2576)
    assert coupling_ratio(nuclide("11B"), nuclide("10B")).ratio == pytest.approx(1 / boron.ratio)


@pytest.mark.slow
def test_the_frozen_table_is_that_of_the_installed_package() -> None:
    assert nuclide_table.rows() == nuclide_table.from_mendeleev()
    assert len(all_nuclides()) == len({nuclide.label for nuclide in all_nuclides()})


@pytest.mark.parametrize(("label", "barn"), [("39K", 0.0585), ("41K", 0.0711), ("33S", -0.0678), ("127I", -0.696)])
def test_moments_are_those_of_the_literature(label: str, barn: float) -> None:
    """Kelloe and Sadlej 1998 (K), Pyykkoe 2008 (S, I); the packaged values of K and S have a wrong decimal point."""
    assert nuclide(label).quadrupole_moment_m2 == pytest.approx(barn * 1e-28, rel=0.05)


def test_mendeleev_is_not_imported_by_the_site() -> None:
    code = "import sys; from acquisition.nuclides import nuclide; nuclide('35Cl'); sys.exit('mendeleev' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
