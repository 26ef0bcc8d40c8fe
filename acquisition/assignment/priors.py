"""How large a field gradient each kind of element may have: wide ranges, each order of magnitude as likely as another.

What they rest on. A valence p electron makes the largest gradients; those of free atoms are 109.7 MHz (35Cl), 769.8 MHz
(79Br) and 2292.7 MHz (127I) as |C_Q| (Townes and Dailey's reference values), |V_zz| = 0.56, 1.0 and 1.4 times
1e23 V/m^2, and compounds stay within 1.3 times of that. Closed-shell ions feel only distant charges, enlarged by
antishielding that grows with the ion: 1e19 to 1e22 V/m^2. The limits themselves are ours and generous on purpose: they
decide little more than that 39K is not asked to explain a line at 28 MHz.
"""

from __future__ import annotations

_IONS = {
    "H": (1e20, 1e22),
    "Li": (5e18, 6e20),
    "Na": (2e19, 3e21),
    "K": (3e19, 6e21),
    "Rb": (3e19, 1e22),
    "Cs": (3e19, 2e22),
    "Be": (1e19, 2e21),
    "Mg": (3e19, 6e21),
    "Ca": (5e19, 2e22),
    "Sr": (5e19, 2e22),
    "Ba": (5e19, 3e22),
}
_SECOND_PERIOD = dict.fromkeys(("B", "C", "N", "O", "F"), (1e20, 3e22))
_THIRD_PERIOD = {"Al": (3e19, 1e22), "S": (2e20, 4e22), "Cl": (2e20, 7e22)}
_HEAVY_P = dict.fromkeys(
    ("Ga", "Ge", "As", "Se", "Br", "Kr", "In", "Sn", "Sb", "Te", "I", "Xe", "Tl", "Pb", "Bi"), (1e20, 2e23)
)

_RANGES = _IONS | _SECOND_PERIOD | _THIRD_PERIOD | _HEAVY_P

_OTHERS = (5e19, 1e23)
"""Transition metals, lanthanides and actinides: from nearly closed shells to partly filled d shells."""


def field_gradient_range_v_m2(symbol: str) -> tuple[float, float]:
    """Smallest and largest |V_zz| that is believed of an element in a compound, in V m^-2."""
    return _RANGES.get(symbol, _OTHERS)
