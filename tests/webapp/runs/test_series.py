"""Series: all runs or none, faults at the value that has them, one by one, once per key, cancelled as one."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from acquisition.errors import InvalidParameters
from tests.webapp.conftest import SURVEY
from webapp.accounts.models import User
from webapp.errors import IdempotencyMismatch, QueueFull
from webapp.facility.models import Instrument
from webapp.runs import services
from webapp.runs.models import Run, RunSeries
from webapp.samples.models import Sample


@pytest.fixture
def wanted(instrument: Instrument, sample: Sample) -> dict[str, Any]:
    return {"instrument": instrument, "sample": sample, "method": "survey", "parameters": SURVEY, "title": "cooling"}


def test_a_temperature_series(user: User, wanted: dict[str, Any]) -> None:
    made = services.submit_series(
        user, **wanted, varied="temperature_k", values=[77.0, 120.0, 295.0], one_by_one=True
    ).series
    runs = list(made.runs.order_by("series_index"))
    assert [(run.temperature_k, run.held) for run in runs] == [(77.0, False), (120.0, True), (295.0, True)]
    assert all(run.plan["duration_s"] > 0 and run.parameters["span_hz"] == 0.5e6 for run in runs)
    assert services.queue_order(wanted["instrument"].pk) == [run.pk for run in runs]


def test_a_parameter_series_with_repetitions(user: User, wanted: dict[str, Any]) -> None:
    made = services.submit_series(user, **wanted, varied="averages", values=[8, 64], repeats=2).series
    assert [run.parameters["averages"] for run in made.runs.order_by("series_index")] == [8, 8, 64, 64]


def test_one_bad_value_queues_nothing_and_is_named(user: User, wanted: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameters) as caught:
        services.submit_series(user, **wanted, varied="span_hz", values=[1e6, -1.0, 2e6, "wide"])
    assert [fault.field for fault in caught.value.errors] == ["values[1]", "values[3]"]
    with pytest.raises(InvalidParameters) as caught:
        services.submit_series(user, **wanted, varied="temperature_k", values=[295.0, -3.0, None])
    assert [fault.field for fault in caught.value.errors] == ["values[1]", "values[2]"]
    assert not Run.objects.exists() and not RunSeries.objects.exists()


@pytest.mark.parametrize(("arguments", "field"), [
    ({"varied": "colour", "values": [1]}, "varied"), ({"varied": "averages"}, "values"), ({"values": [1]}, "varied"),
    ({"repeats": 0}, "repeats"), ({"repeats": 201}, "repeats"),
    ({"varied": "averages", "values": [8] * 101, "repeats": 2}, "values"),
])  # fmt: skip
def test_impossible_series(user: User, wanted: dict[str, Any], arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidParameters) as caught:
        services.submit_series(user, **wanted, **arguments)
    assert [fault.field for fault in caught.value.errors] == [field]


def test_a_series_that_is_more_than_may_wait_is_refused_whole(
    user: User, wanted: dict[str, Any], settings: Any
) -> None:
    settings.RASGADO_QUEUED_MAX = 5
    with pytest.raises(QueueFull, match="room for 5"):
        services.submit_series(user, **wanted, repeats=6)
    assert not Run.objects.exists() and not RunSeries.objects.exists()


def test_a_key_makes_one_series(user: User, wanted: dict[str, Any]) -> None:
    first = services.submit_series(user, **wanted, repeats=3, idempotency_key="night")
    again = services.submit_series(user, **wanted, repeats=3, idempotency_key="night")
    assert (first.created, again.created, again.series) == (True, False, first.series)
    with pytest.raises(IdempotencyMismatch):
        services.submit_series(user, **wanted, repeats=4, idempotency_key="night")
    assert Run.objects.count() == 3


def test_the_api_submits_shows_and_cancels(
    api: APIClient, stranger_api: APIClient, sample: Sample, instrument: Instrument
) -> None:
    request = {"instrument": "alpha", "sample": sample.pk, "method": "survey", "parameters": SURVEY}
    answer = api.post("/api/v1/run-series", request | {"varied": "averages", "values": [8, 16]}, format="json")
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert len(made["runs"]) == 2 and answer.headers["Location"].endswith(f"/run-series/{made['id']}")
    assert api.get(f"/api/v1/runs/{made['runs'][1]}").json()["series"] == made["id"]
    assert stranger_api.get(f"/api/v1/run-series/{made['id']}").status_code == 404
    assert api.post(f"/api/v1/run-series/{made['id']}/cancel").status_code == 200
    assert set(Run.objects.values_list("state", flat=True)) == {"cancelled"}
    bad = api.post("/api/v1/run-series", request | {"varied": "averages", "values": [8, 0]}, format="json")
    assert bad.status_code == 400 and bad.json()["errors"][0]["field"] == "values[1]"
