"""Notifications and their preferences in the API: everybody's own, and the same rows as on the pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from webapp.accounts.models import User
from webapp.notifications import preferences
from webapp.notifications.kinds import Channel, Kind
from webapp.notifications.models import Notification

Tell = Callable[..., Notification]


@pytest.fixture
def tell() -> Tell:
    def make(user: User, number: int, **fields: object) -> Notification:
        return Notification.objects.create(user=user, kind=Kind.BOOKED, key=f"k{number}", title=f"T{number}", **fields)

    return make


def test_what_one_was_told_is_listed_and_read(api: APIClient, user: User, stranger: User, tell: Tell) -> None:
    first, second, third = (tell(user, number) for number in range(3))
    tell(user, 3, on_site=False)
    theirs = tell(stranger, 4)
    assert [row["title"] for row in api.get("/api/v1/notifications").json()["results"]] == ["T2", "T1", "T0"]
    assert api.get(f"/api/v1/notifications/{first.pk}").json()["read_at"] is None
    read = api.post(f"/api/v1/notifications/{first.pk}/read").json()["read_at"]
    assert read is not None and api.post(f"/api/v1/notifications/{first.pk}/read").json()["read_at"] == read
    assert api.post("/api/v1/notifications/read-all", {"newest": second.pk}).json() == {"read": 1}
    unread = api.get("/api/v1/notifications?unread=true").json()
    assert [row["id"] for row in unread["results"]] == [third.pk] and unread["count"] == 1
    assert api.post("/api/v1/notifications/read-all", {}).json() == {"read": 1}
    for answer in (api.get(f"/api/v1/notifications/{theirs.pk}"), api.post(f"/api/v1/notifications/{theirs.pk}/read")):
        assert answer.status_code == 404
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_preferences_are_read_and_changed_one_by_one(api: APIClient, staff_api: APIClient, user: User) -> None:
    address = "/api/v1/notification-preferences"
    before = api.get(address).json()
    assert before["lead_minutes"] == 60
    assert {"kind": "booked", "label": "Somebody booked for me", "channel": "both"} in before["kinds"]
    assert "approval_wanted" not in {row["kind"] for row in before["kinds"]}
    assert "approval_wanted" in {row["kind"] for row in staff_api.get(address).json()["kinds"]}

    after = api.patch(address, {"channels": {"booked": "none"}}).json()
    assert [row for row in after["kinds"] if row not in before["kinds"]] == [
        {"kind": "booked", "label": "Somebody booked for me", "channel": "none"}
    ]
    assert api.patch(address, {"lead_minutes": 30}).json()["lead_minutes"] == 30
    assert preferences.of_user(user)[Kind.BOOKED] == Channel.NONE and preferences.lead_minutes(user) == 30
    assert api.patch(address, {"channels": {"reminder": "mail"}}).json()["lead_minutes"] == 30


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"lead_minutes": 1}, "lead_minutes"),
        ({"lead_minutes": 10**6}, "lead_minutes"),
        ({"channels": {"booked": "pigeon"}}, "channels.booked"),
        ({"channels": {"weather": "mail"}}, "channels.weather"),
        ({"channels": {"approval_wanted": "mail"}}, "approval_wanted"),
        ({"channels": ["booked"]}, "channels"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_with_a_choice_is_named(api: APIClient, wanted: dict[str, object], field: str) -> None:
    answer = api.patch("/api/v1/notification-preferences", wanted)
    assert answer.status_code == 400
    assert {fault["field"] for fault in answer.json()["errors"]} == {field}


def test_nobody_without_a_login(db: None) -> None:
    for address in ("notifications", "notification-preferences", "calendar-feeds"):
        assert APIClient().get(f"/api/v1/{address}").status_code == 401
