"""Templates: kept by a group, shared if it wants, changed by its own only."""

from __future__ import annotations

from typing import Any

from rest_framework.test import APIClient

from tests.webapp.conftest import SURVEY
from webapp.accounts.models import Group
from webapp.runs.models import RunTemplate

ADDRESS = "/api/v1/run-templates"
WANTED: dict[str, Any] = {"group": "chlorates", "name": "Chlorine, wide", "method": "survey", "parameters": SURVEY}


def test_kept_with_complete_parameters_and_used_by_the_group(api: APIClient, stranger_api: APIClient) -> None:
    made = api.post(ADDRESS, WANTED, format="json")
    assert made.status_code == 201, made.content
    number = made.json()["id"]
    assert made.json()["parameters"]["averages"] == 32  # the default is part of it
    assert stranger_api.get(f"{ADDRESS}/{number}").status_code == 404
    changed = {name: value for name, value in WANTED.items() if name != "group"} | {"shared": True}
    assert api.put(f"{ADDRESS}/{number}", changed, format="json").json()["shared"] is True
    assert stranger_api.get(f"{ADDRESS}/{number}").json()["group"] == "chlorates"
    assert stranger_api.put(f"{ADDRESS}/{number}", changed, format="json").status_code == 403
    assert stranger_api.delete(f"{ADDRESS}/{number}").status_code == 403
    assert api.delete(f"{ADDRESS}/{number}").status_code == 204
    assert not RunTemplate.objects.exists()


def test_faults_are_named(api: APIClient, other_group: Group) -> None:
    def fields(**changes: Any) -> list[str]:
        answer = api.post(ADDRESS, WANTED | changes, format="json")
        assert answer.status_code in (400, 404), answer.content
        return [error["field"] for error in answer.json()["errors"]]

    assert fields(group="nitrites") == ["group"]
    assert fields(name=" ") == ["name"]
    assert fields(method="magic") == ["method"]
    assert fields(parameters=SURVEY | {"averages": 0}) == ["averages"]
    assert api.post(ADDRESS, WANTED, format="json").status_code == 201
    assert fields() == ["name"]
