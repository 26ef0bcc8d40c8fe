"""The radio's frequency reference against a line whose frequency is known."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from acquisition.calibration import quantities
from acquisition.calibration.reference import reference_error
from acquisition.curves import Quantity
from acquisition.experiment import Plan
from acquisition.limits import InstrumentLimits
from acquisition.lines import LineStatus
from acquisition.methods import curve_values, fid
from acquisition.methods.fid import FidParameters
from acquisition.methods.parameters import parameter
from acquisition.methods.registry import CALIBRATION, Method
from acquisition.methods.single_line import Recipe, Step
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture


@dataclass(frozen=True)
class CalibrateReferenceParameters(FidParameters):
    """Parameters of the method "calibrate_reference"; `frequency_hz` is the line's known frequency."""

    known_sigma_hz: float = parameter(
        10.0, unit="Hz", label="Known within", display_unit="Hz", minimum=0.0, maximum=1e6,
        help="One standard deviation of the line's frequency, with what the sample's temperature adds: the 35Cl line "
        "of KClO₃ moves by some kHz per K.",
    )  # fmt: skip


def steps(p: CalibrateReferenceParameters, limits: InstrumentLimits) -> list[Step]:
    """The one shot. What the line is known to be must be in the captures; it is read from here again."""
    (step,) = fid.steps(p, limits)
    return [replace(step, purpose=f"reference line at {p.frequency_hz:.3f} Hz, known within {p.known_sigma_hz:.3f} Hz")]


def plan(p: CalibrateReferenceParameters, limits: InstrumentLimits) -> Plan:
    """What the measurement will do; raises InvalidParameters with every fault."""
    return fid.plan(p, limits)


def reconstruct(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """The line, and the error of the reference that explains where it is seen; from the captures alone."""
    found = fid.reconstruct(captures, parameters)
    lines = [line for line in found.lines if line.status is LineStatus.CONFIRMED]
    known = _known(captures)
    radio = captures[0].radio if captures else None
    if not lines or known is None or radio is None or not math.isfinite(lines[0].frequency_sigma_hz):
        return found
    line = max(lines, key=lambda one: one.snr)
    error, sigma = reference_error(
        line.frequency_hz, line.frequency_sigma_hz, *known, captures[0].centre_frequency_hz, radio
    )
    away_hz = line.frequency_hz - known[0]
    note = curve_values.joined(
        f"The line is seen {abs(away_hz):.1f} Hz too {'high' if away_hz > 0 else 'low'}.",
        "There are others beside it; the strongest counts." if len(lines) > 1 else "",
    )
    quantity = Quantity(quantities.XO_ERROR, "error of the reference", error, sigma, "", note, "ppm", 1e-6)
    return replace(found, quantities=(quantity, *found.quantities))


def _known(captures: Sequence[Capture]) -> tuple[float, float] | None:
    """The line's known frequency and its one-sigma, as the captures say them."""
    for capture in captures:
        found = re.search(r"at ([0-9.]+) Hz, known within ([0-9.]+) Hz$", capture.purpose)
        if found:
            return float(found[1]), float(found[2])
    return None


RECIPE = Recipe("calibrate_reference", plan, steps, reconstruct)

METHOD = Method(
    name=RECIPE.method,
    title="Frequency reference: a known line",
    summary="How far the radio's frequency reference is off, from where a line of known frequency is seen.",
    parameters=CalibrateReferenceParameters,
    plan=plan,
    experiment=RECIPE.experiment,
    reconstruct=reconstruct,
    when_to_use="With a sample that has a line of well-known frequency, at a temperature that is known as well.",
    family=CALIBRATION,
)
