"""Designs of searches through the API, and the comparison in a plan."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.webapp.conftest import SURVEY
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.samples.models import Sample

GOAL = {"centre_frequency_hz": 28e6, "span_hz": 1e6}


def test_a_design_compares_three_ways_and_its_settings_are_accepted(
    api: APIClient, instrument: Instrument, sample: Sample
) -> None:
    answer = api.post("/api/v1/designs", {"instrument": instrument.slug, "goal": GOAL}, format="json").json()
    times = [one["duration_s"] for one in answer["proposals"]]
    assert times == sorted(times)
    assert answer["recommended"] == answer["proposals"][0]["name"] == "survey"
    assert all(one["over_bound"] == pytest.approx(one["duration_s"] / answer["bound_s"]) for one in answer["proposals"])
    for one in answer["proposals"]:
        run = {"instrument": instrument.slug, "sample": sample.pk, "method": one["method"]}
        assert api.post("/api/v1/runs", run | {"parameters": one["parameters"]}, format="json").status_code == 201
    assert Run.objects.count() == 3


@pytest.mark.parametrize(
    ("goal", "field"),
    [
        ({"span_hz": 1e6}, "centre_frequency_hz"),
        (GOAL | {"t1_s": "long"}, "t1_s"),
        (GOAL | {"t2_star_s": 1.0}, "t2_star_s"),
        (GOAL | {"colour": 1}, "colour"),
        (GOAL | {"span_hz": 400e6}, "span_hz"),
    ],
)
def test_a_wrong_goal_is_refused_with_its_field(
    api: APIClient, instrument: Instrument, goal: dict[str, Any], field: str
) -> None:
    answer = api.post("/api/v1/designs", {"instrument": instrument.slug, "goal": goal}, format="json")
    assert answer.status_code == 400
    assert field in str(answer.json())


def test_the_plan_of_a_search_has_the_comparison(api: APIClient, instrument: Instrument) -> None:
    asked = {"instrument": instrument.slug, "method": "survey", "parameters": SURVEY}
    plan = api.post("/api/v1/plans", asked, format="json").json()
    assert {one["name"] for one in plan["comparison"]["proposals"]} == {"survey", "sequential", "interleaved"}
    asked |= {"method": "fid", "parameters": {"frequency_hz": 28e6}}
    assert api.post("/api/v1/plans", asked, format="json").json()["comparison"] is None
