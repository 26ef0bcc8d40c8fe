"""What is in the probe: the catalogue of samples and the JSON form for a user's own."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

CHLORINE_RATIO = 1.2688  # measured ratio of 35Cl to 37Cl frequencies
COPPER_RATIO = 1.0806  # measured ratio of 63Cu to 65Cu frequencies


class SampleError(ValueError):
    """A sample description that cannot be used; the text names the field."""


@dataclass(frozen=True)
class SpinLine:
    """One resonance of the sample, all in SI units.

    `amplitude_over_noise` is the amplitude of the free induction decay after the best single pulse, divided by the
    standard deviation of the complex noise of one sample at 10 MS/s and 30 dB receive gain. `t2_s` is the irreversible
    decay time, `t2_star_s` <= t2_s that of the free induction decay; the difference is inhomogeneous and is refocused
    by echoes.
    """

    frequency_hz: float
    amplitude_over_noise: float
    t1_s: float
    t2_s: float
    t2_star_s: float
    spin: Fraction = Fraction(3, 2)
    nuclide: str = ""


@dataclass(frozen=True)
class Interference:
    """A steady signal from outside at an absolute frequency (at the probe), in units of the noise as above."""

    frequency_hz: float
    amplitude_over_noise: float


@dataclass(frozen=True)
class Imperfections:
    """Probe and receiver; the defaults are those of the catalogue. Levels are in receiver LSB at 30 dB gain."""

    noise_lsb: float = 12.0
    probe_bandwidth_hz: float = 2.5e6
    ring_down_s: float = 0.5e-6
    ring_down_level: float = 0.01
    leakage_lsb: float = 40_000.0
    dc_offset_lsb: float = 6.0
    lo_leakage_lsb: float = 3.0
    iq_imbalance: float = 0.003


@dataclass(frozen=True)
class Sample:
    name: str
    lines: tuple[SpinLine, ...] = ()
    interference: tuple[Interference, ...] = ()
    imperfections: Imperfections = field(default_factory=Imperfections)


def _chlorine(name: str, frequency_hz: float, amplitude: float) -> Sample:
    """Both chlorine isotopes of one site; 37Cl has a third of the abundance and a lower frequency."""
    light = SpinLine(frequency_hz, amplitude, t1_s=0.020, t2_s=1.5e-3, t2_star_s=0.3e-3, nuclide="35Cl")
    heavy_hz = round(frequency_hz / CHLORINE_RATIO, -1)
    heavy = replace(light, frequency_hz=heavy_hz, amplitude_over_noise=0.25 * amplitude, nuclide="37Cl")
    return Sample(name, (light, heavy))


def _copper(name: str, frequency_hz: float, heavy_hz: float, t2_star_s: float) -> Sample:
    """Both copper isotopes of one site."""
    light = SpinLine(frequency_hz, 1.3, t1_s=0.008, t2_s=0.8e-3, t2_star_s=t2_star_s, nuclide="63Cu")
    heavy = replace(light, frequency_hz=heavy_hz, amplitude_over_noise=0.55, nuclide="65Cu")
    return Sample(name, (light, heavy))


def _sodium_nitrite() -> Sample:
    rows = ((1.038e6, 0.5, 0.328, 5.1e-3), (3.604e6, 0.8, 0.280, 3.3e-3), (4.642e6, 1.0, 0.0903, 5.3e-3))
    lines = tuple(
        SpinLine(frequency, amplitude, t1, t2, 0.8e-3, Fraction(1), "14N") for frequency, amplitude, t1, t2 in rows
    )
    return Sample("NaNO2", lines)


CATALOGUE: Mapping[str, Sample] = {
    sample.name: sample
    for sample in (
        _chlorine("KClO3", 28.0846e6, 1.2),
        _chlorine("NaClO3", 29.92e6, 1.2),
        _chlorine("p-C6H4Cl2", 34.327e6, 0.9),
        _copper("Cu2O", 26.02e6, 24.08e6, 0.25e-3),
        _sodium_nitrite(),
        _copper("CuAlO2", 28.29e6, round(28.29e6 / COPPER_RATIO, -1), 0.15e-3),
        Sample("empty"),
    )
}


def catalogue_names() -> tuple[str, ...]:
    return (*CATALOGUE, "unknown")


def unknown(seed: int) -> Sample:
    """A made-up sample: one to four lines between 26 and 32 MHz that only the seed knows."""
    rng = np.random.default_rng([seed, 0x756E6B])
    lines = []
    for _ in range(int(rng.integers(1, 5))):
        t2_star_s = float(rng.uniform(150e-6, 600e-6))
        lines.append(
            SpinLine(
                frequency_hz=float(round(rng.uniform(26e6, 32e6))),
                amplitude_over_noise=float(rng.uniform(0.6, 1.5)),
                t1_s=float(rng.uniform(5e-3, 60e-3)),
                t2_s=float(rng.uniform(2, 6)) * t2_star_s,
                t2_star_s=t2_star_s,
                nuclide="35Cl",
            )
        )
    return Sample("unknown", tuple(lines))


def load(name: str, seed: int = 0) -> Sample:
    """The catalogue's sample of this name, the made-up "unknown", or the sample described in a .json file."""
    if name in CATALOGUE:
        return CATALOGUE[name]
    if name == "unknown":
        return unknown(seed)
    if name.endswith(".json"):
        return read_json(Path(name))
    raise SampleError(f"sample {name!r} is not known; choose {', '.join(catalogue_names())} or a .json file")


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
    """A sample from the decoded JSON document; see docs/how-to/simulated-spectrometer.md for its fields."""
    fields = _object(document, "the document", {"name", "lines", "interference", "probe", "receiver"})
    name = fields.get("name", default_name)
    if not isinstance(name, str) or not name:
        raise SampleError("name must be a text")
    lines = [_line(item, f"lines[{i}]") for i, item in enumerate(_list(fields, "lines"))]
    interference = [_interference(item, f"interference[{i}]") for i, item in enumerate(_list(fields, "interference"))]
    return Sample(name, tuple(lines), tuple(interference), _imperfections(fields))


