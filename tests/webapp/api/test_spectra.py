"""Spectra through the API: reduced, exported, their lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import nmrglue
import numpy as np
import pytest
from rest_framework.test import APIClient

from tests.webapp.conftest import values_of
from webapp.spectra.models import Spectrum
from webapp.spectra.services import reduce


def test_bins_are_the_extremes_of_each_column(api: APIClient, make_spectrum: Callable[..., Spectrum]) -> None:
    spectrum = make_spectrum()
    response = api.get(f"/api/v1/spectra/{spectrum.pk}/bins?from_hz=28050000&to_hz=28150000&columns=200&component=real")
    assert response.status_code == 200
    assert (response["Content-Type"], response["X-Rasgado-Kind"]) == ("application/octet-stream", "minmax")
    assert float(response["X-Rasgado-Dx-Hz"]) == pytest.approx(500.0)
    assert float(response["X-Rasgado-X0-Hz"]) == pytest.approx(28.05e6 - 250.0)
    data = np.frombuffer(response.content, "<f4").reshape(-1, 2)
    expected = reduce(values_of(spectrum), 28.05e6, 28.15e6, 200, "real")
    assert data.tobytes() == expected.data.tobytes()
    assert len(data) == 202


def test_bins_have_an_etag(api: APIClient, make_spectrum: Callable[..., Spectrum]) -> None:
    spectrum = make_spectrum()
    address = f"/api/v1/spectra/{spectrum.pk}/bins"
    etag = api.get(address)["ETag"]
    assert spectrum.content_sha256 in etag
    unchanged = api.get(address, headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert api.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from_hz=nan", "from_hz"),
        ("to_hz=inf", "to_hz"),
        ("from_hz=2&to_hz=1", "to_hz"),
        ("from_hz=2&to_hz=2", "to_hz"),
        ("columns=0", "columns"),
        ("columns=100000", "columns"),
        ("columns=2.5", "columns"),
        ("component=phase", "component"),
    ],
)
def test_bins_that_make_no_sense(
    api: APIClient, make_spectrum: Callable[..., Spectrum], query: str, field: str
) -> None:
    response = api.get(f"/api/v1/spectra/{make_spectrum().pk}/bins?{query}")
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_a_part_beside_the_spectrum_is_empty(api: APIClient, make_spectrum: Callable[..., Spectrum]) -> None:
    response = api.get(f"/api/v1/spectra/{make_spectrum().pk}/bins?from_hz=1&to_hz=2")
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("state", [Spectrum.State.QUEUED, Spectrum.State.PROCESSING, Spectrum.State.FAILED])
@pytest.mark.parametrize("part", ["bins", "export.jdx", "export.csv"])
def test_an_unfinished_spectrum_has_no_values(
    api: APIClient, make_spectrum: Callable[..., Spectrum], state: str, part: str
) -> None:
    spectrum = make_spectrum(state=state)
    assert api.get(f"/api/v1/spectra/{spectrum.pk}/{part}").status_code == 409


def test_damaged_values_are_reported(api: APIClient, make_spectrum: Callable[..., Spectrum]) -> None:
    spectrum = make_spectrum()
    Spectrum.objects.filter(pk=spectrum.pk).update(points=spectrum.points + 1)
    assert api.get(f"/api/v1/spectra/{spectrum.pk}/bins").status_code == 409
    Spectrum.objects.filter(pk=spectrum.pk).update(name="nowhere/at-all")
    assert api.get(f"/api/v1/spectra/{spectrum.pk}/bins").status_code == 409


def test_jcamp_is_read_back_by_another_program(
    api: APIClient, make_spectrum: Callable[..., Spectrum], tmp_path: Path
) -> None:
    spectrum = make_spectrum()
    response = api.get(f"/api/v1/spectra/{spectrum.pk}/export.jdx?component=real")
    assert response["Content-Disposition"] == f'attachment; filename="run-{spectrum.run_id}-version-1.jdx"'
    assert response["X-Content-Type-Options"] == "nosniff"
    file = tmp_path / "x.jdx"
    file.write_bytes(response.content)
    facts, data = nmrglue.jcampdx.read(str(file))
    expected = values_of(spectrum).values.real
    assert np.abs(np.asarray(data) - expected).max() < 1e-3 * np.abs(expected).max()
    assert float(facts["FIRSTX"][0]) == pytest.approx(28.0e6)


def test_csv_has_every_point_and_no_formula(api: APIClient, make_spectrum: Callable[..., Spectrum]) -> None:
    spectrum = make_spectrum()
    spectrum.sample.name = "=HYPERLINK(1)"
    spectrum.sample.save()
    response = api.get(f"/api/v1/spectra/{spectrum.pk}/export.csv")
    assert response["Content-Type"] == "text/csv"
    assert response["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(response.content.decode())))
    assert not any(cell.startswith("=") for row in rows for cell in row)
    numbers = [row for row in rows if len(row) == 4][1:]
    assert len(numbers) == spectrum.points


def test_accept_headers_do_not_stand_in_the_way(api: APIClient, make_spectrum: Callable[..., Spectrum]) -> None:
    spectrum = make_spectrum()
    assert api.get(f"/api/v1/spectra/{spectrum.pk}/export.csv", headers={"Accept": "text/csv"}).status_code == 200
    assert api.get(f"/api/v1/spectra/{spectrum.pk}", headers={"Accept": "text/html"}).status_code == 200


def test_lines_of_the_newest_version_only(api: APIClient, make_spectrum: Callable[..., Spectrum]) -> None:
    old = make_spectrum(lines_hz=(28.01e6, 28.02e6))
    new = make_spectrum(lines_hz=(28.03e6,), run=old.run)
    make_spectrum(lines_hz=(28.04e6,), run=old.run, state=Spectrum.State.FAILED)

    def frequencies(query: str = "") -> list[float]:
        return [line["frequency_hz"] for line in api.get(f"/api/v1/lines{query}").json()["results"]]

    assert frequencies() == [28.03e6]
    assert frequencies("?all_versions=true") == [28.01e6, 28.02e6, 28.03e6]
    assert frequencies(f"?spectrum={old.pk}") == [28.01e6, 28.02e6]
    assert frequencies("?all_versions=true&from_hz=28015000&to_hz=28025000") == [28.02e6]
    assert frequencies("?status=rejected") == []
    assert [s["id"] for s in api.get("/api/v1/spectra?newest=true").json()["results"]] == [new.pk]
    own = api.get(f"/api/v1/spectra/{old.pk}/lines").json()
    assert own[0]["fwhm_sigma_hz"] is None
    assert own[0]["run"] == old.run_id
