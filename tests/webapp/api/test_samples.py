"""Samples through the API."""

from __future__ import annotations

from rest_framework.test import APIClient

from webapp.accounts.models import Group, Membership, User
from webapp.samples.models import Sample


def test_a_sample_gets_its_nuclides_from_its_formula(api: APIClient) -> None:
    response = api.post("/api/v1/samples", {"name": " Cuprite ", "formula": "Cu2O", "mass_g": 2.5, "notes": "<b>"})
    assert response.status_code == 201, response.content
    shown = response.json()
    assert (shown["name"], shown["group"], shown["created_by"]) == ("Cuprite", "chlorates", "ada")
    assert {"63Cu", "65Cu"} <= set(shown["nuclides"])
    changed = api.patch(f"/api/v1/samples/{shown['id']}", {"formula": "NaNO2", "mass_g": None}).json()
    assert "14N" in changed["nuclides"] and "63Cu" not in changed["nuclides"]
    assert changed["mass_g"] is None


def test_a_member_of_several_groups_says_which(api: APIClient, user: User, other_group: Group) -> None:
    Membership.objects.create(user=user, group=other_group)
    assert api.post("/api/v1/samples", {"name": "X"}).json()["errors"][0]["field"] == "group"
    assert api.post("/api/v1/samples", {"name": "X", "group": "nitrites"}).json()["group"] == "nitrites"


def test_archived_samples_are_left_out(api: APIClient, sample: Sample) -> None:
    api.patch(f"/api/v1/samples/{sample.pk}", {"archived": True})
    assert api.get("/api/v1/samples").json()["count"] == 0
    assert api.get("/api/v1/samples?archived=true").json()["count"] == 1
    assert api.get(f"/api/v1/samples/{sample.pk}").status_code == 200


def test_search_by_name(api: APIClient, sample: Sample) -> None:
    assert api.get("/api/v1/samples?name=clo").json()["count"] == 1
    assert api.get("/api/v1/samples?name=%25").json()["count"] == 0
