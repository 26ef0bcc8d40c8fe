"""The JSON form of a sample; docs/how-to/simulated-spectrometer.md lists its fields."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from sdr.simulated.sample import (
    REFERENCE_TEMPERATURE_K,
    SHAPES,
    SWITCHED_BY,
    Distribution,
    Imperfections,
    Interference,
    Ringing,
    Sample,
    SampleError,
    SpinLine,
    TransmitReceiveSwitch,
    Tuning,
)

_HZ = {"low": 1e3, "high": 6e9}
_LEVEL = {"low": 0.0, "high": 1e4}
_TABLE_MAX = 4096
_TUNING_FIELDS = {"tuned_hz", "settling_s", "tuning_min_hz", "tuning_max_hz"}
_PROBE_FIELDS = {"bandwidth_hz", "ring_down_s", "ring_down_level", "nutation_hz"} | _TUNING_FIELDS
_RECEIVER_FIELDS = {
    "noise_lsb", "leakage_lsb", "dc_offset_lsb", "lo_leakage_lsb", "iq_imbalance", "iq_imbalance_phase_deg",
    "recovery_s", "dropout_fraction", "dropout_s", "delay_s", "reference_ppm",
}  # fmt: skip
_LINE_FIELDS = {
    "frequency_hz", "amplitude_over_noise", "t1_s", "t2_s", "t2_star_s", "fwhm_hz", "spin", "nuclide",
    "eta", "transition", "distribution", "hz_per_k",
}  # fmt: skip
_INTERFERENCE_FIELDS = {
    "frequency_hz", "amplitude_over_noise", "am_depth", "am_bandwidth_hz",
    "sideband_spacing_hz", "sideband_count", "sideband_ratio",
}  # fmt: skip


def read_json(path: Path) -> Sample:
    """A sample from a JSON file; SampleError names the file, the field and what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SampleError(f"{path}: cannot be read: {error}") from error
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise SampleError(f"{path}: line {error.lineno} is not JSON: {error.msg}") from error
    try:
        return from_dict(document, default_name=path.stem)
    except SampleError as error:
        raise SampleError(f"{path}: {error}") from None


def from_dict(document: object, default_name: str = "sample") -> Sample:
    """A sample from the decoded JSON document; SampleError names the field."""
    allowed = {"name", "lines", "interference", "ringing", "probe", "receiver", "switch", "temperature_k"}
    fields = _object(document, "the document", allowed)
    name = fields.get("name", default_name)
    if not isinstance(name, str) or not name:
        raise SampleError("name must be a text")
    probe = _object(fields.get("probe", {}), "probe", _PROBE_FIELDS)
    return Sample(
        name=name,
        lines=tuple(_line(item, f"lines[{i}]") for i, item in enumerate(_list(fields, "lines"))),
        interference=tuple(
            _interference(item, f"interference[{i}]") for i, item in enumerate(_list(fields, "interference"))
        ),
        imperfections=_imperfections(probe, _object(fields.get("receiver", {}), "receiver", _RECEIVER_FIELDS)),
        ringing=tuple(_ringing(item, f"ringing[{i}]") for i, item in enumerate(_list(fields, "ringing"))),
        tuning=_tuning(probe),
        temperature_k=_number(fields, "the document", "temperature_k", 1, 2000, REFERENCE_TEMPERATURE_K),
        switch=_switch(fields["switch"]) if "switch" in fields else None,
    )


def _line(item: object, where: str) -> SpinLine:
    fields = _object(item, where, _LINE_FIELDS)
    frequency = _number(fields, where, "frequency_hz", **_HZ)
    amplitude = _number(fields, where, "amplitude_over_noise", **_LEVEL)
    given = [name for name in ("t2_star_s", "fwhm_hz", "distribution") if name in fields]
    if len(given) > 1:
        raise SampleError(f"{where}: give {given[0]} or {given[1]}, not both")
    distribution = _distribution(fields["distribution"], f"{where}.distribution") if "distribution" in fields else None
    if distribution is not None:
        t2 = t2_star = _number(fields, where, "t2_s", low=1e-7, high=10.0, default=0.3e-3)
    else:
        t2_star = _t2_star(fields, where)
        t2 = _number(fields, where, "t2_s", low=1e-7, high=10.0, default=3 * t2_star)
    if t2 < t2_star:
        raise SampleError(f"{where}.t2_s must be at least t2_star_s ({t2_star:g} s), not {t2:g} s")
    t1 = _number(fields, where, "t1_s", low=1e-6, high=1e4, default=max(0.02, t2 / 2))
    if 2 * t1 < t2:
        raise SampleError(f"{where}.t1_s must be at least half of t2_s ({t2:g} s), not {t1:g} s")
    nuclide = fields.get("nuclide", "")
    if not isinstance(nuclide, str):
        raise SampleError(f"{where}.nuclide must be a text")
    spin = _spin(fields.get("spin", 1.5), where)
    if spin == 1 and "transition" in fields:
        raise SampleError(f"{where}.transition has no meaning for spin 1, whose three lines nutate alike")
    return SpinLine(
        frequency_hz=frequency,
        amplitude_over_noise=amplitude,
        t1_s=t1,
        t2_s=t2,
        t2_star_s=t2_star,
        spin=spin,
        nuclide=nuclide,
        eta=_number(fields, where, "eta", low=0, high=1) if "eta" in fields else None,
        transition=_whole(fields, where, "transition", low=1, high=max(1, int(spin - Fraction(1, 2))), default=1),
        distribution=distribution,
        hz_per_k=_number(fields, where, "hz_per_k", low=-1e6, high=1e6, default=0.0),
    )


