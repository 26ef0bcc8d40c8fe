"""Maps of a line of known distribution, for tests of reconstruction, storage and pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

from acquisition.broad.reconstruct import reconstruct
from acquisition.efg.models import EXTENDED_CZJZEK, GAUSSIAN, Model
from acquisition.limits import InstrumentLimits
from acquisition.methods import echo_map
from acquisition.methods.echo_map import EchoMapParameters
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture, Shot
from tests.acquisition.broad import echoes

LIMITS = InstrumentLimits()
FWHM_PER_SIGMA = 2.354820045
ISOCHROMAT_SPACING_HZ = 4e3


@cache
def signals(
    p: EchoMapParameters, model: Model, values: tuple[float, ...]
) -> tuple[list[Shot], list[npt.NDArray[np.complex128]]]:
    """The shots of a map and the signal of each, for a distribution of frequencies."""
    shots = list(echo_map.shots(p, LIMITS))
    reach_hz = 0.5 * p.span_hz + 150e3
    frequency_hz, weight = echoes.isochromats(
        lambda f: model.density(f, values),
        max(p.centre_frequency_hz - reach_hz, 1e5),
        p.centre_frequency_hz + reach_hz,
        ISOCHROMAT_SPACING_HZ,
    )
    return shots, [echoes.echo_signal(shot, frequency_hz, weight, LIMITS) for shot in shots]


def captures(
    p: EchoMapParameters, model: Model, values: tuple[float, ...], noise_sigma: float, seed: int
) -> list[Capture]:
    """Captures of a map with noise, an unknown phase of every tuning and a delay of the receiver."""
    shots, made = signals(p, model, values)
    rng = np.random.default_rng(seed)
    return echoes.captures(shots, noise_sigma, rng, delay_s=0.15e-6, signals=made)


def gaussian(fwhm_hz: float, centre_hz: float = 30.02e6) -> tuple[Model, tuple[float, ...]]:
    return GAUSSIAN, (centre_hz, fwhm_hz / FWHM_PER_SIGMA)


def extended(fixed_hz: float, sigma_hz: float) -> tuple[Model, tuple[float, ...]]:
    return EXTENDED_CZJZEK, (fixed_hz, sigma_hz)


def mapped(made: list[Capture], change: Callable[[Capture], Capture] = lambda capture: capture) -> Reconstruction:
    """The reconstruction of captures alone."""
    return reconstruct([change(capture) for capture in made], ReconstructionParameters())
