"""Reconstruction of stored recordings, one by one, for the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from acquisition.errors import RecordError
from acquisition.reconstruction import Reconstruction, ReconstructionParameters, reconstruct_survey
from acquisition.records.sigmf_record import read_capture


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
        reconstruction = reconstruct_survey([capture], parameters)
        if len(reconstruction.spectrum.values) == 0:
            yield RecordingResult(path, None, f"{path}: {' '.join(reconstruction.messages)}")
        else:
            yield RecordingResult(path, reconstruction)
