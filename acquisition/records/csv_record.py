"""Spectra and lines as CSV for spreadsheets. Texts that a spreadsheet would run as formulas are escaped."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from acquisition.experiment import Spectrum
from acquisition.lines import Line
from acquisition.records.description import Description, component_values, frequency_axis_hz

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def escape(text: str) -> str:
    """A text cell that no spreadsheet runs as a formula: an apostrophe goes before what would start one.

    Leading white space does not hide a formula; control characters become spaces.
    """
    clean = "".join(character if character.isprintable() else " " for character in text)
    starts_formula = clean.lstrip().startswith(_FORMULA_STARTS) or text.startswith(_FORMULA_STARTS)
    return "'" + clean if starts_formula else clean


def write(spectrum: Spectrum, description: Description | None = None) -> str:
    """The text of a CSV file: facts as "name,value" rows, an empty row, then the table of the complex spectrum.

    Of a stitched spectrum a table of the windows comes between, with the noise and the phase of each.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for name, text in (description or Description()).items():
        writer.writerow([name, escape(text)])
    writer.writerow(["noise_sigma", _number(spectrum.noise_sigma)])
    writer.writerow([])
    if spectrum.windows:
        writer.writerow(["window_low_hz", "window_high_hz", "noise_sigma", "phase_rad"])
        for one in spectrum.windows:
            phase_rad = one.phase_rad if one.phase_known else math.nan
            writer.writerow([_number(value) for value in (one.low_hz, one.high_hz, one.noise_sigma, phase_rad)])
        writer.writerow([])
    writer.writerow(["frequency_hz", "real", "imaginary", "magnitude"])
    columns = (
        frequency_axis_hz(spectrum).tolist(),
        component_values(spectrum, "real").tolist(),
        component_values(spectrum, "imaginary").tolist(),
        component_values(spectrum, "magnitude").tolist(),
    )
    buffer.write("".join(f"{f:.4f},{re:.8e},{im:.8e},{size:.8e}\r\n" for f, re, im, size in zip(*columns, strict=True)))
    return buffer.getvalue()


_LINE_COLUMNS = (
    "frequency_hz",
    "frequency_sigma_hz",
    "fwhm_hz",
    "fwhm_sigma_hz",
    "amplitude",
    "amplitude_sigma",
    "phase_rad",
    "snr",
    "unfolding_confidence",
)


def write_lines(lines: Sequence[Line], description: Description | None = None) -> str:
    """The text of a CSV file of lines with their uncertainties; an unknown uncertainty is an empty cell."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for name, text in (description or Description()).items():
        writer.writerow([name, escape(text)])
    if description is not None:
        writer.writerow([])
    writer.writerow([*_LINE_COLUMNS, "status", "reason"])
    for line in lines:
        numbers = [_number(getattr(line, name)) for name in _LINE_COLUMNS]
        writer.writerow([*numbers, line.status.value, escape(line.reason)])
    return buffer.getvalue()


def _number(value: float) -> str:
    return f"{value:.10g}" if math.isfinite(value) else ""
