"""Stopping and releasing, through every door; what everybody is told meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.db import IntegrityError, transaction
from django.test import Client
from rest_framework.test import APIClient

from acquisition.errors import InvalidParameters
from webapp.accounts.models import User
from webapp.errors import Conflict, NotAllowed
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.runs.queue import ownership
from webapp.runs.queue.claim import claim_next
from webapp.safety.models import EmergencyStop, RadioEntry
from webapp.safety.services import emergency, signal

pytestmark = pytest.mark.django_db


@pytest.fixture
def beta(db: None) -> Instrument:
    return Instrument.objects.create(slug="beta", name="Beta", uri="ip:192.0.2.2")


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_stop_reaches_redis_and_rows_and_nothing_starts(
    staff: User, instrument: Instrument, make_run: Callable[..., Run], line: redis.Redis
) -> None:
    make_run()
    [row] = emergency.stop(staff, [instrument], "smoke")
    assert line.get(signal.key("alpha")) == row.token.encode()
    instrument.refresh_from_db()
    assert instrument.stopped and row.told and not row.is_off
    assert claim_next("alpha", "worker") is None
    assert list(RadioEntry.objects.values_list("by", "event")) == [("staff", "stop")]


def test_a_run_that_is_measured_is_told_by_its_row(
    staff: User, instrument: Instrument, make_run: Callable[..., Run], line: redis.Redis
) -> None:
    run = make_run()
    claim = claim_next("alpha", "worker")
    assert claim is not None and not ownership.renew(claim).stop
    emergency.stop(staff, [instrument], "smoke")
    assert ownership.renew(claim).stop
    assert "stella stopped the instrument: smoke" in str(run.events.filter(kind="message").last().payload)


def test_the_guards_answer_is_taken_only_for_this_press(
    staff: User, instrument: Instrument, line: redis.Redis, answered: Callable[..., None]
) -> None:
    emergency.stop(staff, [instrument])
    answered("alpha", took_s=0.12)
    assert emergency.in_force()[0].is_off
    [again] = emergency.stop(staff, [instrument])  # pressed again: what was read back before says nothing now
    assert not emergency.in_force()[0].is_off
    assert EmergencyStop.objects.count() == 1
    answered("alpha", off=False)
    told = emergency.in_force()[0]
    assert told.pk == again.pk and told.answered_at is not None and not told.is_off


def test_release_needs_a_note_and_has_the_transmitter_checked(
    staff: User, user: User, instrument: Instrument, line: redis.Redis, django_capture_on_commit_callbacks: Any
) -> None:
    [row] = emergency.stop(staff, [instrument])
    with pytest.raises(NotAllowed):
        emergency.release(user, row, "please")
    with pytest.raises(InvalidParameters):
        emergency.release(staff, row, "  ")
    with django_capture_on_commit_callbacks(execute=True):
        emergency.release(staff, row, "a fuse, replaced")
    assert line.get(signal.key("alpha")) is None
    instrument.refresh_from_db()
    assert not instrument.stopped and instrument.status == Instrument.Status.NEEDS_CHECK
    with pytest.raises(Conflict):
        emergency.release(staff, row, "twice")
    assert list(RadioEntry.objects.order_by("id").values_list("event", flat=True)) == ["stop", "release"]


def test_what_redis_forgets_is_repeated_and_what_it_kept_too_long_withdrawn(
    staff: User, instrument: Instrument, beta: Instrument, line: redis.Redis
) -> None:
    [row] = emergency.stop(staff, [instrument])
    line.flushall()
    line.set(signal.key("beta"), "of a stop that is over")
    assert emergency.repeat() == 1
    assert line.get(signal.key("alpha")) == row.token.encode()
    assert line.get(signal.key("beta")) is None


def test_without_redis_the_page_says_so_and_the_row_counts(staff: User, instrument: Instrument, no_redis: None) -> None:
    page = browser(staff).post("/safety/stop/", follow=True).content.decode()
    assert "Redis does not answer" in page and "switch the amplifier off by hand" in page
    assert Instrument.objects.get(slug="alpha").stopped
    assert emergency.repeat() == 1  # and a sweep does not fall over it
    assert not EmergencyStop.objects.get().told


def test_one_stop_in_force_for_each_instrument(staff: User, instrument: Instrument, line: redis.Redis) -> None:
    [row] = emergency.stop(staff, [instrument])
    with pytest.raises(IntegrityError), transaction.atomic():
        EmergencyStop.objects.create(instrument=instrument, made_by=staff, made_at=row.made_at, token="x")


class TestPages:
    def test_every_page_has_the_button_for_staff_only(
        self, staff: User, user: User, instrument: Instrument, line: redis.Redis
    ) -> None:
        for path in ("/", "/instruments/", "/instruments/alpha/", "/runs/"):
            assert "data-stop" in browser(staff).get(path).content.decode()
            assert "data-stop" not in browser(user).get(path).content.decode()

    def test_one_click_stops_all_and_everybody_sees_it(
        self, staff: User, user: User, instrument: Instrument, beta: Instrument, line: redis.Redis,
        answered: Callable[..., None],
    ) -> None:  # fmt: skip
        assert browser(staff).post("/safety/stop/").status_code == 302
        assert set(Instrument.objects.filter(stopped=True).values_list("slug", flat=True)) == {"alpha", "beta"}
        page = browser(user).get("/runs/").content.decode()
        assert page.count("Emergency stop: ") == 2 and "Waiting for its transmitter" in page
        answered("alpha")
        page = browser(user).get("/runs/").content.decode()
        assert page.count("was read back as off") == 1
        assert "Stopped by staff" in browser(user).get("/instruments/").content.decode()

    def test_users_cannot(self, user: User, instrument: Instrument, line: redis.Redis) -> None:
        assert browser(user).post("/safety/stop/").status_code == 403
        assert Client().post("/safety/stop/").status_code == 302  # to the log-in
        assert not Instrument.objects.filter(stopped=True).exists()

    def test_release_on_the_page(self, staff: User, instrument: Instrument, line: redis.Redis) -> None:
        client = browser(staff)
        client.post("/safety/stop/", {"instrument": "alpha", "reason": "smell of ozone"})
        row = EmergencyStop.objects.get()
        assert "smell of ozone" in client.get("/safety/").content.decode()
        assert client.post(f"/safety/{row.pk}/release/", {"note": ""}).status_code == 200
        assert Instrument.objects.get(slug="alpha").stopped
        assert client.post(f"/safety/{row.pk}/release/", {"note": "a cable"}).status_code == 302
        assert not Instrument.objects.get(slug="alpha").stopped
        assert "a cable" in client.get("/safety/").content.decode()


class TestApi:
    def test_stop_one_see_it_and_release(
        self, staff_api: APIClient, api: APIClient, instrument: Instrument, beta: Instrument, line: redis.Redis
    ) -> None:
        made = staff_api.post("/api/v1/emergency-stops", {"instrument": "alpha", "reason": "smoke"})
        assert made.status_code == 201 and [one["instrument"] for one in made.json()] == ["alpha"]
        [seen] = api.get("/api/v1/emergency-stops").json()["results"]
        assert seen["reason"] == "smoke" and seen["told"] is True and seen["is_off"] is False
        assert api.get("/api/v1/instruments/alpha").json()["stopped"] is True
        path = f"/api/v1/emergency-stops/{seen['id']}/release"
        assert api.post(path, {"note": "no"}).status_code == 403
        assert staff_api.post(path, {}).status_code == 400
        assert staff_api.post(path, {"note": "all right"}).json()["released_by"] == "stella"
        assert api.get("/api/v1/emergency-stops").json()["results"] == []

    def test_all_and_refusals(
        self, staff_api: APIClient, api: APIClient, instrument: Instrument, beta: Instrument, line: redis.Redis
    ) -> None:
        assert api.post("/api/v1/emergency-stops", {}).status_code == 403
        assert staff_api.post("/api/v1/emergency-stops", {"instrument": "gamma"}).status_code == 400
        assert len(staff_api.post("/api/v1/emergency-stops", {}).json()) == 2
