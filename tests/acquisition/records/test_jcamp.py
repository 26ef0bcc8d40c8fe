"""JCAMP-DX: what we write is read back by two independent readers."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import jcamp as jcamp_reader
import nmrglue
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquisition.experiment import Spectrum
from acquisition.lines import Line, LineStatus
from acquisition.records import jcamp
from acquisition.records.description import Description

LINE = Line(28_084_600.0, 12.0, 1000.0, 30.0, 0.5, 0.01, 0.0, 42.0, 0.99, LineStatus.CONFIRMED, "seen twice")


def make_spectrum(points: int = 4001, scale: float = 3.7e-4, seed: int = 0) -> Spectrum:
    random = np.random.default_rng(seed)
    values = scale * (random.normal(size=points) + 1j * random.normal(size=points))
    return Spectrum(27.5846e6, 249.987, values.astype(np.complex64), 0.01)


@pytest.mark.parametrize("component", ["magnitude", "real", "imaginary"])
def test_nmrglue_reads_the_values_back(tmp_path: Path, component: str) -> None:
    spectrum = make_spectrum()
    path = tmp_path / "spectrum.jdx"
    path.write_text(jcamp.write(spectrum, [LINE], Description(title="KClO3", nuclide="35Cl"), component), "ascii")
    labels, data = nmrglue.jcampdx.read(str(path))
    expected = {"magnitude": np.abs, "real": np.real, "imaginary": np.imag}[component](spectrum.values)
    np.testing.assert_allclose(data, expected, atol=1e-6 * np.max(np.abs(expected)), rtol=0)
    about = nmrglue.jcampdx.guess_udic(labels, data)
    assert about[0]["label"] == "35Cl"
    assert about[0]["sw"] == pytest.approx(249.987 * 4000, rel=1e-9)
    assert about[0]["obs"] == pytest.approx((27.5846e6 + 249.987 * 2000) / 1e6, rel=1e-9)


@pytest.mark.parametrize("component", ["magnitude", "real"])
def test_jcamp_reads_the_values_and_the_axis_back(component: str, capsys: pytest.CaptureFixture[str]) -> None:
    spectrum = make_spectrum()
    text = jcamp.write(spectrum, [LINE], Description(title="KClO3"), component)
    read = jcamp_reader.read(io.BytesIO(text.encode("ascii")))
    expected = np.abs(spectrum.values) if component == "magnitude" else spectrum.values.real
    np.testing.assert_allclose(read["y"], expected, atol=1e-6 * np.max(np.abs(expected)), rtol=0)
    np.testing.assert_allclose(read["x"], 27.5846e6 + 249.987 * np.arange(4001), atol=1e-3, rtol=0)
    assert read["npoints"] == 4001
    assert read["data type"] == "NMR SPECTRUM"
    assert "X-Check failed" not in capsys.readouterr().out


def test_labels_stand_in_the_order_that_readers_expect() -> None:
    measured = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    text = jcamp.write(make_spectrum(10), (), Description(title="a", measured_at=measured, temperature_k=295.0))
    labels = [line[2:].split("=")[0] for line in text.splitlines() if line.startswith("##")]
    assert labels[:7] == ["TITLE", "JCAMP-DX", "DATA TYPE", "DATA CLASS", "ORIGIN", "OWNER", "LONGDATE"]
    assert labels[-2:] == ["XYDATA", "END"]
    assert "##$NQR TEMPERATURE K= 295\n" in text
    assert all(len(line) <= 80 for line in text.split("##XYDATA")[1].splitlines())


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_a_hostile_title_cannot_add_labels(title: str) -> None:
    text = jcamp.write(make_spectrum(5), (), Description(title=title + "\n##END=\n$$x", sample=title))
    assert text.isascii()
    labels = [line[2:].split("=")[0] for line in text.splitlines() if line.startswith("##")]
    harmless = jcamp.write(make_spectrum(5), (), Description(title="a", sample="a"))
    assert set(labels) <= {line[2:].split("=")[0] for line in harmless.splitlines() if line.startswith("##")}
    assert len(labels) == len(set(labels))
    read = jcamp_reader.read(io.BytesIO(text.encode("ascii")))
    assert len(read["y"]) == 5


def test_a_silent_spectrum_can_be_written() -> None:
    text = jcamp.write(Spectrum(1e6, 10.0, np.zeros(20, dtype=np.complex64), 0.0))
    assert np.all(jcamp_reader.read(io.BytesIO(text.encode()))["y"] == 0)


@pytest.mark.parametrize("values", [[1.0], [1.0, np.nan], [np.inf, 0.0]])
def test_what_cannot_be_written_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="JCAMP-DX"):
        jcamp.write(Spectrum(1e6, 10.0, np.array(values, dtype=np.complex64), 0.0))
