"""From a frequency to C_Q and V_zz: which factor applies, and the bounds that an unknown eta leaves.

For a transition of a spin, nu = k(eta) C_Q; so C_Q = nu / k(eta) and V_zz = h C_Q / (e Q) in V/m^2. One line does not
tell eta, and k runs from k(0) to k(1): for I = 3/2 from 1/2 to 1/sqrt(3), so that C_Q lies between 1.732 nu and 2 nu.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy import constants

from acquisition.errors import AcquisitionError
from acquisition.nuclides import Nuclide
from acquisition.quadrupole import transition_frequencies_hz

_ETA_POINTS = 41


class Unconvertible(AcquisitionError):
    """A transition from which no field gradient can be read; the message says why."""


@dataclass(frozen=True)
class Conversion:
    """`coupling_per_hz` is C_Q/nu at eta = 0; the bounds are its extremes over eta in 0..1.

    `gradient_per_hz` is |V_zz| in V/m^2 per Hz of C_Q. `assumption` says in words which transition was assumed.
    """

    nuclide: str
    spin: Fraction
    coupling_per_hz: float
    coupling_per_hz_min: float
    coupling_per_hz_max: float
    gradient_per_hz: float
    assumption: str

    @property
    def lower(self) -> float:
        """Smallest C_Q that one frequency allows, relative to that at eta = 0."""
        return self.coupling_per_hz_min / self.coupling_per_hz

    @property
    def upper(self) -> float:
        """Largest C_Q that one frequency allows, relative to that at eta = 0."""
        return self.coupling_per_hz_max / self.coupling_per_hz


def gradient_v_per_m2(coupling_hz: float, quadrupole_moment_m2: float) -> float:
    """|V_zz| = h C_Q / (e |Q|) in V/m^2."""
    return constants.h * coupling_hz / (constants.e * abs(quadrupole_moment_m2))


def conversion(nuclide: Nuclide, transition: int = 0) -> Conversion:
    """The conversion of one of a nuclide's transitions: number 0 is the lowest at eta = 0.

    For I = 1 that is the pair nu_+ and nu_-, which coincide at eta = 0 (nu = 3/4 C_Q): number 0 is nu_-, 1 is nu_+. For
    I = 3/2 there is one; for I >= 5/2 they are m = 1/2 to 3/2, 3/2 to 5/2, and so on. Raises Unconvertible for a
    transition that does not exist.
    """
    spin = nuclide.spin
    eta = np.linspace(0.0, 1.0, _ETA_POINTS)
    ratios = []
    for value in eta:
        lines = transition_frequencies_hz(spin, 1.0, float(value))
        if spin == 1:
            lines = lines[-2:] if len(lines) > 1 else (lines[0], lines[0])
        if not 0 <= transition < len(lines):
            raise Unconvertible(
                f"{nuclide.label} (I = {spin}) has transitions 0 to {len(lines) - 1}, not {transition}."
            )
        ratios.append(1.0 / lines[transition])
    assumption = (
        "one line for I = 3/2"
        if spin == Fraction(3, 2)
        else f"transition {transition + 1} of {len(lines)} of I = {spin}, counted from the lowest, is assumed"
    )
    return Conversion(
        nuclide=nuclide.label,
        spin=spin,
        coupling_per_hz=ratios[0],
        coupling_per_hz_min=min(ratios),
        coupling_per_hz_max=max(ratios),
        gradient_per_hz=gradient_v_per_m2(1.0, nuclide.quadrupole_moment_m2),
        assumption=assumption,
    )
