"""Spectra as files for other programs."""

from __future__ import annotations

from acquisition.records import csv_record, curve_csv, jcamp
from acquisition.records.description import Description
from webapp.spectra.models import MeasuredCurve, Spectrum
from webapp.spectra.services import values
from webapp.spectra.services.curves import as_curve, as_quantity
from webapp.spectra.services.results import as_line


def as_jcamp(spectrum: Spectrum, component: str = "magnitude") -> str:
    """JCAMP-DX 5.01 of one component, with the lines; raises ResultUnavailable."""
    return jcamp.write(
        values.load(spectrum), [as_line(row) for row in spectrum.lines.all()], describe(spectrum), component
    )


def as_csv(spectrum: Spectrum) -> str:
    """CSV of the complex spectrum; raises ResultUnavailable."""
    return csv_record.write(values.load(spectrum), describe(spectrum))


def lines_as_csv(spectrum: Spectrum) -> str:
    """CSV of the lines with their uncertainties."""
    return csv_record.write_lines([as_line(row) for row in spectrum.lines.all()], describe(spectrum))


def curve_as_csv(row: MeasuredCurve) -> str:
    """CSV of a curve with its fit, and of the quantities measured with it."""
    spectrum = row.spectrum
    quantities = [as_quantity(quantity) for quantity in spectrum.quantities.all()]
    return curve_csv.write_curve(as_curve(row), quantities, describe(spectrum))


def file_name(spectrum: Spectrum, extension: str) -> str:
    """A file name made of numbers only: names of samples are people's own text."""
    return f"run-{spectrum.run_id}-version-{spectrum.version}.{extension}"


def describe(spectrum: Spectrum) -> Description:
    """Where the spectrum comes from, as it stands in every exported file."""
    run, sample = spectrum.run, spectrum.sample
    return Description(
        title=f"{sample.name}, run {run.pk}, version {spectrum.version}",
        origin=run.instrument.name,
        owner=spectrum.group.name,
        measured_at=run.acquiring_at,
        nuclide=sample.nuclides[0] if len(sample.nuclides) == 1 else "",
        sample=sample.name,
        formula=sample.formula,
        temperature_k=spectrum.temperature_k,
        instrument=run.instrument.slug,
        run=str(run.pk),
        version=str(spectrum.version),
        software=spectrum.software_version,
        content_sha256=spectrum.content_sha256,
        detection_snr=spectrum.detection_snr,
        expected_false_alarms=spectrum.detection_false_alarms,
    )
