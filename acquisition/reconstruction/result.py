"""What a reconstruction gives."""

from __future__ import annotations

from dataclasses import dataclass

from acquisition.experiment import Spectrum
from acquisition.lines import Line


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """Lines by rising frequency, the spectrum they were seen in, and what a user should know about both.

    `noise_sigma` is the standard deviation of the complex noise of one sample, E|n|^2 = sigma^2, in units of the
    captures (root mean square over them); `spectrum.noise_sigma` that of one bin of the spectrum.
    """

    lines: tuple[Line, ...]
    spectrum: Spectrum
    noise_sigma: float
    messages: tuple[str, ...] = ()
