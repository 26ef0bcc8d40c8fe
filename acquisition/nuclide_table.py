"""The frozen table of quadrupolar nuclides, nuclides.csv, and the command that makes it from the `mendeleev` package.

`mendeleev` keeps its data in a database whose import takes seconds, too long for the first page that a worker process
serves; the table is read in a millisecond. A test compares it with the installed package, so that neither can change
unnoticed. To make it again: python -m acquisition.nuclide_table
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("nuclides.csv")


@dataclass(frozen=True)
class Row:
    """One nuclide; quadrupole moment in barn, abundance in per cent (0 for artificial ones), None: not known."""

    symbol: str
    mass_number: int
    spin: Fraction
    quadrupole_moment_barn: float
    quadrupole_moment_sigma_barn: float | None
    abundance_percent: float
    g_factor: float | None


_COLUMNS = tuple(Row.__annotations__)


@cache
def rows() -> tuple[Row, ...]:
    """The table in the order of elements and masses."""
    with PATH.open(encoding="utf-8", newline="") as file:
        return tuple(_row(record) for record in csv.DictReader(file))


def from_mendeleev() -> tuple[Row, ...]:
    """Every nuclide of the installed `mendeleev` with a spin of at least 1 and a quadrupole moment."""
    from mendeleev import models  # takes seconds
    from mendeleev.db import get_session

    session = get_session()
    isotopes: Any = session.query(models.Isotope).order_by(models.Isotope.atomic_number, models.Isotope.mass_number)
    symbols: Any = dict(session.query(models.Element.atomic_number, models.Element.symbol).all())
    found = []
    for isotope in isotopes:
        if not isotope.spin or not isotope.quadrupole_moment or Fraction(str(isotope.spin)) < 1:
            continue
        found.append(
            Row(
                symbol=str(symbols[isotope.atomic_number]),
                mass_number=int(isotope.mass_number),
                spin=Fraction(str(isotope.spin)),
                quadrupole_moment_barn=float(f"{isotope.quadrupole_moment:.7g}"),
                quadrupole_moment_sigma_barn=_rounded(isotope.quadrupole_moment_uncertainty),
                abundance_percent=_rounded(isotope.abundance) or 0.0,
                g_factor=_rounded(isotope.g_factor),
            )
        )
    return tuple(found)


def write(table: Iterable[Row], path: Path = PATH) -> None:
    """Write the table; unknown values are empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for row in table:
            values = [getattr(row, name) for name in _COLUMNS]
            writer.writerow(["" if value is None else str(value) for value in values])


def _rounded(value: float | None) -> float | None:
    """The package holds single-precision numbers; seven digits are all that is in them."""
    return None if value is None else float(f"{float(value):.7g}")


def _row(record: dict[str, str]) -> Row:
    sigma, g_factor = record["quadrupole_moment_sigma_barn"], record["g_factor"]
    return Row(
        symbol=record["symbol"],
        mass_number=int(record["mass_number"]),
        spin=Fraction(record["spin"]),
        quadrupole_moment_barn=float(record["quadrupole_moment_barn"]),
        quadrupole_moment_sigma_barn=float(sigma) if sigma else None,
        abundance_percent=float(record["abundance_percent"]),
        g_factor=float(g_factor) if g_factor else None,
    )


if __name__ == "__main__":
    write(from_mendeleev())
