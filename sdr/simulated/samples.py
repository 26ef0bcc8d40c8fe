"""The catalogue of samples, and where to find the one that the user names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from sdr.simulated.sample import Distribution, Imperfections, Interference, Sample, SampleError, SpinLine
from sdr.simulated.sample_json import from_dict, read_json

__all__ = [
    "CATALOGUE",
    "Imperfections",
    "Interference",
    "Sample",
    "SampleError",
    "SpinLine",
    "catalogue_names",
    "from_dict",
    "load",
    "read_json",
    "unknown",
]

CHLORINE_RATIO = 1.2688  # measured ratio of 35Cl to 37Cl frequencies
COPPER_RATIO = 1.0806  # measured ratio of 63Cu to 65Cu frequencies


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


def _chloride_glass() -> Sample:
    """A made-up solid electrolyte: a glass whose chlorine sites scatter so much that no free decay is heard.

    The widths of the isotopes have the ratio of their frequencies: the same field gradients make both.
    """
    light = SpinLine(12.4e6, 1.5, t1_s=5e-3, t2_s=150e-6, t2_star_s=150e-6, nuclide="35Cl",
                     distribution=Distribution("gaussian", 250e3))  # fmt: skip
    heavy = replace(light, frequency_hz=round(12.4e6 / CHLORINE_RATIO, -1), amplitude_over_noise=0.4, nuclide="37Cl",
                    distribution=Distribution("gaussian", 250e3 / CHLORINE_RATIO))  # fmt: skip
    return Sample("chloride-glass", (light, heavy))


CATALOGUE: Mapping[str, Sample] = {
    sample.name: sample
    for sample in (
        _chlorine("KClO3", 28.0846e6, 1.2),
        _chlorine("NaClO3", 29.92e6, 1.2),
        _chlorine("p-C6H4Cl2", 34.327e6, 0.9),
        _copper("Cu2O", 26.02e6, 24.08e6, 0.25e-3),
        _sodium_nitrite(),
        _copper("CuAlO2", 28.29e6, round(28.29e6 / COPPER_RATIO, -1), 0.15e-3),
        _chloride_glass(),
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
