"""The strength of the field (B1), by the nutation of a known line: what all flip angles rest on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from acquisition.calibration import quantities
from acquisition.methods import nutation
from acquisition.methods.nutation import NutationParameters
from acquisition.methods.registry import CALIBRATION, Method
from acquisition.methods.single_line import Recipe
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture

WIDTH_EFFECT = 0.15
"""The part of a line's width by which its nutation may seem faster: spins beside the pulse's frequency turn faster,
which the model leaves out. Our own simulation of a powder gave 0.15 at a width of a tenth of the nutation frequency."""


@dataclass(frozen=True)
class CalibrateB1Parameters(NutationParameters):
    """Parameters of the method "calibrate_b1": those of a nutation."""


def reconstruct(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """Signal against pulse length, and the nutation frequency at full amplitude; from the captures alone."""
    found = nutation.reconstruct(captures, parameters)
    named = []
    for quantity in found.quantities:
        if quantity.name == quantities.NUTATION:
            note = quantity.note.removeprefix(nutation.ADVICE).strip()
            sigma = math.hypot(quantity.sigma, WIDTH_EFFECT * found.lines[0].fwhm_hz if found.lines else 0.0)
            quantity = replace(quantity, sigma=sigma, note=f"At full amplitude, at {_place(found)}. {note}".strip())
        named.append(quantity)
    return replace(found, quantities=tuple(named))


def _place(found: Reconstruction) -> str:
    return f"{found.lines[0].frequency_hz / 1e6:.4f} MHz" if found.lines else "an unknown frequency"


RECIPE = Recipe("calibrate_b1", nutation.plan, nutation.steps, reconstruct)

METHOD = Method(
    name=RECIPE.method,
    title="B₁: nutation of a reference sample",
    summary="The strength of the field in the coil, from the nutation of a known line; pulse lengths follow from it.",
    parameters=CalibrateB1Parameters,
    plan=nutation.plan,
    experiment=RECIPE.experiment,
    reconstruct=reconstruct,
    when_to_use="After a change of probe, coil or power, with a sample that has a strong line, such as KClO₃.",
    family=CALIBRATION,
)
