"""Writing calibrations when the spectrum of a calibration run is stored."""

from __future__ import annotations

import datetime

from django.utils import timezone

from acquisition import methods
from acquisition.calibration.quantities import QUANTITIES, CalibratedQuantity
from acquisition.methods.registry import CALIBRATION
from webapp.calibrations.models import Calibration, CalibrationValidity
from webapp.calibrations.services.in_force import counting
from webapp.runs.models import Run
from webapp.spectra.models import MeasuredQuantity, Spectrum

PARTIAL = "The run did not get to its end."


def record(spectrum: Spectrum) -> list[Calibration]:
    """Write what a processed calibration run has determined, in the transaction that stores its spectrum.

    Each quantity of a run is written once: another processing of the same captures adds what the first could not
    determine, and changes nothing that later runs may have used. Runs of other methods write nothing.
    """
    run = Run.objects.select_related("instrument", "submitted_by").get(pk=spectrum.run_id)
    method = methods.methods().get(run.method)
    if method is None or method.family != CALIBRATION:
        return []
    written = []
    for found in spectrum.quantities.all():
        kind = QUANTITIES.get(found.name)
        if kind is None or kind.method != run.method or found.sigma is None:
            continue
        made, is_new = Calibration.objects.get_or_create(
            run=run, quantity=found.name, defaults=_facts(run, found, kind)
        )
        if is_new:
            written.append(made)
    return written


def valid_days(instrument_id: int, kind: CalibratedQuantity) -> float:
    """For how many days this quantity counts on this instrument."""
    own = CalibrationValidity.objects.filter(instrument=instrument_id, quantity=kind.name)
    return own.values_list("days", flat=True).first() or kind.days


def _facts(run: Run, found: MeasuredQuantity, kind: CalibratedQuantity) -> dict[str, object]:
    measured_at = run.acquired_at or run.acquiring_at or timezone.now()
    rate_hz = float(run.parameters.get("sample_rate_hz") or 0.0) if kind.at_rate else 0.0
    doubt = _doubt(run, found, kind, rate_hz)
    accepted = {} if doubt else {"accepted_at": timezone.now(), "accepted_by": run.submitted_by}
    return {
        "instrument": run.instrument,
        "symbol": found.symbol,
        "value": found.value,
        "sigma": found.sigma,
        "unit": found.unit,
        "display_unit": found.display_unit,
        "scale": found.scale,
        "note": found.note,
        "sample_rate_hz": rate_hz,
        "measured_at": measured_at,
        "valid_until": measured_at + datetime.timedelta(days=valid_days(run.instrument_id, kind)),
        "reason": doubt,
        **accepted,
    }


def _doubt(run: Run, found: MeasuredQuantity, kind: CalibratedQuantity, rate_hz: float) -> str:
    """Why staff have to look at a value before it counts; empty where there is no reason to."""
    if not run.submitted_by.is_staff:
        return "It was measured by somebody who is not of the staff."
    if run.state in (Run.State.CANCELLED, Run.State.INTERRUPTED, Run.State.FAILED):
        return PARTIAL
    before = (
        counting()
        .filter(instrument=run.instrument_id, quantity=kind.name, sample_rate_hz=rate_hz)
        .order_by("-measured_at")
        .first()
    )
    if before is None:
        return ""
    allowed = kind.jump if kind.absolute else kind.jump * abs(before.value)
    spread = 3.0 * ((found.sigma or 0.0) ** 2 + before.sigma**2) ** 0.5
    if abs(found.value - before.value) > max(allowed, spread):
        return "It differs much from the value in force."
    return ""
