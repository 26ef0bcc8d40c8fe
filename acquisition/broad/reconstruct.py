"""From the captures of an echo map alone to its distribution of frequencies, and on to that of field gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from acquisition import efg
from acquisition.broad import label, results, vocs
from acquisition.broad.echo import EchoShot, Response, echo_shot, response
from acquisition.broad.vocs import Echoes, Sum
from acquisition.errors import AcquisitionError
from acquisition.experiment import Spectrum
from acquisition.nuclides import nuclide as nuclide_of
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture

POINTS_PER_WIDTH = 12.0
"""A line is shown with so many resolutions in its width: finer ones would only be noisier."""

COARSEST_OF_RESPONSE = 0.4
"""The resolution stays this much finer than what one echo excites, so that the excitation is constant within it."""

SEEN = 5.0
"""Standard deviations by which a line must explain the data better than none does to count as seen."""


def reconstruct(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """The distribution of frequencies in the band that the echoes cover, its fits, and one line for what is there."""
    echoes = echoes_of(captures)
    if echoes is None:
        return Reconstruction((), _empty(), 0.0, ("There is no echo in these captures.",))
    found = vocs.summed(echoes, echoes.finest_resolution_hz)
    compared = efg.compare(found.density)
    sigma = math.sqrt(float(np.mean(echoes.noise_sigma**2)))
    if compared is None or compared.best.area <= 0.0 or compared.best.signal_to_noise < SEEN:
        low_hz, high_hz = float(found.density.frequency_hz[0]), float(found.density.frequency_hz[-1])
        message = f"No broad line is seen between {low_hz / 1e6:.4f} and {high_hz / 1e6:.4f} MHz."
        return Reconstruction((), spectrum(found), sigma, (message,))
    found, compared = _at_fitting_resolution(echoes, found, compared)
    conversion, problem = _conversion(captures, parameters)
    messages = [*results.notes(compared, conversion, found.resolution_hz), *_about(found), *problem]
    return Reconstruction(
        lines=(results.line(found, compared.best),),
        spectrum=spectrum(found),
        noise_sigma=sigma,
        messages=tuple(messages),
        curves=results.curves(found.density, compared, conversion),
        quantities=results.quantities(found, compared, conversion),
    )


def quick_spectrum(captures: Sequence[Capture]) -> Spectrum | None:
    """The map of what was captured until now, without fits; None while there is nothing to sum."""
    echoes = echoes_of(captures)
    return None if echoes is None else spectrum(vocs.summed(echoes, 2.0 * echoes.finest_resolution_hz))


def echoes_of(captures: Sequence[Capture]) -> Echoes | None:
    """The echoes of the captures that have one, ready to be summed; None without any."""
    shots = [shot for capture in captures if (shot := echo_shot(capture)) is not None]
    if not shots:
        return None
    marked = [found for capture in captures if (found := label.read(capture.purpose)) is not None]
    flip_deg = marked[0].flip_deg if marked else label.DEFAULT_FLIP_DEG
    spin = _spin(marked[0].nuclide if marked else "")

    def respond(shot: EchoShot) -> Response:
        return response(shot, math.radians(flip_deg), spin)

    return vocs.prepared(shots, respond)


def spectrum(found: Sum) -> Spectrum:
    """The sum as a spectrum; its real part is the distribution, its imaginary part shows the noise."""
    density = found.density
    return Spectrum(
        x0_hz=float(density.frequency_hz[0]),
        dx_hz=density.spacing_hz,
        values=found.values.astype(np.complex64),
        noise_sigma=float(math.sqrt(2.0) * np.median(density.sigma)),
    )


def _at_fitting_resolution(echoes: Echoes, found: Sum, compared: efg.Comparison) -> tuple[Sum, efg.Comparison]:
    """Summed and fitted again with a resolution that suits the width found."""
    width_hz, _ = results.fwhm_hz(compared.best)
    narrowest_hz = min(response.bandwidth_hz for response in echoes.responses)
    wanted_hz = min(width_hz / POINTS_PER_WIDTH, COARSEST_OF_RESPONSE * narrowest_hz)
    if wanted_hz <= 1.2 * found.resolution_hz:
        return found, compared
    again = vocs.summed(echoes, wanted_hz)
    refitted = efg.compare(again.density)
    return (found, compared) if refitted is None else (again, refitted)


def _conversion(
    captures: Sequence[Capture], parameters: ReconstructionParameters
) -> tuple[efg.Conversion | None, list[str]]:
    """How frequencies become field gradients: by the nuclide asked for, else by the one that the captures name."""
    marked = [found for capture in captures if (found := label.read(capture.purpose)) is not None]
    name = parameters.nuclide or (marked[0].nuclide if marked else "")
    if not name:
        return None, []
    try:
        return efg.conversion(nuclide_of(name), marked[0].transition if marked else 0), []
    except AcquisitionError as error:
        return None, [str(error)]


def _spin(name: str) -> Fraction:
    """The spin of a nuclide, 3/2 where it is unknown."""
    try:
        return nuclide_of(name).spin if name else Fraction(3, 2)
    except AcquisitionError:
        return Fraction(3, 2)


def _about(found: Sum) -> list[str]:
    """What happened to the phases."""
    made = []
    if found.separate:
        made.append("The echoes of one tuning did not share a phase, so each was given its own.")
    if found.undetermined:
        made.append(
            f"In {found.undetermined} of the tunings the signal is too weak to tell the phase; they count for what is "
            "expected of a random one."
        )
    return made


def _empty() -> Spectrum:
    return Spectrum(0.0, 1.0, np.zeros(0, dtype=np.complex64), 0.0)
