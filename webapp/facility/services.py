"""Rules of the instruments: their limits and converter as values, holding and releasing them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction

from acquisition.errors import FieldError, InvalidParameters
from acquisition.front_end import CONVERTER_SIDES, converter_fault
from acquisition.limits import InstrumentLimits, reach_behind_converter_hz
from acquisition.tr_switch import switch_fault
from webapp.accounts.models import User
from webapp.errors import NotAllowed
from webapp.facility.models import Instrument
from webapp.runs.queue import hints

if TYPE_CHECKING:
    from webapp.calibrations.models import Calibration, UsedCalibration

MAY_BE_ZERO = frozenset({"between_shots_s", "arm_s", "retune_s", "settle_s", "full_scale_power_w", "probe_centre_hz"})
"""Numbers of the limits that an instrument may do without."""

AT_MOST_ONE = ("peak_amplitude", "average_power_max", "forbidden_share_max", "duty_max")

FORBIDDEN = "forbidden_bands_hz"
FORBIDDEN_MAX = 50


def limits(
    instrument: Instrument, calibrations: Iterable[Calibration | UsedCalibration] | None = None
) -> InstrumentLimits:
    """What the instrument may do; fields that its row does not give have their defaults. Raises InvalidParameters.

    What was calibrated (those in force, unless `calibrations` are given) goes before what was entered. Frequencies that
    its converter and its radio, as last seen, cannot reach are outside the limits.
    """
    from webapp.calibrations import services as calibrated  # which builds on the runs, and they on this

    used = calibrated.in_force(instrument.pk) if calibrations is None else calibrations
    entered = dataclasses.replace(read_limits(instrument.limits), probe_tuning=str(instrument.probe_tuning))
    permitted = calibrated.applied_limits(entered, used)
    fitted = converter(instrument)
    tuning = [instrument.identity.get(name) for name in ("tuning_min_hz", "tuning_max_hz")]
    if instrument.identity.get("uri") != instrument.uri or not all(_is_number(value) for value in tuning):
        return permitted  # a radio that was never seen: the run itself will find out
    low, high = reach_behind_converter_hz(fitted["side"], fitted["lo_hz"], *tuning)
    low, high = max(low, permitted.frequency_min_hz), min(high, permitted.frequency_max_hz)
    if low >= high:
        # Nothing is reachable: a setting is wrong or the radio was changed since. The next run tells which.
        return permitted
    return dataclasses.replace(permitted, frequency_min_hz=low, frequency_max_hz=high)


def read_limits(values: Any) -> InstrumentLimits:
    """Limits from JSON; raises InvalidParameters naming each unknown, impossible or contradictory field."""
    if not isinstance(values, Mapping):
        raise InvalidParameters([FieldError("limits", "Limits are a JSON object of names and numbers.")])
    fields = {field.name: field for field in dataclasses.fields(InstrumentLimits) if _is_number(field.default)}
    errors = _unknown("limits", values, fields | {FORBIDDEN: None})
    given: dict[str, Any] = {}
    try:
        given[FORBIDDEN] = read_bands(values.get(FORBIDDEN, ()))
    except InvalidParameters as wrong:
        errors += wrong.errors
    for name, value in values.items():
        if name not in fields:
            continue
        if not _is_number(value) or value < 0 or (value == 0 and name not in MAY_BE_ZERO):
            least = "of at least 0" if name in MAY_BE_ZERO else "above 0"
            errors.append(FieldError(f"limits.{name}", f"Must be a finite number {least}."))
        elif isinstance(fields[name].default, int) and value != int(value):
            errors.append(FieldError(f"limits.{name}", "Must be a whole number."))
        else:
            given[name] = int(value) if isinstance(fields[name].default, int) else float(value)
    if errors:
        raise InvalidParameters(errors)
    result = InstrumentLimits(**given)
    for name in AT_MOST_ONE:
        if getattr(result, name) > 1:
            errors.append(FieldError(f"limits.{name}", "Must be at most 1."))
    for low, high in (("frequency_min_hz", "frequency_max_hz"), ("sample_rate_min_hz", "sample_rate_max_hz")):
        if getattr(result, low) >= getattr(result, high):
            errors.append(FieldError(f"limits.{low}", f"Must be below {high} ({getattr(result, high):g} Hz)."))
    if errors:
        raise InvalidParameters(errors)
    return result


def read_bands(values: Any) -> tuple[tuple[float, float], ...]:
    """Forbidden bands from JSON, [[lowest, highest], …] in Hz, by rising frequency. Raises InvalidParameters."""
    if not isinstance(values, list | tuple) or len(values) > FORBIDDEN_MAX:
        wrong = f"Forbidden bands are a list of at most {FORBIDDEN_MAX} pairs of lowest and highest frequency in Hz."
        raise InvalidParameters([FieldError(f"limits.{FORBIDDEN}", wrong)])
    for number, band in enumerate(values, start=1):
        pair = isinstance(band, list | tuple) and len(band) == 2 and all(_is_number(edge) for edge in band)
        if not pair or not 0 <= band[0] < band[1]:
            wrong = f"Band {number} must have a lowest frequency of at least 0 Hz and a highest one above it."
            raise InvalidParameters([FieldError(f"limits.{FORBIDDEN}", wrong)])
    return tuple(sorted((float(low), float(high)) for low, high in values))


def converter(instrument: Instrument) -> dict[str, Any]:
    """The frequency converter, {"side", "lo_hz", "gain_db"}, complete and checked. Raises InvalidParameters."""
    return read_converter(instrument.converter)


def read_converter(values: Any) -> dict[str, Any]:
    """A converter from JSON; raises InvalidParameters naming the field."""
    if not isinstance(values, Mapping):
        raise InvalidParameters([FieldError("converter", "A converter is a JSON object with side, lo_hz and gain_db.")])
    defaults: dict[str, Any] = {"side": "none", "lo_hz": 0.0, "gain_db": 0.0}
    errors = _unknown("converter", values, defaults)
    result = defaults | {name: value for name, value in values.items() if name in defaults}
    if result["side"] not in CONVERTER_SIDES:
        errors.append(FieldError("converter.side", f"Must be one of {', '.join(CONVERTER_SIDES)}."))
    for name in ("lo_hz", "gain_db"):
        if not _is_number(result[name]):
            errors.append(FieldError(f"converter.{name}", "Must be a finite number."))
    if not errors and (fault := converter_fault(result["side"], result["lo_hz"], result["gain_db"], 0.0)):
        name = fault.field.replace("converter_", "converter.", 1)
        errors.append(FieldError(name, f"{fault.message} {fault.advice}"))
    if errors:
        raise InvalidParameters(errors)
    return result


def read_switch(values: Any) -> dict[str, Any]:
    """A T/R switch from JSON, {"by", "transmit_level", "lead_s", "lag_s"}, complete; raises InvalidParameters."""
    if not isinstance(values, Mapping):
        names = "by, transmit_level, lead_s and lag_s"
        raise InvalidParameters([FieldError("tr_switch", f"A switch is a JSON object with {names}.")])
    defaults: dict[str, Any] = {"by": "none", "transmit_level": 1, "lead_s": 1e-6, "lag_s": 0.5e-6}
    errors = _unknown("tr_switch", values, defaults)
    result = defaults | {name: value for name, value in values.items() if name in defaults}
    fault = switch_fault(**result)
    if fault is not None:
        errors.append(FieldError(f"tr_{fault.field}", f"{fault.message} {fault.advice}"))
    if errors:
        raise InvalidParameters(errors)
    return result


def hold(user: User, instrument: Instrument, reason: str = "") -> None:
    """Staff: let no new run start. A run that is being measured goes on."""
    _set_held(user, instrument, True, reason)


def release(user: User, instrument: Instrument) -> None:
    """Staff: let runs start again."""
    _set_held(user, instrument, False, "")


def _set_held(user: User, instrument: Instrument, held: bool, reason: str) -> None:
    if not user.is_staff:
        raise NotAllowed("Only the facility's staff may hold or release an instrument.")
    if len(reason) > 300:
        raise InvalidParameters([FieldError("reason", "The reason has at most 300 characters.")])
    with transaction.atomic():
        Instrument.objects.filter(pk=instrument.pk).update(held=held, hold_reason=reason)
        hints.instrument(instrument.slug)
    instrument.held, instrument.hold_reason = held, reason


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _unknown(prefix: str, values: Mapping[str, Any], known: Mapping[str, Any]) -> list[FieldError]:
    return [
        FieldError(f"{prefix}.{name}", f"Unknown; known are {', '.join(known)}.")
        for name in values
        if name not in known
    ]
