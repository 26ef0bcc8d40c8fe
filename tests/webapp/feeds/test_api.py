"""Calendar feeds in the API: made, renewed and revoked by whoever they belong to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from rest_framework.test import APIClient

from webapp.accounts.models import Group, User
from webapp.facility.models import Instrument
from webapp.feeds.models import CalendarFeed


def opened(answer: Any) -> int:
    """Status of what a calendar program gets from the address that was told."""
    return Client().get(urlsplit(answer.json()["address"]).path).status_code


def test_a_feed_is_made_renewed_and_revoked(api: APIClient, user: User) -> None:
    made = api.post("/api/v1/calendar-feeds", {"scope": "own"})
    assert made.status_code == 201 and made["Cache-Control"] == "no-store" and opened(made) == 200
    number = made.json()["id"]
    assert made["Location"].endswith(f"/calendar-feeds/{number}")
    listed = api.get("/api/v1/calendar-feeds").json()["results"]
    assert [(row["id"], row["scope"], row["group"]) for row in listed] == [(number, "own", None)]
    assert "address" not in listed[0] and listed[0]["last_used_at"] is not None
    renewed = api.post(f"/api/v1/calendar-feeds/{number}/rotate")
    assert (opened(made), opened(renewed)) == (404, 200)
    assert api.delete(f"/api/v1/calendar-feeds/{number}").status_code == 204
    assert opened(renewed) == 404 and not CalendarFeed.objects.exists()


def test_of_a_group_and_of_an_instrument(api: APIClient, group: Group, instrument: Instrument) -> None:
    of_group = api.post("/api/v1/calendar-feeds", {"scope": "group", "group": group.slug})
    of_instrument = api.post("/api/v1/calendar-feeds", {"scope": "instrument", "instrument": instrument.slug})
    assert (of_group.json()["group"], of_instrument.json()["instrument"]) == (group.slug, instrument.slug)
    assert (opened(of_group), opened(of_instrument)) == (200, 200)


def test_feeds_of_others_are_not_there(api: APIClient, stranger_api: APIClient) -> None:
    theirs = stranger_api.post("/api/v1/calendar-feeds", {"scope": "own"})
    address = f"/api/v1/calendar-feeds/{theirs.json()['id']}"
    assert api.get("/api/v1/calendar-feeds").json()["count"] == 0
    for answer in (api.get(address), api.post(f"{address}/rotate"), api.delete(address)):
        assert answer.status_code == 404
    assert opened(theirs) == 200


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({}, "scope"),
        ({"scope": "everything"}, "scope"),
        ({"scope": "group"}, "group"),
        ({"scope": "group", "group": "nitrites"}, "group"),
        ({"scope": "instrument"}, "instrument"),
        ({"scope": "instrument", "instrument": "nowhere"}, "instrument"),
        ({"scope": "own", "colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_with_a_wish_is_named(
    api: APIClient, other_group: Group, wanted: dict[str, str], field: str
) -> None:
    answer = api.post("/api/v1/calendar-feeds", wanted)
    assert answer.status_code == 400
    assert {fault["field"] for fault in answer.json()["errors"]} == {field}
    assert not CalendarFeed.objects.exists()
