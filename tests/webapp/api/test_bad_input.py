"""Every bad input gets a 4xx that names the field and the limit, never a 500, and queues nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.response import Response
from rest_framework.test import APIClient

from tests.webapp.conftest import SURVEY
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.samples.models import Sample

MISSING = object()


def submit(api: APIClient, own: Sample, /, **changes: Any) -> Response:
    body: dict[str, Any] = {"instrument": "alpha", "sample": own.pk, "method": "survey", "parameters": SURVEY}
    body |= changes
    return api.post("/api/v1/runs", {name: value for name, value in body.items() if value is not MISSING})


def assert_problem(response: Response, status: int, field: str | None = None) -> str:
    """The response is a problem document of this status about this field; returns the field's messages."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    messages = [error["message"] for error in body["errors"] if error["field"] == field]
    if field is not None:
        assert messages, body
    assert not Run.objects.exists()
    return " ".join(messages)


@pytest.mark.parametrize(
    ("changes", "field", "limit"),
    [
        ({"span_hz": 0.0}, "span_hz", ""),
        ({"span_hz": -1e5}, "span_hz", ""),
        ({"span_hz": None}, "span_hz", "required"),
        ({"span_hz": "wide"}, "span_hz", "number"),
        ({"span_hz": True}, "span_hz", "number"),
        ({"span_hz": [1]}, "span_hz", "number"),
        ({"centre_frequency_hz": -28e6}, "centre_frequency_hz", ""),
        ({"centre_frequency_hz": 2.0e9}, "centre_frequency_hz", "300"),
        ({"centre_frequency_hz": 1e300}, "centre_frequency_hz", ""),
        ({"tooth_s": 30e-6, "gap_period_s": 20e-6}, "tooth_s", ""),
        ({"gap_period_s": 4e-6, "tooth_s": 1e-6}, "gap_period_s", ""),
        ({"averages": 1.5}, "averages", "whole"),
        ({"averages": 2**62}, "averages", ""),
        ({"no_such": 1}, "no_such", "Unknown"),
    ],
)
@pytest.mark.parametrize("address", ["/api/v1/runs", "/api/v1/plans"])
def test_parameters_out_of_their_limits(
    api: APIClient, instrument: Instrument, sample: Sample, address: str, changes: Any, field: str, limit: str
) -> None:
    body: dict[str, Any] = {"instrument": "alpha", "method": "survey", "parameters": SURVEY | changes}
    if address.endswith("runs"):
        body["sample"] = sample.pk
    message = assert_problem(api.post(address, body), 400, field)
    assert limit in message


def test_a_plan_of_a_billion_shots_is_refused_at_once(api: APIClient, instrument: Instrument, sample: Sample) -> None:
    huge = SURVEY | {"span_hz": 290e6, "centre_frequency_hz": 150e6, "averages": 1_000_000_000}
    assert_problem(submit(api, sample, parameters=huge), 400)


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"method": "no-such-method"}, 400, "method"),
        ({"method": ""}, 400, "method"),
        ({"method": {"a": 1}}, 400, "method"),
        ({"instrument": "no-such"}, 400, "instrument"),
        ({"instrument": "not a slug!"}, 400, "instrument"),
        ({"instrument": 7}, 400, "instrument"),
        ({"sample": 999_999}, 404, "sample"),
        ({"sample": 2**63 - 1}, 404, "sample"),
        ({"sample": 0}, 400, "sample"),
        ({"sample": "KClO3"}, 400, "sample"),
        ({"sample": MISSING}, 400, "sample"),
        ({"parameters": MISSING}, 400, "parameters"),
        ({"parameters": [1, 2]}, 400, "parameters"),
        ({"parameters": "span"}, 400, "parameters"),
        ({"parameters": None}, 400, "parameters"),
        ({"title": "x" * 161}, 400, "title"),
        ({"temperature_k": -3.0}, 400, "temperature_k"),
        ({"temperature_k": "warm"}, 400, "temperature_k"),
        ({"parameter": {}}, 400, "parameter"),
    ],
)
def test_bodies_of_the_wrong_form(
    api: APIClient, instrument: Instrument, sample: Sample, changes: Any, status: int, field: str
) -> None:
    assert_problem(submit(api, sample, **changes), status, field)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"text"',
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e400}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"9" * 30 + b"}",
        b'{"a": 1, "a": 2}',
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": "\\ud800"}',
        b'{"a": ["\\udfff"]}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda raw: repr(raw[:24]),
)
@pytest.mark.parametrize("address", ["/api/v1/runs", "/api/v1/plans", "/api/v1/samples"])
def test_bodies_that_are_not_acceptable_json(api: APIClient, instrument: Instrument, address: str, raw: bytes) -> None:
    assert_problem(api.post(address, raw, content_type="application/json"), 400)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("NaN", "finite"),
        ("-Infinity", "finite"),
        ("1e400", "1.798e+308"),
        ("9" * 5000, "9,223,372,036,854,775,807"),
        (str(-(2**63)), "9,223,372,036,854,775,807"),
        ("[[NaN]]", "finite"),
        ('"\\u0000"', "NUL"),
        ('"\\ud834"', "surrogate"),
        ("1.7976931348623157e308", "1e+09 MHz"),
    ],
    ids=lambda text: text[:12],
)
def test_hostile_values_inside_parameters_are_blamed_on_their_field(
    api: APIClient, instrument: Instrument, sample: Sample, text: str, limit: str
) -> None:
    raw = f'{{"instrument":"alpha","sample":{sample.pk},"method":"survey","parameters":{{"span_hz":{text}}}}}'
    response = api.post("/api/v1/runs", raw.encode(), content_type="application/json")
    assert limit in assert_problem(response, 400, "span_hz")


