"""Who may read a feed, conditional requests, and the page that makes and revokes feeds."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import pytest
from django.test import Client

from tests.webapp.facility.conftest import Clock
from tests.webapp.feeds.conftest import make
from webapp.accounts.models import Group, User
from webapp.facility.bookings import service
from webapp.facility.models import Booking, Instrument
from webapp.feeds import services
from webapp.feeds.models import CalendarFeed


def visit(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_only_the_secret_opens_it(user: User) -> None:
    address = make(user)
    assert Client().get(address).status_code == 200
    assert Client().head(address).content == b""
    assert Client().post(address).status_code == 405
    for wrong in ("x" * 43, "x", address[11:-5] + "x"):
        assert Client().get(f"/calendars/{wrong}.ics").status_code == 404
    row = CalendarFeed.objects.get()
    assert row.secret_sha256 not in address and address[11:-4] not in str(CalendarFeed.objects.values().get())


def test_revoked_rotated_and_left(user: User, stranger: User) -> None:
    first, second = make(user), make(user)
    old, new = CalendarFeed.objects.order_by("id")
    assert not services.revoke(stranger, old.pk) and services.rotate(stranger, old.pk) is None
    assert services.revoke(user, old.pk)
    assert Client().get(first).status_code == 404
    renewed = services.rotate(user, new.pk)
    assert renewed is not None
    assert Client().get(second).status_code == 404
    third = f"/calendars/{renewed.secret}.ics"
    assert Client().get(third).status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert Client().get(third).status_code == 404


def test_unchanged_feeds_are_not_sent_again(book: Callable[..., Booking], user: User, clock: Clock) -> None:
    booking, address, client = book(1, 2), make(user), Client()
    first = client.get(address)
    clock.now += datetime.timedelta(minutes=20)
    for header in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
        again = client.get(address, headers=header)
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
    assert first["Cache-Control"] == "private, no-cache" and first["Referrer-Policy"] == "no-referrer"
    service.cancel(user, booking)
    changed = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200 and changed["ETag"] != first["ETag"]
    assert client.get(address, headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 200


def test_changes_within_one_second_are_seen(book: Callable[..., Booking], user: User, clock: Clock) -> None:
    address, client = make(user), Client()
    first = client.get(address)
    book(1, 2)
    second = client.get(address)
    book(3, 4)
    third = client.get(address, headers={"If-Modified-Since": second["Last-Modified"]})
    assert third.status_code == 200
    times = [parsedate_to_datetime(answer["Last-Modified"]) for answer in (first, second, third)]
    assert times[0] < times[1] < times[2]


def test_page_shows_the_address_once(user: User, group: Group, other_group: Group, instrument: Instrument) -> None:
    client = visit(user)
    assert "No feeds yet" in client.get("/calendars/").content.decode()
    made = client.post("/calendars/new/", {"of": f"group:{group.pk}"})
    assert "no-store" in made["Cache-Control"]
    (address,) = re.findall(r"http://testserver(/calendars/[\w-]{43}\.ics)", made.content.decode())
    assert Client().get(address).status_code == 200
    assert address not in client.get("/calendars/").content.decode()
    feed = CalendarFeed.objects.get()
    turned = client.post(f"/calendars/{feed.pk}/rotate/").content.decode()
    assert re.search(r"/calendars/[\w-]{43}\.ics", turned) and address not in turned
    assert client.post(f"/calendars/{feed.pk}/revoke/").status_code == 302
    assert client.post(f"/calendars/{feed.pk}/revoke/").status_code == 404
    wrong = client.post("/calendars/new/", {"of": f"group:{other_group.pk}"})
    assert wrong.status_code == 200 and "Select a valid choice" in wrong.content.decode()
    assert not CalendarFeed.objects.exists()


def test_foreign_groups_and_too_many(user: User, other_group: Group) -> None:
    with pytest.raises(Exception, match="one of your groups"):
        services.create(user, "group", group=other_group)
    for _ in range(services.FEEDS_PER_USER_MAX):
        make(user)
    with pytest.raises(Exception, match="revoke one first"):
        make(user)


def test_visitors_log_in_first(db: None) -> None:
    assert Client().get("/calendars/").status_code == 302
