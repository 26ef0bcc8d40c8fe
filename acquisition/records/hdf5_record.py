"""Spectra as HDF5 with NXdata groups, so that NeXus-aware viewers plot them; no application definition is claimed."""

from __future__ import annotations

import io
from collections.abc import Sequence

import h5py
import numpy as np

from acquisition.experiment import Spectrum
from acquisition.lines import Line
from acquisition.records.description import Description, component_values, frequency_axis_hz

_LINE_TYPE = np.dtype(
    [
        ("frequency_hz", "f8"),
        ("frequency_sigma_hz", "f8"),
        ("fwhm_hz", "f8"),
        ("fwhm_sigma_hz", "f8"),
        ("amplitude", "f8"),
        ("amplitude_sigma", "f8"),
        ("phase_rad", "f8"),
        ("snr", "f8"),
        ("unfolding_confidence", "f8"),
        ("status", h5py.string_dtype()),
        ("reason", h5py.string_dtype()),
    ]
)

_WINDOW_TYPE = np.dtype(
    [("low_hz", "f8"), ("high_hz", "f8"), ("noise_sigma", "f8"), ("phase_rad", "f8"), ("phase_known", "?")]
)


def write(spectrum: Spectrum, lines: Sequence[Line] = (), description: Description | None = None) -> bytes:
    """The bytes of an HDF5 file.

    /entry (NXentry) holds /entry/spectrum (NXdata: signal `magnitude` with `real`, `imaginary` over the explicit axis
    `frequency` in Hz), the table /entry/lines, and what is known of the origin in the group's attributes. Of a stitched
    spectrum the table /entry/windows has the noise and the phase of each window.
    """
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["default"] = "entry"
        entry = file.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        entry.attrs["default"] = "spectrum"
        for name, text in (description or Description()).items():
            entry.attrs[name] = _storable(text)
        data = entry.create_group("spectrum")
        data.attrs["NX_class"] = "NXdata"
        data.attrs["signal"] = "magnitude"
        data.attrs["auxiliary_signals"] = ["real", "imaginary"]
        data.attrs["axes"] = ["frequency"]
        data.attrs["frequency_indices"] = 0
        data.attrs["noise_sigma"] = spectrum.noise_sigma
        axis = data.create_dataset("frequency", data=frequency_axis_hz(spectrum), compression="gzip", shuffle=True)
        axis.attrs["units"] = "Hz"
        axis.attrs["long_name"] = "NQR frequency (Hz)"
        for component in ("magnitude", "real", "imaginary"):
            values = component_values(spectrum, component).astype(np.float32)
            data.create_dataset(component, data=values, compression="gzip", shuffle=True)
        table = np.array([_row(line) for line in lines], dtype=_LINE_TYPE)
        entry.create_dataset("lines", data=table, dtype=_LINE_TYPE)
        if spectrum.windows:
            rows = [tuple(getattr(one, name) for name in _WINDOW_TYPE.names or ()) for one in spectrum.windows]
            entry.create_dataset("windows", data=np.array(rows, dtype=_WINDOW_TYPE))
    return buffer.getvalue()


def _row(line: Line) -> tuple[float | str, ...]:
    numbers = (float(getattr(line, name)) for name in (_LINE_TYPE.names or ())[:-2])
    return (*numbers, line.status.value, _storable(line.reason))


def _storable(text: str) -> str:
    """HDF5 strings end at a NUL and must be valid UTF-8."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
