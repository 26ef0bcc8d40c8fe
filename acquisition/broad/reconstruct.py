"""From the captures of an echo map alone to its distribution of frequencies, and on to that of field gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from acquisition import efg
from acquisition.broad import beside, label, results, vocs
from acquisition.broad.echo import EchoShot, Response, echo_shot, response
from acquisition.broad.vocs import Echoes, Sum
from acquisition.errors import AcquisitionError
from acquisition.experiment import Spectrum
from acquisition.lines import Line
from acquisition.nuclides import nuclide as nuclide_of
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture

POINTS_PER_WIDTH = 12.0
"""A line is shown with so many resolutions in its width: finer ones would only be noisier."""

COARSEST_OF_RESPONSE = 0.4
"""The resolution stays this much finer than what one echo excites, so that the excitation is constant within it."""

SEEN = 5.0
"""Standard deviations by which a line must explain the data better than none does to count as seen."""

ROUNDS_BESIDE = 4
"""How often the broad and the narrow part of echoes are found in turn."""


def reconstruct(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """The distribution of frequencies in the band that the echoes cover, its fits, and one line for what is there."""
    echoes = echoes_of(captures)
    if echoes is None:
        return Reconstruction((), _empty(), 0.0, ("There is no echo in these captures.",))
    found, compared = _mapped(echoes, ())
    sigma = math.sqrt(float(np.mean(echoes.noise_sigma**2)))
    if compared is None:
        low_hz, high_hz = float(found.density.frequency_hz[0]), float(found.density.frequency_hz[-1])
        message = f"No broad line is seen between {low_hz / 1e6:.4f} and {high_hz / 1e6:.4f} MHz."
        return Reconstruction((), spectrum(found), sigma, (message,))
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


@dataclass(frozen=True)
class Mapped:
    """The line that a map shows beside known ones.

    `left_snr` is the signal-to-noise ratio of what is left without them, nothing given back; `beyond_narrow` by how
    much in chi^2 that is explained better than by one narrower line; `known_snr` the signal-to-noise ratio of the
    strongest known line in the map that it was taken out of.
    """

    line: Line
    left_snr: float
    beyond_narrow: float
    known_snr: float


def broad_line(captures: Sequence[Capture], known: Sequence[Line], narrow_hz: float) -> Mapped | None:
    """What a map shows beside narrow lines that are known; None where there is nothing or nothing could be seen.

    The known lines are taken out of the echoes, and points at their places have no say. What remains is compared with
    a line of `narrow_hz` or less anywhere.
    """
    echoes = echoes_of(captures)
    if echoes is None:
        return None
    found, compared = _mapped(beside.without_lines(echoes, known), known)
    if compared is None:
        return None
    best = compared.best
    line = _refined(echoes, found, best, known)
    narrow = efg.gain_of_narrower(found.density, narrow_hz)
    whole = efg.gain_of_narrower(vocs.summed(echoes, found.resolution_hz).density, narrow_hz) if known else 0.0
    beyond_narrow = best.chi_squared_without - best.chi_squared - narrow
    return Mapped(line, best.signal_to_noise, beyond_narrow, math.sqrt(whole))


def _refined(echoes: Echoes, found: Sum, best: efg.Fit, known: Sequence[Line]) -> Line:
    """The line with what was taken out with known lines given back, as the fit has it, until both agree."""
    for _ in range(ROUNDS_BESIDE if known else 0):
        rest = beside.without_lines(echoes, known, beside.expected(echoes, found, best))
        again, compared = _mapped(rest, known)
        if compared is None:
            break
        found, best = again, compared.best
    return results.line(found, best)


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


def _mapped(echoes: Echoes, known: Sequence[Line]) -> tuple[Sum, efg.Comparison | None]:
    """The sum of the echoes and its fits, at a resolution that suits the line; no fits where no line is seen."""
    found = _summed(echoes, echoes.finest_resolution_hz, known)
    compared = efg.compare(found.density)
    if compared is None or compared.best.area <= 0.0 or compared.best.signal_to_noise < SEEN:
        return found, None
    return _at_fitting_resolution(echoes, found, compared, known)


def _summed(echoes: Echoes, resolution_hz: float, known: Sequence[Line]) -> Sum:
    found = vocs.summed(echoes, resolution_hz)
    return replace(found, density=beside.hidden(found.density, known, resolution_hz)) if known else found


def _at_fitting_resolution(
    echoes: Echoes, found: Sum, compared: efg.Comparison, known: Sequence[Line]
) -> tuple[Sum, efg.Comparison]:
    """Summed and fitted again with a resolution that suits the width found."""
    width_hz, _ = results.fwhm_hz(compared.best)
    narrowest_hz = min(response.bandwidth_hz for response in echoes.responses)
    wanted_hz = min(width_hz / POINTS_PER_WIDTH, COARSEST_OF_RESPONSE * narrowest_hz)
    if wanted_hz <= 1.2 * found.resolution_hz:
        return found, compared
    again = _summed(echoes, wanted_hz, known)
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