def _t2_star(fields: Mapping[str, Any], where: str) -> float:
    if "fwhm_hz" in fields:
        return 1 / (math.pi * _number(fields, where, "fwhm_hz", low=1, high=1e6))
    return _number(fields, where, "t2_star_s", low=1e-7, high=1.0, default=0.3e-3)


def _distribution(item: object, where: str) -> Distribution:
    fields = _object(item, where, {"shape", "fwhm_hz", "offsets_hz", "density"})
    shape = fields.get("shape")
    if shape not in SHAPES:
        raise SampleError(f"{where}.shape must be {', '.join(SHAPES)}, not {shape!r}")
    needed = {"czjzek": set(), "table": {"offsets_hz", "density"}}.get(shape, {"fwhm_hz"})
    _object(item, where, {"shape"} | needed)
    if shape == "czjzek":
        return Distribution(shape)
    if shape != "table":
        return Distribution(shape, _number(fields, where, "fwhm_hz", low=100, high=1e7))
    offsets, density = _numbers(fields, where, "offsets_hz"), _numbers(fields, where, "density")
    if len(offsets) != len(density) or not 2 <= len(offsets) <= _TABLE_MAX:
        raise SampleError(f"{where}: offsets_hz and density must be equally long, 2 to {_TABLE_MAX} numbers")
    if any(b <= a for a, b in itertools.pairwise(offsets)) or max(map(abs, offsets)) > 1e8:
        raise SampleError(f"{where}.offsets_hz must rise and stay within 1e8 Hz")
    if min(density) < 0 or max(density) <= 0:
        raise SampleError(f"{where}.density must not be negative, nor zero everywhere")
    return Distribution(shape, 0.0, offsets, density)


def _interference(item: object, where: str) -> Interference:
    fields = _object(item, where, _INTERFERENCE_FIELDS)
    default = Interference(0, 0)
    return Interference(
        frequency_hz=_number(fields, where, "frequency_hz", **_HZ),
        amplitude_over_noise=_number(fields, where, "amplitude_over_noise", **_LEVEL),
        am_depth=_number(fields, where, "am_depth", 0, 1, default.am_depth),
        am_bandwidth_hz=_number(fields, where, "am_bandwidth_hz", 10, 1e5, default.am_bandwidth_hz),
        sideband_spacing_hz=_number(fields, where, "sideband_spacing_hz", 1, 1e6, default.sideband_spacing_hz),
        sideband_count=_whole(fields, where, "sideband_count", 0, 50, default.sideband_count),
        sideband_ratio=_number(fields, where, "sideband_ratio", 0, 1, default.sideband_ratio),
    )


def _ringing(item: object, where: str) -> Ringing:
    fields = _object(item, where, {"frequency_hz", "decay_s", "amplitude_over_noise"})
    return Ringing(
        frequency_hz=_number(fields, where, "frequency_hz", **_HZ) if "frequency_hz" in fields else None,
        decay_s=_number(fields, where, "decay_s", 1e-7, 10e-3),
        amplitude_over_noise=_number(fields, where, "amplitude_over_noise", **_LEVEL),
    )


def _tuning(probe: Mapping[str, Any]) -> Tuning | None:
    if "tuned_hz" not in probe:
        if extra := sorted(_TUNING_FIELDS & set(probe)):
            raise SampleError(f"probe.{extra[0]} needs probe.tuned_hz")
        return None
    default = Tuning(0)
    low = _number(probe, "probe", "tuning_min_hz", 1e3, 6e9, default.minimum_hz)
    high = _number(probe, "probe", "tuning_max_hz", low, 6e9, max(low, default.maximum_hz))
    settling = _number(probe, "probe", "settling_s", 0, 60, default.settling_s)
    return Tuning(_number(probe, "probe", "tuned_hz", low, high), settling, low, high)


