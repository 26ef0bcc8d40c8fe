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
    detection_snr: float | None = None  # above which lines were looked for
    expected_false_alarms: float | None = None  # peaks that noise alone puts there

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
            "temperature_k": _text(self.temperature_k),
            "instrument": self.instrument,
            "run": self.run,
            "processing_version": self.version,
            "software": self.software,
            "content_sha256": self.content_sha256,
            "detection_snr": _text(self.detection_snr),
            "expected_false_alarms": _text(self.expected_false_alarms),
        }
        return tuple((name, text) for name, text in texts.items() if text)


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


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
