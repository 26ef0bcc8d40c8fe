"""HDF5: the file follows the NXdata rules and holds the same numbers."""

from __future__ import annotations

import io

import h5py
import numpy as np

from acquisition.experiment import Spectrum, SpectrumWindow
from acquisition.lines import Line, LineStatus
from acquisition.records import hdf5_record
from acquisition.records.description import Description


def test_the_default_plot_is_the_magnitude_over_its_explicit_axis() -> None:
    values = (np.arange(1000) * (1 - 2j)).astype(np.complex64)
    line = Line(28e6, 1.0, 500.0, 10.0, 1.0, 0.1, -0.5, 9.0, 0.5, LineStatus.MOVED, "moved by µ")
    about = Description(title="K\0ClO₃\ud800", temperature_k=295.5)
    window = SpectrumWindow(28e6, 28.1e6, 0.25, -1.5, phase_known=True)
    content = hdf5_record.write(Spectrum(28e6, 125.5, values, 0.5, (window,)), [line], about)
    with h5py.File(io.BytesIO(content), "r") as file:
        entry = file[file.attrs["default"]]
        data = entry[entry.attrs["default"]]
        assert entry.attrs["NX_class"] == "NXentry"
        assert data.attrs["NX_class"] == "NXdata"
        signal, axis = data[data.attrs["signal"]], data[data.attrs["axes"][0]]
        np.testing.assert_array_equal(axis[:], 28e6 + 125.5 * np.arange(1000))
        np.testing.assert_allclose(signal[:], np.abs(values), rtol=1e-6)
        np.testing.assert_array_equal(data["real"][:] + 1j * data["imaginary"][:], values)
        assert axis.attrs["units"] == "Hz"
        row = entry["lines"][0]
        assert row["frequency_hz"] == 28e6
        assert row["status"] == b"moved"
        assert row["reason"].decode() == "moved by µ"
        assert entry.attrs["temperature_k"] == "295.5"
        assert entry["windows"][0].tolist() == (28e6, 28.1e6, 0.25, -1.5, True)


def test_a_spectrum_without_lines_has_an_empty_table() -> None:
    content = hdf5_record.write(Spectrum(1e6, 1.0, np.zeros(4, dtype=np.complex64), 0.0))
    with h5py.File(io.BytesIO(content), "r") as file:
        assert file["entry/lines"].shape == (0,)
