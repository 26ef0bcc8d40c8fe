"""One resonance as an ensemble of independent magnetisations: isochromats times crystallite orientations.

The isochromats of a broad line are gathered in slices of a few ten kHz, each with a rotating frame of its own: within a
slice a short pulse is one rotation, and slices that a pulse does not reach need not be followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from sdr.simulated.powder import ORIENTATIONS, best_powder_signal, powder_orientations
from sdr.simulated.sample import Distribution, SpinLine

FloatArray = npt.NDArray[np.float64]

_RANGE_IN_HALF_WIDTHS = 12.0  # a Lorentzian is cut here
_RANGE_IN_FWHM = 1.6  # and a Gaussian here, where it has fallen to 8e-4
_CZJZEK_RANGE = 2.6  # in units of the frequency of the maximum: fallen to 5e-5
_REVIVAL_IN_T2 = 5.0  # a grid of isochromats refocuses by itself at 1/spacing, when T2 has eaten it
_ISOCHROMATS_MAX = 1001
_ISOCHROMATS_MAX_BROAD = 10_000
_SLICE_HZ = 25e3
_ONE_SLICE_MAX_HZ = 50e3  # lines that reach further to each side are cut into slices
_ORIENTATIONS_BROAD = 10


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Quadrature for one line.

    `centres_hz` (s,) are the slices' offsets from the line's frequency, `offsets_hz` (s, k) those of the isochromats
    from their slice's centre and `weights` (s, k) theirs; `nutation` (o,) is the rotation angle of an orientation in
    units of omega_1 t, `pickup` (o,) its weight in the received signal. The signal is normalised so that the best
    single pulse on the whole ensemble gives 1.
    """

    centres_hz: FloatArray
    offsets_hz: FloatArray
    weights: FloatArray
    nutation: FloatArray
    pickup: FloatArray

    @property
    def shape(self) -> tuple[int, int, int]:
        """Slices, isochromats in each, orientations."""
        return (*self.weights.shape, len(self.pickup))


def ensemble(line: SpinLine) -> Ensemble:
    """Isochromats and orientations that reproduce the line's free induction decay and echoes."""
    half_width_hz = (1 / line.t2_star_s - 1 / line.t2_s) / (2 * np.pi)
    broad = line.distribution
    if broad is None and _RANGE_IN_HALF_WIDTHS * half_width_hz > _ONE_SLICE_MAX_HZ:
        broad = Distribution("lorentzian", 2 * half_width_hz)
    count = _ORIENTATIONS_BROAD if broad is not None and line.spin <= Fraction(3, 2) else ORIENTATIONS
    nutation, pickup = powder_orientations(line.spin, count, line.eta, line.transition)
    _, best = best_powder_signal(nutation, pickup)
    if broad is not None:
        centres, offsets, weights = slices(broad, line.frequency_hz, line.t2_s)
    else:
        one_offsets, one_weights = isochromats(line.t2_s, line.t2_star_s)
        centres, offsets, weights = np.zeros(1), one_offsets[None, :], one_weights[None, :]
    return Ensemble(centres, offsets, weights, nutation, pickup / best)


def isochromats(t2_s: float, t2_star_s: float) -> tuple[FloatArray, FloatArray]:
    """Offsets in Hz and weights of a Lorentzian of half width (1/T2* - 1/T2)/2pi, on a uniform grid.

    The weights are those of the whole Lorentzian: what lies beyond the grid (5 %) would be gone after a few
    microseconds anyway.
    """
    half_width_hz = (1 / t2_star_s - 1 / t2_s) / (2 * np.pi)
    if half_width_hz * t2_s < 1e-3:
        return np.zeros(1), np.ones(1)
    reach = _RANGE_IN_HALF_WIDTHS * half_width_hz
    spacing = 1 / (_REVIVAL_IN_T2 * t2_s)
    half = int(np.clip(np.ceil(reach / spacing), 12, _ISOCHROMATS_MAX // 2))
    offsets = np.linspace(-reach, reach, 2 * half + 1)
    weights = half_width_hz / np.pi / (half_width_hz**2 + offsets**2) * (offsets[1] - offsets[0])
    return offsets, weights


def slices(distribution: Distribution, frequency_hz: float, t2_s: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Centres (s,), offsets from them (s, k) and weights (s, k) of the isochromats of a broad line.

    They are evenly spaced by 1/(5 T2). Where that would be too many they are spread at random within their cells: what
    would be a revival of the grid is then a noise of about 1 % of the amplitude.
    """
    low, high = _reach(distribution, frequency_hz)
    number = max(1, int(np.ceil((high - low) / _SLICE_HZ)))
    width = (high - low) / number
    wanted = int(np.ceil(width * _REVIVAL_IN_T2 * t2_s))
    each = max(6, min(wanted, _ISOCHROMATS_MAX_BROAD // number))
    centres = low + width * (np.arange(number) + 0.5)
    place = np.tile(np.arange(each) + 0.5, (number, 1))
    if each < wanted:
        place += np.random.default_rng(number).uniform(-0.5, 0.5, place.shape)
    offsets = width * (place / each - 0.5)
    weights = _density(distribution, frequency_hz, centres[:, None] + offsets)
    weights = weights * (_whole(distribution) / float(weights.sum()))
    return np.asarray(centres, dtype=np.float64), offsets, weights


def _reach(distribution: Distribution, frequency_hz: float) -> tuple[float, float]:
    """Where the density ends, from the line's frequency."""
    if distribution.shape == "table":
        return distribution.offsets_hz[0], distribution.offsets_hz[-1]
    if distribution.shape == "czjzek":
        return -frequency_hz, (_CZJZEK_RANGE - 1) * frequency_hz
    reach = (_RANGE_IN_HALF_WIDTHS / 2 if distribution.shape == "lorentzian" else _RANGE_IN_FWHM) * distribution.fwhm_hz
    return -reach, reach


def _density(distribution: Distribution, frequency_hz: float, offsets_hz: FloatArray) -> FloatArray:
    """Density of frequencies at offsets from the line's, to any scale.

    Czjzek's distribution of tensors has five independent Gaussian components, and the frequency of a spin 3/2 is
    proportional to their root sum of squares, V_zz sqrt(1 + eta^2/3): P(nu) ~ nu^4 exp(-2 nu^2 / nu_max^2).
    """
    if distribution.shape == "table":
        table: FloatArray = np.interp(offsets_hz, distribution.offsets_hz, distribution.density)
        return table
    if distribution.shape == "czjzek":
        relative = 1 + offsets_hz / frequency_hz
        czjzek: FloatArray = relative**4 * np.exp(-2 * relative**2)
        return czjzek
    scaled = 2 * offsets_hz / distribution.fwhm_hz
    return np.asarray(2.0 ** -(scaled**2) if distribution.shape == "gaussian" else 1 / (1 + scaled**2))


def _whole(distribution: Distribution) -> float:
    """Part of the line that lies within its reach; a Lorentzian's wings go on."""
    return float(2 / np.pi * np.arctan(_RANGE_IN_HALF_WIDTHS)) if distribution.shape == "lorentzian" else 1.0
