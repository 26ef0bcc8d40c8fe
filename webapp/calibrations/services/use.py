"""What later runs do with calibrations: their limits, what they are told, and what their records say."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from acquisition import methods
from acquisition.calibration import quantities
from acquisition.calibration.quantities import QUANTITIES
from acquisition.limits import InstrumentLimits
from acquisition.methods.registry import CALIBRATION
from acquisition.reception import UsedCalibration as Used
from webapp.calibrations.models import Calibration, UsedCalibration
from webapp.calibrations.services.in_force import in_force, newest_measured

if TYPE_CHECKING:
    from acquisition.experiment import Plan
    from webapp.facility.models import Instrument
    from webapp.runs.models import Run

DEAD_TIME_SIGMAS = 2.0
"""The dead time in use is longer than the measured one by so many standard deviations."""

WIDE_BAND_HZ = 2e3
"""A band beside the oscillator that is narrower needs no mention: centre frequencies are further away from lines."""


def applied_limits(limits: InstrumentLimits, calibrations: Iterable[Calibration | UsedCalibration]) -> InstrumentLimits:
    """The limits with what was measured in place of what was entered."""
    measured = {one.quantity: one for one in calibrations}
    changes: dict[str, float] = {}
    dead_time, nutation = measured.get(quantities.DEAD_TIME), measured.get(quantities.NUTATION)
    if dead_time is not None and dead_time.value > 0:
        changes["dead_time_s"] = dead_time.value + DEAD_TIME_SIGMAS * dead_time.sigma
    if nutation is not None and nutation.value > 0:
        changes["nutation_frequency_hz"] = nutation.value
    return dataclasses.replace(limits, **changes) if changes else limits


def freeze(run: Run) -> list[UsedCalibration]:
    """At the start of a run: write down which calibrations are in force, and return those that it uses.

    Called again for the same run it returns what was written first. A run that calibrates measures the instrument as
    it is: only what plans need is used by it.
    """
    with transaction.atomic():
        written = frozen(run)
        if written:
            return written
        now = timezone.now()
        method = methods.methods().get(run.method)
        calibrating = method is not None and method.family == CALIBRATION
        planned = (quantities.DEAD_TIME, quantities.NUTATION, quantities.DELAY)
        rows = [
            UsedCalibration(
                run=run, calibration=one, quantity=one.quantity, value=one.value, sigma=one.sigma, stale=one.stale(now)
            )
            for one in in_force(run.instrument_id)
            if not calibrating or one.quantity in planned
        ]
        UsedCalibration.objects.bulk_create(rows)
    return rows


def frozen(run: Run) -> list[UsedCalibration]:
    """The calibrations that a run was started with."""
    return list(UsedCalibration.objects.filter(run=run).select_related("calibration"))


def plain(rows: Sequence[UsedCalibration]) -> tuple[Used, ...]:
    """The same as the records of captures hold them."""
    return tuple(
        Used(
            quantity=row.quantity,
            value=row.value,
            sigma=row.sigma,
            sample_rate_hz=row.calibration.sample_rate_hz,
            number=row.calibration_id,
            measured_at=row.calibration.measured_at.isoformat(timespec="seconds"),
        )
        for row in rows
    )


def delays_s(rows: Sequence[UsedCalibration]) -> tuple[tuple[float, float], ...]:
    """The delays from transmitter to receiver as the driver takes them: (sample rate in Hz, delay in s)."""
    return tuple((row.calibration.sample_rate_hz, row.value) for row in rows if row.quantity == quantities.DELAY)


def age_text(measured_at: datetime.datetime, now: datetime.datetime) -> str:
    """How long ago: "40 days ago", "today"."""
    days = int((now - measured_at).total_seconds() // 86400)
    if days <= 0:
        return "today"
    return "yesterday" if days == 1 else f"{days} days ago"


def stale_sentence(one: Calibration, now: datetime.datetime) -> str:
    """What is said of a calibration whose time is over."""
    days = (one.valid_until - one.measured_at).total_seconds() / 86400
    title = QUANTITIES[one.quantity].title if one.quantity in QUANTITIES else one.quantity
    return f"{title}: last measured {age_text(one.measured_at, now)}, counts for {days:g} days."


def plan_notes(instrument: Instrument, plan: Plan | None = None) -> tuple[str, ...]:
    """What somebody who plans a run on this instrument should know of its calibrations."""
    now = timezone.now()
    newest = newest_measured(instrument.pk)
    notes = [stale_sentence(one, now) for one in newest.values() if one.quantity in QUANTITIES and one.stale(now)]
    if plan is not None:
        notes += _probe_notes(instrument, newest, plan)
    band = newest.get(quantities.LO_BAND)
    if band is not None and band.value > WIDE_BAND_HZ:
        notes.append(
            f"Within ±{band.value / 1e3:.3g} kHz of the tuned frequency the receiver hears its own oscillator."
        )
    return tuple(notes)


def _probe_notes(instrument: Instrument, newest: dict[str, Calibration], plan: Plan) -> list[str]:
    """Whether the plan goes beyond the probe as it was last seen; one that is tuned during runs may go anywhere."""
    resonance, quality = newest.get(quantities.PROBE_RESONANCE), newest.get(quantities.PROBE_Q)
    if resonance is None or quality is None or quality.value <= 0 or instrument.probe_tuning != "fixed":
        return []
    half_hz = resonance.value / quality.value / 2
    low, high = resonance.value - half_hz, resonance.value + half_hz
    middles = [centre for centre, _ in plan.windows_hz]
    if all(low <= centre <= high for centre in middles):
        return []
    band = f"{low / 1e6:.3f} to {high / 1e6:.3f} MHz"
    return [f"Part of this is outside the band that the probe was last seen to have, {band}: signals are weaker there."]