def _line(item: object, where: str) -> SpinLine:
    allowed = {"frequency_hz", "amplitude_over_noise", "t1_s", "t2_s", "t2_star_s", "fwhm_hz", "spin", "nuclide"}
    fields = _object(item, where, allowed)
    frequency = _number(fields, where, "frequency_hz", low=1e3, high=6e9)
    amplitude = _number(fields, where, "amplitude_over_noise", low=0, high=1e4)
    if "t2_star_s" in fields and "fwhm_hz" in fields:
        raise SampleError(f"{where}: give t2_star_s or fwhm_hz, not both")
    if "fwhm_hz" in fields:
        t2_star = 1 / (math.pi * _number(fields, where, "fwhm_hz", low=1, high=1e6))
    else:
        t2_star = _number(fields, where, "t2_star_s", low=1e-7, high=1.0, default=0.3e-3)
    t2 = _number(fields, where, "t2_s", low=1e-7, high=10.0, default=3 * t2_star)
    if t2 < t2_star:
        raise SampleError(f"{where}.t2_s must be at least t2_star_s ({t2_star:g} s), not {t2:g} s")
    t1 = _number(fields, where, "t1_s", low=1e-6, high=1e4, default=max(0.02, t2 / 2))
    if 2 * t1 < t2:
        raise SampleError(f"{where}.t1_s must be at least half of t2_s ({t2:g} s), not {t1:g} s")
    nuclide = fields.get("nuclide", "")
    if not isinstance(nuclide, str):
        raise SampleError(f"{where}.nuclide must be a text")
    return SpinLine(frequency, amplitude, t1, t2, t2_star, _spin(fields.get("spin", 1.5), where), nuclide)


def _interference(item: object, where: str) -> Interference:
    fields = _object(item, where, {"frequency_hz", "amplitude_over_noise"})
    return Interference(
        _number(fields, where, "frequency_hz", low=1e3, high=6e9),
        _number(fields, where, "amplitude_over_noise", low=0, high=1e4),
    )


def _imperfections(document: Mapping[str, Any]) -> Imperfections:
    default = Imperfections()
    probe = _object(document.get("probe", {}), "probe", {"bandwidth_hz", "ring_down_s", "ring_down_level"})
    receiver_fields = {"noise_lsb", "leakage_lsb", "dc_offset_lsb", "lo_leakage_lsb", "iq_imbalance"}
    receiver = _object(document.get("receiver", {}), "receiver", receiver_fields)
    return Imperfections(
        probe_bandwidth_hz=_number(probe, "probe", "bandwidth_hz", 1e3, 1e9, default.probe_bandwidth_hz),
        ring_down_s=_number(probe, "probe", "ring_down_s", 1e-9, 1e-3, default.ring_down_s),
        ring_down_level=_number(probe, "probe", "ring_down_level", 0, 1, default.ring_down_level),
        noise_lsb=_number(receiver, "receiver", "noise_lsb", 0, 1e3, default.noise_lsb),
        leakage_lsb=_number(receiver, "receiver", "leakage_lsb", 0, 1e6, default.leakage_lsb),
        dc_offset_lsb=_number(receiver, "receiver", "dc_offset_lsb", 0, 2000, default.dc_offset_lsb),
        lo_leakage_lsb=_number(receiver, "receiver", "lo_leakage_lsb", 0, 2000, default.lo_leakage_lsb),
        iq_imbalance=_number(receiver, "receiver", "iq_imbalance", 0, 0.5, default.iq_imbalance),
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


def _number(
    fields: Mapping[str, Any], where: str, name: str, low: float, high: float, default: float | None = None
) -> float:
    value = fields.get(name, default)
    if value is None:
        raise SampleError(f"{where}.{name} is missing")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise SampleError(f"{where}.{name} must be a number, not {value!r}")
    if not low <= value <= high:
        raise SampleError(f"{where}.{name} must be between {low:g} and {high:g}, not {value:g}")
    return float(value)


def _spin(value: object, where: str) -> Fraction:
    try:
        spin = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise SampleError(f"{where}.spin must be a number like 1 or 1.5, not {value!r}") from None
    if spin not in (Fraction(1), *(Fraction(n, 2) for n in (3, 5, 7, 9))):
        raise SampleError(f"{where}.spin must be 1, 1.5, 2.5, 3.5 or 4.5, not {value!r}")
    return spin