def test_frequencies_beyond_the_converter_are_refused(api: APIClient, instrument: Instrument, sample: Sample) -> None:
    """The radio was seen to tune from 325 MHz: behind a converter on the lower side of 400 MHz NQR ends at 75 MHz."""
    instrument.converter = {"side": "lower", "lo_hz": 400e6}
    instrument.identity = {"uri": instrument.uri, "tuning_min_hz": 325e6, "tuning_max_hz": 3800e6}
    instrument.save()
    message = assert_problem(submit(api, sample, parameters=SURVEY | {"centre_frequency_hz": 80e6}), 400,
                             "centre_frequency_hz")  # fmt: skip
    assert "75 MHz" in message


def test_a_body_over_the_limit(api: APIClient, instrument: Instrument, sample: Sample) -> None:
    assert_problem(submit(api, sample, title="x" * 2_000_000), 413)


def test_a_body_in_another_form(api: APIClient, instrument: Instrument) -> None:
    assert_problem(api.post("/api/v1/runs", b"instrument=alpha", content_type="application/x-www-form-urlencoded"), 415)
    assert_problem(api.put("/api/v1/runs", {}), 405)


@pytest.mark.parametrize("key", ["", "k" * 121, "schlüssel", "a\tb"])
def test_idempotency_keys_of_the_wrong_form(api: APIClient, instrument: Instrument, sample: Sample, key: str) -> None:
    body = {"instrument": "alpha", "sample": sample.pk, "method": "survey", "parameters": SURVEY}
    assert_problem(api.post("/api/v1/runs", body, headers={"Idempotency-Key": key}), 400, "Idempotency-Key")


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/no-such-thing",
        "/api/v1/runs/1",
        "/api/v1/runs/99999999999999999999999",
        "/api/v1/runs/999999999999999999",
        "/api/v1/runs/-1",
        "/api/v1/runs/%00",
        "/api/v1/runs/abc/cancel",
        "/api/v1/spectra/999999999999999999/bins",
        "/api/v1/instruments/%00",
        "/api/v1/samples/1e9",
    ],
)
def test_addresses_of_nothing(api: APIClient, address: str) -> None:
    assert_problem(api.get(address), 404)


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/api/v1/runs?state=%00", "state"),
        ("/api/v1/runs?sample=abc", "sample"),
        ("/api/v1/runs?sample=99999999999999999999999999", "sample"),
        ("/api/v1/lines?from_hz=nan", "from_hz"),
        ("/api/v1/lines?from_hz=1e999", "from_hz"),
        ("/api/v1/lines?to_hz=%00", "to_hz"),
        ("/api/v1/samples?name=%00", "name"),
        ("/api/v1/spectra?run=-1", "run"),
    ],
)
def test_queries_that_make_no_sense(api: APIClient, address: str, field: str) -> None:
    assert_problem(api.get(address), 400, field)


@pytest.mark.parametrize("query", ["limit=abc&offset=-3", "limit=0", "offset=99999999999999999999", "limit=100000000"])
def test_odd_pages_are_answered(api: APIClient, query: str) -> None:
    assert api.get(f"/api/v1/runs?{query}").status_code in {200, 400}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 161}, "name"),
        ({"name": "KClO3"}, "name"),
        ({"formula": "Xx2"}, "formula"),
        ({"formula": "K" * 121}, "formula"),
        ({"mass_g": 0}, "mass_g"),
        ({"mass_g": -1}, "mass_g"),
        ({"mass_g": "heavy"}, "mass_g"),
        ({"temperature_k": -1}, "temperature_k"),
        ({"group": "nitrites"}, "group"),
        ({"notes": "x" * 20_001}, "notes"),
        ({"created_by": "eve"}, "created_by"),
    ],
)
def test_samples_out_of_their_limits(
    api: APIClient, sample: Sample, foreign_sample: Sample, changes: Any, field: str
) -> None:
    response = api.post("/api/v1/samples", {"name": "New", "formula": "NaClO3"} | changes)
    assert_problem(response, 400, field)
    assert Sample.objects.count() == 2
