"""What a capture says of its radio and of the calibrations in force, as plain JSON values and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from acquisition.reception import RadioState, UsedCalibration

CALIBRATIONS_MAX = 100
PHASES_MAX = 64


def plain_radio(radio: RadioState) -> dict[str, Any]:
    """The values of `rasgado:radio`."""
    plain: dict[str, Any] = {
        "frequency_hz": float(radio.frequency_hz),
        "inverted": bool(radio.inverted),
        "turned_rad": float(radio.turned_rad),
        "phase_cycle": [[complex(phase).real, complex(phase).imag] for phase in radio.phase_cycle],
    }
    return plain if radio.start_delay_s is None else plain | {"start_delay_s": float(radio.start_delay_s)}


def read_radio(plain: Any) -> RadioState | None:
    """The radio of `rasgado:radio`; None where it is missing, and where it makes no sense."""
    if not isinstance(plain, Mapping):
        return None
    cycle = plain.get("phase_cycle")
    phases = cycle if isinstance(cycle, list) and len(cycle) <= PHASES_MAX else []
    pairs = [_pair(phase) for phase in phases]
    numbers = [_number(plain.get(name)) for name in ("frequency_hz", "turned_rad")]
    if None in numbers or None in pairs or not isinstance(plain.get("inverted"), bool):
        return None
    frequency_hz, turned_rad = numbers
    assert frequency_hz is not None and turned_rad is not None
    return RadioState(
        frequency_hz=frequency_hz,
        inverted=plain["inverted"],
        turned_rad=turned_rad,
        phase_cycle=tuple(pair for pair in pairs if pair is not None),
        start_delay_s=_number(plain.get("start_delay_s")),
    )


def plain_calibration(used: UsedCalibration) -> dict[str, Any]:
    """One entry of `rasgado:calibrations`; an unknown uncertainty is null."""
    return {
        "quantity": used.quantity,
        "value": float(used.value),
        "sigma": float(used.sigma) if math.isfinite(used.sigma) else None,
        "sample_rate_hz": float(used.sample_rate_hz),
        "number": int(used.number),
        "measured_at": used.measured_at,
    }


def read_calibrations(plain: Any) -> tuple[UsedCalibration, ...]:
    """The entries of `rasgado:calibrations` that make sense."""
    entries = plain[:CALIBRATIONS_MAX] if isinstance(plain, list) else []
    found = (_calibration(entry) for entry in entries)
    return tuple(one for one in found if one is not None)


def _calibration(plain: Any) -> UsedCalibration | None:
    if not isinstance(plain, Mapping) or not isinstance(plain.get("quantity"), str):
        return None
    value, sigma = _number(plain.get("value")), _number(plain.get("sigma"))
    rate_hz, number = _number(plain.get("sample_rate_hz")), _number(plain.get("number"))
    if value is None:
        return None
    measured_at = plain.get("measured_at")
    return UsedCalibration(
        quantity=plain["quantity"],
        value=value,
        sigma=math.nan if sigma is None else sigma,
        sample_rate_hz=rate_hz or 0.0,
        number=int(number or 0),
        measured_at=measured_at if isinstance(measured_at, str) else "",
    )


def _pair(value: Any) -> complex | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    real, imaginary = _number(value[0]), _number(value[1])
    return None if real is None or imaginary is None else complex(real, imaginary)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and abs(number) <= 1e15 else None
