"""The stored values of a spectrum: raw little-endian complex64, one file per version in the storage "spectra"."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from acquisition import experiment
from acquisition.shot import ComplexArray
from webapp.errors import ResultUnavailable
from webapp.spectra.models import Spectrum
from webapp.spectra.services.bins import Bins, reduce

_DTYPE = np.dtype("<c8")


def save(name: str, values: ComplexArray) -> None:
    """Write values under exactly this storage name."""
    storage = storages["spectra"]
    storage.delete(name)
    saved = storage.save(name, ContentFile(np.ascontiguousarray(values, dtype=_DTYPE).tobytes()))
    if saved != name:
        storage.delete(saved)
        raise ResultUnavailable(f"The storage has another file of the name {name}.")


def load(spectrum: Spectrum) -> experiment.Spectrum:
    """The values of a finished spectrum; raises ResultUnavailable while there are none or when the file is damaged."""
    if spectrum.state != Spectrum.State.DONE or not spectrum.name:
        raise ResultUnavailable(f"The spectrum is not there: its processing is {spectrum.get_state_display().lower()}.")
    assert spectrum.x0_hz is not None and spectrum.dx_hz is not None
    values = _read(spectrum.name, spectrum.points)
    windows = tuple(experiment.SpectrumWindow(**window) for window in spectrum.windows)
    return experiment.Spectrum(spectrum.x0_hz, spectrum.dx_hz, values, spectrum.noise_sigma or 0.0, windows)


def bins(
    spectrum: Spectrum,
    from_hz: float | None = None,
    to_hz: float | None = None,
    columns: int = 1024,
    component: str = "magnitude",
) -> Bins:
    """Part of a finished spectrum for the screen; see webapp.spectra.services.bins.reduce."""
    return reduce(load(spectrum), from_hz, to_hz, columns, component)


@lru_cache(maxsize=8)
def _read(name: str, points: int) -> ComplexArray:
    """The file's values. A file never changes once its spectrum is done, so the newest few are kept.

    Local files are mapped, so that only the part that is looked at is read.
    """
    storage = storages["spectra"]
    try:
        path = storage.path(name)
    except NotImplementedError:
        path = ""
    try:
        if path:
            values: ComplexArray = np.memmap(path, dtype=_DTYPE, mode="r") if points else np.empty(0, _DTYPE)
        else:
            with storage.open(name, "rb") as file:
                values = np.frombuffer(file.read(), dtype=_DTYPE)
    except (FileNotFoundError, ValueError):
        raise ResultUnavailable("The values of this spectrum are missing or damaged; process the run again.") from None
    if len(values) != points:
        raise ResultUnavailable("The values of this spectrum are incomplete; process the run again.")
    return values
