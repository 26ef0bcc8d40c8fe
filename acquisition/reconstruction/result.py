"""What a reconstruction gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from acquisition.curves import Curve, Quantity
from acquisition.experiment import Spectrum
from acquisition.lines import Line, LineStatus
from acquisition.reconstruction.detection import Detection


class Drawing(Protocol):
    """What draws the spectrum again when the lines have been judged, e.g. `picture.Picture`."""

    def spectrum(self, lines: Sequence[Line]) -> Spectrum:
        """The spectrum for lines with their final status, in the order in which the reconstruction has them."""
        ...


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """Lines by rising frequency, the spectrum they were seen in, and what a user should know about both.

    `noise_sigma` is the standard deviation of the complex noise of one sample, E|n|^2 = sigma^2, in units of the
    captures (root mean square over them); `spectrum.noise_sigma` that of one bin of the spectrum. `picture` draws the
    spectrum again when the lines have been judged; None where no line was fitted to what it shows. `curves` and
    `quantities` are what methods other than the survey measure. `artefacts` are signals that were recognised as
    anything but lines, rejected with their reasons; the verdict lists them with the lines. `silenced_hz` are bands
    (lowest, highest frequency) that interference fills and that were taken out of the data. `detection` is the
    threshold above which lines were looked for; None where no range was searched.
    """

    lines: tuple[Line, ...]
    spectrum: Spectrum
    noise_sigma: float
    messages: tuple[str, ...] = ()
    picture: Drawing | None = None
    curves: tuple[Curve, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    artefacts: tuple[Line, ...] = ()
    silenced_hz: tuple[tuple[float, float], ...] = ()
    detection: Detection | None = None

    def judged(self, judged: Sequence[Line], settled: tuple[Line, ...]) -> Reconstruction:
        """This result after the verdict: `judged` are its lines in their order, `settled` what became of all of them.

        A line of `judged` that is not among `settled` itself was found to be another one of them, so it is rejected.
        """
        if self.picture is None:
            return replace(self, lines=settled)
        kept = {id(line) for line in settled}
        final = [line if id(line) in kept else replace(line, status=LineStatus.REJECTED) for line in judged]
        return replace(self, lines=settled, spectrum=self.picture.spectrum(final))