def _switch(item: object) -> TransmitReceiveSwitch:
    known = {"by", "transmit_level", "isolation_db", "switching_s", "exposure_db"}
    fields, default = _object(item, "switch", known), TransmitReceiveSwitch()
    by = fields.get("by", default.by)
    if by not in SWITCHED_BY:
        raise SampleError(f"switch.by must be {' or '.join(SWITCHED_BY)}, not {by!r}")
    return TransmitReceiveSwitch(
        by=by,
        transmit_level=_whole(fields, "switch", "transmit_level", 0, 1, default.transmit_level),
        isolation_db=_number(fields, "switch", "isolation_db", 0, 200, default.isolation_db),
        switching_s=_number(fields, "switch", "switching_s", 0, 1e-3, default.switching_s),
        exposure_db=_number(fields, "switch", "exposure_db", 0, 100, default.exposure_db),
    )


def _imperfections(probe: Mapping[str, Any], receiver: Mapping[str, Any]) -> Imperfections:
    default = Imperfections()
    return Imperfections(
        probe_bandwidth_hz=_number(probe, "probe", "bandwidth_hz", 1e3, 1e9, default.probe_bandwidth_hz),
        ring_down_s=_number(probe, "probe", "ring_down_s", 1e-9, 1e-3, default.ring_down_s),
        ring_down_level=_number(probe, "probe", "ring_down_level", 0, 1, default.ring_down_level),
        nutation_hz=_number(probe, "probe", "nutation_hz", 1, 1e7, default.nutation_hz),
        noise_lsb=_number(receiver, "receiver", "noise_lsb", 0, 1e3, default.noise_lsb),
        leakage_lsb=_number(receiver, "receiver", "leakage_lsb", 0, 1e6, default.leakage_lsb),
        dc_offset_lsb=_number(receiver, "receiver", "dc_offset_lsb", 0, 2000, default.dc_offset_lsb),
        lo_leakage_lsb=_number(receiver, "receiver", "lo_leakage_lsb", 0, 2000, default.lo_leakage_lsb),
        iq_imbalance=_number(receiver, "receiver", "iq_imbalance", 0, 0.5, default.iq_imbalance),
        iq_imbalance_phase_deg=_number(
            receiver, "receiver", "iq_imbalance_phase_deg", -360, 360, default.iq_imbalance_phase_deg
        ),
        recovery_s=_number(receiver, "receiver", "recovery_s", 0, 10e-3, default.recovery_s),
        dropout_fraction=_number(receiver, "receiver", "dropout_fraction", 0, 1, default.dropout_fraction),
        dropout_s=_number(receiver, "receiver", "dropout_s", 0, 1, default.dropout_s),
        delay_s=_number(receiver, "receiver", "delay_s", 0, 1e-3, default.delay_s),
        reference_ppm=_number(receiver, "receiver", "reference_ppm", -200, 200, default.reference_ppm),
    )


def _object(value: object, where: str, allowed: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SampleError(f"{where} must be an object")
    if extra := sorted(set(value) - allowed):
        raise SampleError(f"{where}: unknown field {extra[0]!r}; known are {', '.join(sorted(allowed))}")
    return value


def _list(fields: Mapping[str, Any], name: str) -> list[Any]:
    value = fields.get(name, [])
    if not isinstance(value, list):
        raise SampleError(f"{name} must be a list")
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _number(
    fields: Mapping[str, Any], where: str, name: str, low: float, high: float, default: float | None = None
) -> float:
    value = fields.get(name, default)
    if value is None:
        raise SampleError(f"{where}.{name} is missing")
    if not _is_number(value):
        raise SampleError(f"{where}.{name} must be a number, not {value!r}")
    if not low <= value <= high:
        raise SampleError(f"{where}.{name} must be between {low:g} and {high:g}, not {value:g}")
    return float(value)


def _whole(fields: Mapping[str, Any], where: str, name: str, low: int, high: int, default: int) -> int:
    value = _number(fields, where, name, low, high, default)
    if value != int(value):
        raise SampleError(f"{where}.{name} must be a whole number, not {value:g}")
    return int(value)


def _numbers(fields: Mapping[str, Any], where: str, name: str) -> tuple[float, ...]:
    value = fields.get(name)
    if not isinstance(value, list) or not all(_is_number(item) for item in value):
        raise SampleError(f"{where}.{name} must be a list of numbers")
    return tuple(float(item) for item in value)


def _spin(value: object, where: str) -> Fraction:
    try:
        spin = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise SampleError(f"{where}.spin must be a number like 1 or 1.5, not {value!r}") from None
    if spin not in (Fraction(1), *(Fraction(n, 2) for n in (3, 5, 7, 9))):
        raise SampleError(f"{where}.spin must be 1, 1.5, 2.5, 3.5 or 4.5, not {value!r}")
    return spin
