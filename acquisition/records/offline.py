"""Reconstruction of stored recordings, one by one, for the command line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from acquisition.errors import AcquisitionError, RecordError
from acquisition.methods import methods
from acquisition.reconstruction import Reconstruction, ReconstructionParameters, reconstruct_survey
from acquisition.records.sigmf_record import read_capture
from acquisition.shot import Capture


@dataclass(frozen=True, eq=False)
class RecordingResult:
    """What became of one recording: a reconstruction, or a sentence that says why there is none."""

    recording: str
    reconstruction: Reconstruction | None
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        """The object that `manage.py reconstruct --json` prints for this recording."""
        assert self.reconstruction is not None
        fields = ("frequency_hz", "frequency_sigma_hz", "fwhm_hz", "amplitude", "snr", "unfolding_confidence")
        lines = [{field: float(getattr(line, field)) for field in fields} for line in self.reconstruction.lines]
        result: dict[str, Any] = {
            "recording": self.recording,
            "lines": lines,
            "noise_sigma": float(self.reconstruction.noise_sigma),
        }
        if self.reconstruction.quantities:
            result["quantities"] = [
                {"name": one.name, "value": one.value, "sigma": one.sigma if math.isfinite(one.sigma) else None}
                for one in self.reconstruction.quantities
            ]
        if self.reconstruction.messages:
            result["messages"] = list(self.reconstruction.messages)
        return result


def reconstruct_recordings(paths: Iterable[str], parameters: ReconstructionParameters) -> Iterator[RecordingResult]:
    """Reconstruct each recording by itself; one that cannot be read does not stop the others."""
    for path in paths:
        try:
            capture = read_capture(path)
        except RecordError as error:
            yield RecordingResult(path, None, str(error))
            continue
        try:
            reconstruction = _reconstruct(capture, parameters)
        except AcquisitionError as error:
            yield RecordingResult(path, None, f"{path}: {error}")
            continue
        if len(reconstruction.spectrum.values) == 0:
            yield RecordingResult(path, None, f"{path}: {' '.join(reconstruction.messages)}")
        else:
            yield RecordingResult(path, reconstruction)


def _reconstruct(capture: Capture, parameters: ReconstructionParameters) -> Reconstruction:
    """What the capture's method makes of it; a survey where it has no way of its own."""
    known = methods().get(capture.method) if capture.method != "survey" else None
    if known is not None and known.reconstruct is not None:
        return known.reconstruct([capture], parameters)
    return reconstruct_survey([capture], parameters)
