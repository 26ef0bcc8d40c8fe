"""What C_Q each element is believed to have, before anything is measured.

Two ranges for each element, in both of which every factor is as likely as another: the usual one, in which the
compounds of the NQR compilations nearly all lie, has probability USUAL, and a wide one the rest.

What they rest on. The usual ranges are rounded from what the compilations (Landolt-Boernstein III/20, III/31, III/39,
and reviews of quadrupolar solid-state NMR for the light ions) hold for ordinary compounds; they are ours, no source
states them as such. The wide ranges are of |V_zz|, the same for all isotopes: a valence p electron makes the largest
gradients, and those of free atoms are 109.7 MHz (35Cl), 769.8 MHz (79Br) and 2292.7 MHz (127I) as |C_Q| (the reference
values of Townes and Dailey's theory), or 0.56, 1.0 and 1.4 times 1e23 V/m^2; compounds reach at most 1.3 times that;
closed-shell ions feel distant charges only, enlarged by antishielding: 1e19 to 1e22 V/m^2. They keep 39K from being
asked to explain a line at 28 MHz.
"""

from __future__ import annotations

USUAL = 0.85

_USUAL_MHZ: dict[str, tuple[str, float, float]] = {
    "H": ("2H", 0.03, 0.35), "Li": ("7Li", 0.01, 0.3), "Be": ("9Be", 0.1, 1.5), "B": ("11B", 0.2, 5.5),
    "N": ("14N", 0.3, 7.0), "O": ("17O", 1.0, 16.0), "Na": ("23Na", 0.2, 5.0), "Mg": ("25Mg", 0.5, 8.0),
    "Al": ("27Al", 0.5, 20.0), "S": ("33S", 1.0, 45.0), "Cl": ("35Cl", 10.0, 85.0), "K": ("39K", 0.3, 6.0),
    "Ca": ("43Ca", 0.3, 5.0), "Sc": ("45Sc", 1.0, 30.0), "Ti": ("49Ti", 1.0, 25.0), "V": ("51V", 0.2, 8.0),
    "Mn": ("55Mn", 1.0, 120.0), "Co": ("59Co", 5.0, 220.0), "Cu": ("63Cu", 8.0, 90.0), "Zn": ("67Zn", 1.0, 25.0),
    "Ga": ("69Ga", 1.0, 150.0), "Ge": ("73Ge", 1.0, 200.0), "As": ("75As", 15.0, 240.0), "Br": ("79Br", 20.0, 700.0),
    "Rb": ("87Rb", 1.0, 20.0), "Sr": ("87Sr", 1.0, 50.0), "Zr": ("91Zr", 2.0, 60.0), "Nb": ("93Nb", 5.0, 140.0),
    "In": ("115In", 5.0, 600.0), "Sb": ("121Sb", 30.0, 700.0), "I": ("127I", 60.0, 2500.0),
    "Cs": ("133Cs", 0.01, 0.8), "Ba": ("137Ba", 2.0, 60.0), "La": ("139La", 2.0, 130.0),
    "Ta": ("181Ta", 30.0, 3000.0), "Re": ("187Re", 15.0, 700.0), "Au": ("197Au", 200.0, 1200.0),
    "Hg": ("201Hg", 150.0, 900.0), "Bi": ("209Bi", 50.0, 750.0),
}  # fmt: skip

_IONS = {
    "H": (1e20, 1e22), "Li": (5e18, 6e20), "Na": (2e19, 3e21), "K": (3e19, 6e21), "Rb": (3e19, 1e22),
    "Cs": (3e19, 2e22), "Be": (1e19, 2e21), "Mg": (3e19, 6e21), "Ca": (5e19, 2e22), "Sr": (5e19, 2e22),
    "Ba": (5e19, 3e22),
}  # fmt: skip
_SECOND_PERIOD = dict.fromkeys(("B", "C", "N", "O", "F"), (1e20, 3e22))
_THIRD_PERIOD = {"Al": (3e19, 1e22), "S": (2e20, 4e22), "Cl": (2e20, 7e22)}
_HEAVY_P = dict.fromkeys(
    ("Ga", "Ge", "As", "Se", "Br", "Kr", "In", "Sn", "Sb", "Te", "I", "Xe", "Tl", "Pb", "Bi"), (1e20, 2e23)
)
_WIDE_V_M2 = _IONS | _SECOND_PERIOD | _THIRD_PERIOD | _HEAVY_P

_OTHERS_V_M2 = (5e19, 1e23)
"""Transition metals, lanthanides and actinides: from nearly closed shells to partly filled d shells."""


def field_gradient_range_v_m2(symbol: str) -> tuple[float, float]:
    """Smallest and largest |V_zz| that is believed of an element in a compound, in V m^-2."""
    return _WIDE_V_M2.get(symbol, _OTHERS_V_M2)


def usual_coupling_hz(symbol: str) -> tuple[str, float, float] | None:
    """Isotope, smallest and largest |C_Q| of that isotope in ordinary compounds, in Hz; None where we know of none."""
    known = _USUAL_MHZ.get(symbol)
    return None if known is None else (known[0], known[1] * 1e6, known[2] * 1e6)
