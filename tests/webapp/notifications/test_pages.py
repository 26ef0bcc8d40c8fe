"""Bell, list and choice of channels."""

from __future__ import annotations

import pytest
from django.test import Client

from webapp.accounts.models import User
from webapp.notifications import preferences
from webapp.notifications.kinds import Channel, Kind
from webapp.notifications.outbox import Notice, notify


def visit(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def tell(user: User, count: int = 1, title: str = "Moved") -> None:
    for number in range(count):
        notify([user], Kind.MOVED, f"{title}{number}", lambda _user: Notice(title, "text", "/runs/"))


def test_bell_counts_what_is_unread(user: User, stranger: User) -> None:
    tell(user, 3)
    assert "Notifications, 3 unread" in visit(user).get("/").content.decode()
    assert 'aria-label="Notifications"' in visit(stranger).get("/").content.decode()
    assert "Notifications" not in Client().get("/").content.decode()


def test_reading_one_and_all(user: User, stranger: User) -> None:
    tell(user, 3)
    client, row = visit(user), user.notifications.first()
    assert visit(stranger).post(f"/notifications/{row.pk}/read/").status_code == 404
    assert client.get(f"/notifications/{row.pk}/read/").status_code == 405
    assert client.post(f"/notifications/{row.pk}/read/", {"open": "1"})["Location"] == "/runs/"
    assert "2 unread" in client.get("/notifications/?show=unread").content.decode()
    oldest = user.notifications.last()
    client.post("/notifications/read/", {"newest": str(oldest.pk)})
    assert user.notifications.filter(read_at=None).count() == 1, "what came after the page was made stays unread"
    client.post("/notifications/read/")
    assert "You have read everything" in client.get("/notifications/?show=unread").content.decode()


def test_titles_are_text(user: User) -> None:
    tell(user, title="<script>alert(1)</script>")
    page = visit(user).get("/notifications/").content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_empty_and_many(user: User) -> None:
    assert "Nothing has happened yet" in visit(user).get("/notifications/").content.decode()
    tell(user, 31)
    assert "Page 1 of 2" in visit(user).get("/notifications/").content.decode()


def test_choosing_channels(user: User, staff: User) -> None:
    client = visit(user)
    page = client.get("/notifications/settings/").content.decode()
    assert "My bookings" in page and "The facility" not in page
    chosen = {kind.value: "site" for kind in preferences.of_user(user)}
    assert client.post("/notifications/settings/", chosen | {"lead_minutes": "30"}).status_code == 302
    assert set(preferences.of_user(user).values()) == {Channel.SITE}
    assert preferences.lead_minutes(user) == 30
    for wrong in ({"lead_minutes": "7"}, {"moved": "pigeon"}):
        answer = client.post("/notifications/settings/", chosen | {"lead_minutes": "30"} | wrong)
        assert answer.status_code == 200 and "Please check the marked field" in answer.content.decode()
    assert "The facility" in visit(staff).get("/notifications/settings/").content.decode()


@pytest.mark.parametrize("address", ["", "settings/", "outbox/"])
def test_visitors_log_in_first(db: None, address: str) -> None:
    assert Client().get(f"/notifications/{address}").status_code == 302
