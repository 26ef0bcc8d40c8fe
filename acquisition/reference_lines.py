"""Tables of known lines as CSV: read strictly, row by row, with errors that name the line and the column."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from acquisition.errors import FieldError, InvalidParameters

ROWS_MAX = 20_000
FREQUENCY_MAX_HZ = 1e10

COLUMNS = (
    "compound", "formula", "nuclide", "site", "frequency_hz", "temperature_k", "dnu_dt_hz_per_k", "t1_s", "t2_s",
    "cq_hz", "eta", "consistent", "source", "citation",
)  # fmt: skip
_REQUIRED = ("compound", "frequency_hz")
_LENGTHS = {"compound": 300, "formula": 160, "nuclide": 8, "site": 40, "source": 300, "citation": 500}
_RANGES = {
    "frequency_hz": (0.0, FREQUENCY_MAX_HZ),
    "temperature_k": (0.0, 5000.0),
    "dnu_dt_hz_per_k": (-1e9, 1e9),
    "t1_s": (0.0, 1e9),
    "t2_s": (0.0, 1e9),
    "cq_hz": (-1e12, 1e12),
    "eta": (0.0, 1.0),
}
_TRUTH = {"": None, "yes": True, "no": False}
ERRORS_SHOWN = 20


@dataclass(frozen=True)
class KnownLine:
    """One row; None where the table says nothing."""

    compound: str
    frequency_hz: float
    formula: str = ""
    nuclide: str = ""
    site: str = ""
    temperature_k: float | None = None
    dnu_dt_hz_per_k: float | None = None
    t1_s: float | None = None
    t2_s: float | None = None
    cq_hz: float | None = None
    eta: float | None = None
    consistent: bool | None = None
    source: str = ""
    citation: str = ""


def read(text: str) -> list[KnownLine]:
    """The rows of a table; raises InvalidParameters with the first faults, each with the number of its line."""
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""), strict=True)
    errors: list[FieldError] = []
    rows: list[KnownLine] = []
    try:
        names = [name.strip() for name in reader.fieldnames or ()]
        _check_header(names)
        reader.fieldnames = names
        for row in reader:
            if len(rows) >= ROWS_MAX:
                errors.append(FieldError("text", f"A table has at most {ROWS_MAX} lines; divide it."))
            faults = list(_faults(row, reader.line_num))
            errors += faults
            if len(errors) >= ERRORS_SHOWN or len(rows) >= ROWS_MAX:
                break
            if not faults:
                rows.append(_known(row))
    except csv.Error as error:
        errors.append(FieldError("text", f"Line {reader.line_num}: this is no CSV ({error})."))
    if not errors and not rows:
        errors.append(FieldError("text", "The table has no line."))
    if errors:
        raise InvalidParameters(errors[:ERRORS_SHOWN])
    return rows


def _check_header(names: list[str]) -> None:
    missing = [name for name in _REQUIRED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    doubled = sorted({name for name in names if names.count(name) > 1})
    errors = []
    if missing:
        errors.append(FieldError("text", f"The first line must name the columns; {', '.join(missing)} is missing."))
    if unknown:
        errors.append(FieldError("text", f"Unknown column {unknown[0][:40]!r}; there are {', '.join(COLUMNS)}."))
    if doubled:
        errors.append(FieldError("text", f"The column {doubled[0][:40]!r} is there twice."))
    if errors:
        raise InvalidParameters(errors)


def _faults(row: Mapping[str, str | None], number: int) -> Iterator[FieldError]:
    if None in row or any(value is None for value in row.values()):
        yield FieldError("text", f"Line {number}: the number of columns is not that of the first line.")
        return
    for name in _REQUIRED:
        if not _cell(row, name):
            yield FieldError("text", f"Line {number}: {name} is empty.")
    for name, longest in _LENGTHS.items():
        if len(_cell(row, name)) > longest:
            yield FieldError("text", f"Line {number}: {name} has more than {longest} characters.")
    for name, (low, high) in _RANGES.items():
        cell = _cell(row, name)
        value = _number(cell)
        if cell and not low <= value <= high:  # NaN is in no range
            yield FieldError(
                "text", f"Line {number}: {name} must be a number from {low:g} to {high:g}, not {cell[:40]!r}."
            )
        elif cell and name == "frequency_hz" and value == 0:
            yield FieldError("text", f"Line {number}: frequency_hz must be above 0.")
    if _cell(row, "consistent").lower() not in _TRUTH:
        yield FieldError("text", f"Line {number}: consistent is yes, no or empty.")


def _known(row: Mapping[str, str | None]) -> KnownLine:
    numbers = {name: _number(_cell(row, name)) if _cell(row, name) else None for name in _RANGES}
    frequency_hz = numbers.pop("frequency_hz")
    assert frequency_hz is not None  # `_faults` has seen to it
    texts = {name: _cell(row, name) for name in _LENGTHS}
    return KnownLine(
        compound=texts["compound"],
        frequency_hz=frequency_hz,
        formula=texts["formula"],
        nuclide=texts["nuclide"],
        site=texts["site"],
        temperature_k=numbers["temperature_k"],
        dnu_dt_hz_per_k=numbers["dnu_dt_hz_per_k"],
        t1_s=numbers["t1_s"],
        t2_s=numbers["t2_s"],
        cq_hz=numbers["cq_hz"],
        eta=numbers["eta"],
        consistent=_TRUTH[_cell(row, "consistent").lower()],
        source=texts["source"],
        citation=texts["citation"],
    )


def _cell(row: Mapping[str, str | None], name: str) -> str:
    return (row.get(name) or "").strip()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
