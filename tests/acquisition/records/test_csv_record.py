"""CSV: values survive, formulas do not."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.experiment import Spectrum
from acquisition.lines import Line, LineStatus
from acquisition.records import csv_record
from acquisition.records.description import Description


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_the_table_holds_the_spectrum() -> None:
    values = np.array([1 + 2j, -3.5e-7 + 0.25j, 0], dtype=np.complex64)
    rows = rows_of(csv_record.write(Spectrum(28e6, 125.5, values, 0.5), Description(title="KClO3", temperature_k=295)))
    start = rows.index(["frequency_hz", "real", "imaginary", "magnitude"])
    table = np.array(rows[start + 1 :], dtype=float)
    np.testing.assert_allclose(table[:, 0], [28e6, 28e6 + 125.5, 28e6 + 251.0])
    np.testing.assert_allclose(table[:, 1] + 1j * table[:, 2], values, rtol=1e-7)
    np.testing.assert_allclose(table[:, 3], np.abs(values), rtol=1e-7)
    assert ["title", "KClO3"] in rows
    assert ["temperature_k", "295"] in rows


def test_an_unknown_uncertainty_is_an_empty_cell() -> None:
    line = Line(1e6, float("nan"), 500.0, 10.0, 1.0, 0.1, -0.5, 9.0, 0.5, LineStatus.REJECTED, '=cmd|"/c calc"!A1')
    rows = rows_of(csv_record.write_lines([line]))
    cells = dict(zip(rows[0], rows[1], strict=True))
    assert cells["frequency_sigma_hz"] == ""
    assert cells["phase_rad"] == "-0.5"
    assert cells["reason"].startswith("'=")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\r=1", "\n=1", "|x", "%x"])
def test_what_a_spreadsheet_would_run_is_escaped(text: str) -> None:
    assert csv_record.escape(text).startswith("'")


@given(st.text())
def test_no_text_cell_starts_a_formula(text: str) -> None:
    (row, *_) = rows_of(csv_record.write_lines([], Description(title=text or "x")))
    assert row[0] == "title"
    assert not row[1].lstrip().startswith(("=", "+", "-", "@"))
