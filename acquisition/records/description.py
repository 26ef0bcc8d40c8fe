"""What a written record says about a spectrum besides its numbers; the same for every format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from acquisition.experiment import Spectrum

COMPONENTS = ("magnitude", "real", "imaginary")


@dataclass(frozen=True)
class Description:
    """Where a spectrum comes from. Every text may be hostile: each writer escapes what its format needs escaped."""

    title: str = ""
    origin: str = ""
    owner: str = ""
    measured_at: datetime | None = None
    nuclide: str = ""  # such as "35Cl"; empty when unknown
    sample: str = ""
    formula: str = ""
    temperature_k: float | None = None
    instrument: str = ""
    run: str = ""
    version: str = ""  # of the processing
    software: str = ""
    content_sha256: str = ""

    def items(self) -> tuple[tuple[str, str], ...]:
        """(name, text) of everything that is known, in order."""
        texts = {
            "title": self.title,
            "origin": self.origin,
            "owner": self.owner,
            "measured_at": self.measured_at.isoformat() if self.measured_at else "",
            "nuclide": self.nuclide,
            "sample": self.sample,
            "formula": self.formula,
            "temperature_k": "" if self.temperature_k is None else f"{self.temperature_k:g}",
            "instrument": self.instrument,
            "run": self.run,
            "processing_version": self.version,
            "software": self.software,
            "content_sha256": self.content_sha256,
        }
        return tuple((name, text) for name, text in texts.items() if text)


def component_values(spectrum: Spectrum, component: str) -> npt.NDArray[np.float64]:
    """One real component of a spectrum, shape (n,); ValueError for an unknown one."""
    values = np.asarray(spectrum.values)
    if component == "magnitude":
        return np.abs(values).astype(np.float64)
    if component == "real":
        return values.real.astype(np.float64)
    if component == "imaginary":
        return values.imag.astype(np.float64)
    raise ValueError(f"The component must be one of {', '.join(COMPONENTS)}, not {component!r}.")


def frequency_axis_hz(spectrum: Spectrum) -> npt.NDArray[np.float64]:
    """Absolute frequency of every bin in Hz, shape (n,)."""
    return spectrum.x0_hz + spectrum.dx_hz * np.arange(len(spectrum.values), dtype=np.float64)
