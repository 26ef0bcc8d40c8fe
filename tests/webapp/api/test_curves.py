"""Curves and quantities through the API, and every method's plan with what it asks for."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import numpy as np
import pytest
from rest_framework.test import APIClient

from acquisition import methods
from acquisition.methods.parameters import describe
from acquisition.methods.registry import CALIBRATION
from tests.webapp.api.test_any_parameters import REQUIRED
from tests.webapp.spectra.curves import T1, recovery
from webapp.facility.models import Instrument
from webapp.samples.models import Sample
from webapp.spectra.models import Spectrum
from webapp.spectra.services.curves import curve_row, plain_curve, plain_quantity, quantity_row


def with_results(spectrum: Spectrum) -> Spectrum:
    """The spectrum with a curve and a quantity."""
    curve_row(spectrum, 0, plain_curve(recovery())).save()
    quantity_row(spectrum, 0, plain_quantity(T1)).save()
    return spectrum


def test_curves_and_quantities_are_given_in_si(api: APIClient, make_spectrum: Callable[..., Spectrum]) -> None:
    spectrum = with_results(make_spectrum())
    (curve,) = api.get(f"/api/v1/spectra/{spectrum.pk}/curves").json()
    assert curve["x"] == recovery().x.tolist()
    assert curve["x_axis"] == {
        "label": "Delay", "unit": "s", "display_unit": "ms", "scale": 1e-3, "logarithmic": True,
    }  # fmt: skip
    (quantity,) = api.get(f"/api/v1/spectra/{spectrum.pk}/quantities").json()
    assert (quantity["name"], quantity["value"], quantity["sigma"]) == ("t1_s", T1.value, T1.sigma)


def test_a_curve_as_csv_has_points_fit_and_facts(api: APIClient, make_spectrum: Callable[..., Spectrum]) -> None:
    spectrum = with_results(make_spectrum())
    response = api.get(f"/api/v1/spectra/{spectrum.pk}/curves/recovery.csv")
    assert response.status_code == 200
    assert "attachment" in response["Content-Disposition"]
    facts, _, table = response.content.decode().partition("\r\n\r\n")
    assert f"t1_s,{T1.value:.10g},{T1.sigma:.10g}" in facts
    rows = list(csv.DictReader(io.StringIO(table)))
    points = [float(row["y"]) for row in rows if row["what"] == "point"]
    assert np.allclose(points, recovery().y)
    assert sum(row["what"] == "fit" for row in rows) == len(recovery().fit_x)


def test_a_curve_that_is_not_there_and_a_stranger(
    api: APIClient, stranger_api: APIClient, make_spectrum: Callable[..., Spectrum]
) -> None:
    spectrum = with_results(make_spectrum())
    assert api.get(f"/api/v1/spectra/{spectrum.pk}/curves/other.csv").status_code == 404
    for part in ("curves", "quantities", "curves/recovery.csv"):
        assert stranger_api.get(f"/api/v1/spectra/{spectrum.pk}/{part}").status_code == 404


@pytest.mark.parametrize("name", sorted(methods.methods()))
def test_every_method_is_planned_and_queued_with_its_defaults(
    api: APIClient, staff_api: APIClient, instrument: Instrument, sample: Sample, name: str
) -> None:
    infos = describe(methods.get(name).parameters)
    parameters = {info.name: REQUIRED[info.name] for info in infos if info.required}
    asked = {"instrument": instrument.slug, "method": name, "parameters": parameters}
    if methods.get(name).family == CALIBRATION:
        assert api.post("/api/v1/runs", asked | {"sample": sample.pk}, format="json").status_code == 403
        api = staff_api
    plan = api.post("/api/v1/plans", asked, format="json")
    assert plan.status_code == 200, plan.json()
    assert plan.json()["duration_s"] > 0
    run = api.post("/api/v1/runs", asked | {"sample": sample.pk}, format="json")
    assert run.status_code == 201, run.json()
    assert run.json()["method"] == name
