"""Storing what processing made of captures: values file, lines and a content hash."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata
from typing import Any, Protocol

import numpy as np
from django.db import transaction

from acquisition import experiment
from acquisition.curves import Curve, Quantity
from acquisition.errors import AcquisitionError
from acquisition.lines import Line, LineStatus
from acquisition.methods.parameters import parse
from webapp.runs.models import CaptureRecord
from webapp.spectra.models import MeasuredCurve, MeasuredQuantity, SpectralLine, Spectrum
from webapp.spectra.services import curves, values


class Threshold(Protocol):
    """What acquisition.reconstruction.detection.Detection has."""

    @property
    def snr(self) -> float: ...

    @property
    def false_alarms(self) -> float: ...


class Result(Protocol):
    """What acquisition.reconstruction.Reconstruction has."""

    @property
    def lines(self) -> tuple[Line, ...]: ...

    @property
    def spectrum(self) -> experiment.Spectrum: ...

    @property
    def curves(self) -> tuple[Curve, ...]: ...

    @property
    def quantities(self) -> tuple[Quantity, ...]: ...

    @property
    def detection(self) -> Threshold | None: ...


class ImpossibleResult(AcquisitionError):
    """A result that is no spectrum, such as one with infinite values."""


@cache
def software_version() -> str:
    """Name and version of the software that processes, as stored with every result."""
    try:
        return f"rasgado-nqr {metadata.version('rasgado-nqr')}"
    except metadata.PackageNotFoundError:
        return "rasgado-nqr (source)"


def store(spectrum: Spectrum, result: Result, captures: Sequence[CaptureRecord]) -> None:
    """Write the values file, the row's facts, lines, curves and quantities; state and lease are the job's business.

    May be called inside the transaction in which the job is closed. The file's name holds the fence, so that a worker
    that lost the job cannot overwrite the file of the one that has it.
    """
    reduced = result.spectrum
    array = np.ascontiguousarray(reduced.values, dtype="<c8")
    if array.ndim != 1 or not np.isfinite(array.view("<f4")).all() or not reduced.dx_hz > 0:
        raise ImpossibleResult("The reconstruction has values that are not finite.")
    name = f"run-{spectrum.run_id:08d}/spectrum-{spectrum.pk}-fence-{spectrum.fence}.c64"
    values.save(name, array)
    spectrum.name = name
    spectrum.x0_hz, spectrum.dx_hz, spectrum.points = float(reduced.x0_hz), float(reduced.dx_hz), len(array)
    spectrum.noise_sigma = _finite(reduced.noise_sigma)
    spectrum.windows = [_window(window) for window in reduced.windows]
    spectrum.detection_snr = _finite(result.detection.snr) if result.detection else None
    spectrum.detection_false_alarms = _finite(result.detection.false_alarms) if result.detection else None
    spectrum.parameters = _complete(spectrum.parameters)
    spectrum.software_version = software_version()
    spectrum.inputs = [{"name": capture.name, "sha256": capture.sha256} for capture in captures]
    measured = {
        "curves": [curves.plain_curve(curve) for curve in result.curves],
        "quantities": [curves.plain_quantity(quantity) for quantity in result.quantities],
    }
    spectrum.content_sha256 = content_hash(spectrum, array, result.lines, measured)
    with transaction.atomic():
        spectrum.save(
            update_fields=[
                "name", "x0_hz", "dx_hz", "points", "noise_sigma", "windows", "detection_snr",
                "detection_false_alarms", "parameters", "software_version", "inputs", "content_sha256",
            ]
        )  # fmt: skip
        SpectralLine.objects.filter(spectrum=spectrum).delete()
        SpectralLine.objects.bulk_create([_row(spectrum, line) for line in result.lines])
        MeasuredCurve.objects.filter(spectrum=spectrum).delete()
        MeasuredCurve.objects.bulk_create(
            [curves.curve_row(spectrum, position, plain) for position, plain in enumerate(measured["curves"])]
        )
        MeasuredQuantity.objects.filter(spectrum=spectrum).delete()
        MeasuredQuantity.objects.bulk_create(
            [curves.quantity_row(spectrum, position, plain) for position, plain in enumerate(measured["quantities"])]
        )


def content_hash(
    spectrum: Spectrum,
    array: np.ndarray[Any, Any],
    lines: Sequence[Line],
    measured: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
) -> str:
    """SHA-256 of what went in (captures, parameters, software) and what came out (axis, values, lines).

    The same captures processed again in the same way have the same hash, whatever the names of files and rows. Windows,
    and the curves and quantities in `measured`, count where there are any, so that results without them keep the hash
    they always had.
    """
    facts = {
        "captures": [entry["sha256"] for entry in spectrum.inputs],
        "parameters": spectrum.parameters,
        "software": spectrum.software_version,
        "x0_hz": spectrum.x0_hz,
        "dx_hz": spectrum.dx_hz,
        "noise_sigma": spectrum.noise_sigma,
        "lines": [_facts(line) for line in lines],
        **({"windows": spectrum.windows} if spectrum.windows else {}),
        **{name: entries for name, entries in (measured or {}).items() if entries},
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":"), allow_nan=False).encode())
    digest.update(array.tobytes())
    return digest.hexdigest()


def as_line(row: SpectralLine) -> Line:
    """The line of a row; unknown uncertainties are NaN again."""
    return Line(
        frequency_hz=row.frequency_hz,
        frequency_sigma_hz=_or_nan(row.frequency_sigma_hz),
        fwhm_hz=row.fwhm_hz,
        fwhm_sigma_hz=_or_nan(row.fwhm_sigma_hz),
        amplitude=row.amplitude,
        amplitude_sigma=_or_nan(row.amplitude_sigma),
        phase_rad=row.phase_rad,
        snr=row.snr,
        unfolding_confidence=row.unfolding_confidence,
        status=LineStatus(row.status),
        reason=row.reason,
    )


def _complete(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with their defaults, so that the row says all that went into the result."""
    from acquisition.reconstruction import ReconstructionParameters  # scipy takes a second, which every start would pay

    return dataclasses.asdict(parse(ReconstructionParameters, parameters))


def _row(spectrum: Spectrum, line: Line) -> SpectralLine:
    facts = _facts(line)
    return SpectralLine(spectrum=spectrum, **(facts | {"reason": line.reason[:300]}))


def _window(window: experiment.SpectrumWindow) -> dict[str, Any]:
    plain = dataclasses.asdict(window)
    if not all(math.isfinite(value) for value in plain.values()):
        raise ImpossibleResult(f"The reconstruction has a window whose values are not finite: {window}.")
    return plain


def _facts(line: Line) -> dict[str, Any]:
    required = {
        name: _finite(getattr(line, name))
        for name in ("frequency_hz", "fwhm_hz", "amplitude", "phase_rad", "snr", "unfolding_confidence")
    }
    if None in required.values():
        raise ImpossibleResult(f"The reconstruction has a line whose values are not finite: {line}.")
    uncertain = {
        name: _finite(getattr(line, name)) for name in ("frequency_sigma_hz", "fwhm_sigma_hz", "amplitude_sigma")
    }
    return {**required, **uncertain, "status": str(line.status), "reason": line.reason}


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
