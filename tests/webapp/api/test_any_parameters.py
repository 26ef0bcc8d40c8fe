"""Hundreds of combinations of hostile and extreme parameters: an answer at once, and each refusal names its field."""

from __future__ import annotations

import json
import random
import time

import pytest
from rest_framework.test import APIClient

from acquisition import methods
from acquisition.methods.parameters import ParameterInfo, describe
from webapp.facility.models import Instrument

pytestmark = pytest.mark.one_database

HOSTILE = (
    "NaN", "-Infinity", "1e999", "null", "true", '"28e6"', '""', "[]", '{"a":{"b":1}}', "9" * 400, "-1", "0", "-0.0",
    "5e-324", "1.7976931348623157e308", "-1e308", "1.5", "1e15", "1000000000", "9223372036854775807", '"\\u0000"',
)  # fmt: skip
REQUIRED = {"centre_frequency_hz": 28.2e6, "span_hz": 1e6, "frequency_hz": 28.1e6}
PLANS = {"survey": 250, "confirm": 150}
"""How many are tried; the other methods share their rules, so each has a hundred."""

ANSWER_WITHIN_CPU_S = 1.0
"""Processor time; about a hundred times what a plan takes; a plan that lays out what it should refuse takes minutes."""


def some_value(info: ParameterInfo, rng: random.Random) -> str:
    """A value as it stands in the JSON: hostile, or the usual one times a power of ten."""
    usual = REQUIRED.get(info.name, info.default)
    if rng.random() < 0.5 or isinstance(usual, bool | str):
        return rng.choice(HOSTILE)
    value = (usual or 1) * 10 ** rng.uniform(-4, 4) * rng.choice([1, 1, 1, -1])
    return json.dumps(int(value) if info.type is int else value)


@pytest.mark.parametrize("name", sorted(methods.methods()))
def test_any_parameters_are_answered(api: APIClient, instrument: Instrument, name: str) -> None:
    rng = random.Random(name)
    infos = describe(methods.get(name).parameters)
    names = {info.name for info in infos}
    statuses = set()
    for _ in range(PLANS.get(name, 100)):
        values = {info.name: json.dumps(REQUIRED[info.name]) for info in infos if info.required}
        for info in rng.sample(infos, rng.choice([1, 1, 2, 3])):
            values[info.name] = some_value(info, rng)
        parameters = ",".join(f'"{field}":{value}' for field, value in values.items())
        body = f'{{"instrument":"alpha","method":"{name}","parameters":{{{parameters}}}}}'
        started = time.process_time()
        response = api.post("/api/v1/plans", body.encode(), content_type="application/json")
        assert time.process_time() - started < ANSWER_WITHIN_CPU_S, body
        assert response.status_code in {200, 400}, body
        statuses.add(response.status_code)
        if response.status_code == 400:
            errors = response.json()["errors"]
            assert errors, body
            assert {error["field"] for error in errors} <= names, body
            assert all(10 < len(error["message"]) < 400 for error in errors), errors
    assert statuses == {200, 400}
