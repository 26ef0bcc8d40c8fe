"""The correlation spectrum of captures without any search for lines: what people watch during a run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from acquisition.experiment import Spectrum
from acquisition.reconstruction import ReconstructionParameters
from acquisition.reconstruction.correlate import correlation_spectrum
from acquisition.reconstruction.record import Record
from acquisition.reconstruction.search import excited_band_hz
from acquisition.shot import Capture


def quick_spectrum(captures: Sequence[Capture]) -> Spectrum:
    """The correlation spectrum of captures, without any search for lines; what people watch during a run."""
    records = [
        record for record in (Record(capture) for capture in captures) if record.count and record.drive_scale > 0
    ]
    if not records:
        return Spectrum(0.0, 1.0, np.zeros(0, dtype=np.complex64), 0.0)
    bands = [excited_band_hz(record, ReconstructionParameters().excitation_floor) for record in records]
    sigmas = np.asarray([math.sqrt(max(record.energy / record.count, 1e-300)) for record in records])
    band_hz = (min(low for low, _ in bands), max(high for _, high in bands))
    return correlation_spectrum(records, [record.received for record in records], sigmas, band_hz)
