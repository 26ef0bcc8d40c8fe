"""A booking's life: approved, checked in, finished, released when nobody comes, and seen by whom."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from acquisition.errors import InvalidParameters
from tasks import sweep as tasks_sweep
from tests.webapp.conftest import client_of
from tests.webapp.facility.conftest import Clock, at
from webapp.accounts.models import Group, Membership, User
from webapp.errors import Conflict, NotAllowed
from webapp.facility.bookings import checkin, decisions, outages, qualifications, rules, service
from webapp.facility.bookings.sweep import sweep
from webapp.facility.models import Booking, BookingRules, Instrument

Book = Callable[..., Booking]


def kinds(booking: Booking) -> list[str]:
    return [event.kind for event in booking.events.all()]


def test_no_show_is_released_as_of_its_time_however_late_the_tick(book: Book, rule: Book, clock: Clock) -> None:
    rule(no_show_minutes=15)
    booking = book(1, 3)
    clock.now = at(1.24)
    assert sweep()["released"] == 0
    clock.now = at(9)  # every tick since was missed
    assert sweep()["released"] == 1
    assert sweep()["released"] == 0
    booking.refresh_from_db()
    assert booking.state == "released" and booking.ended_at == at(1.25)
    assert kinds(booking) == ["created", "released"]


def test_beat_sweeps_bookings_too(book: Book, rule: Book, clock: Clock) -> None:
    rule(no_show_minutes=15)
    booking = book(1, 3)
    clock.now = at(2)
    assert tasks_sweep.sweep()["released"] == 1
    booking.refresh_from_db()
    assert booking.state == "released"


def test_one_broken_instrument_does_not_keep_others_from_being_swept(
    book: Book, rule: Book, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    beta = Instrument.objects.create(slug="beta", name="Beta", uri="ip:192.0.2.2")
    rule(no_show_minutes=15)
    rule(no_show_minutes=15, instrument=beta)
    broken, whole = book(1, 3), book(1, 3, instrument=beta)
    clock.now = at(2)
    release = checkin.release_no_shows

    def fails_for_one(instrument_id: int, now: datetime.datetime) -> int:
        if instrument_id == broken.instrument_id:
            raise RuntimeError("a broken row")
        return release(instrument_id, now)

    monkeypatch.setattr(checkin, "release_no_shows", fails_for_one)
    assert sweep()["released"] == 1
    whole.refresh_from_db()
    broken.refresh_from_db()
    assert (whole.state, broken.state) == ("released", "confirmed")


def test_time_that_nobody_came_for_can_be_booked_before_the_tick(
    book: Book, rule: Book, clock: Clock, stranger: User, other_group: Group
) -> None:
    rule(no_show_minutes=15)
    late = book(1, 3)
    clock.now = at(1.5)
    with pytest.raises(Conflict):
        checkin.check_in(late.user, late)
    book(2, 3, actor=stranger, group=other_group)
    late.refresh_from_db()
    assert late.state == "released"


def test_checked_in_stays(book: Book, rule: Book, clock: Clock, stranger: User) -> None:
    rule(no_show_minutes=15)
    booking = book(1, 3)
    with pytest.raises(Conflict):  # an hour early
        checkin.check_in(booking.user, booking)
    clock.now = at(0.9)
    with pytest.raises(NotAllowed):
        checkin.check_in(stranger, booking)
    checkin.check_in(booking.user, booking)
    checkin.check_in(booking.user, booking)
    clock.now = at(2)
    assert sweep()["released"] == 0
    assert kinds(booking) == ["created", "checked_in"]


def test_a_moved_booking_is_awaited_at_its_new_time(book: Book, rule: Book) -> None:
    rule(no_show_minutes=15)
    booking = book(1, 3)
    assert service.edit(booking.user, booking, starts_at=at(2)).no_show_at == at(2.25)


def test_approval(book: Book, rule: Book, staff: User, clock: Clock) -> None:
    rule(needs_approval=True)
    wanted, unwanted, forgotten = book(1, 2), book(3, 4), book(5, 6)
    assert {booking.state for booking in (wanted, unwanted, forgotten)} == {"pending"}
    with pytest.raises(InvalidParameters):
        book(1.5, 2.5)  # a request holds its time
    with pytest.raises(NotAllowed):
        decisions.approve(wanted.user, wanted)
    assert decisions.approve(staff, wanted).state == "confirmed"
    assert decisions.approve(staff, wanted).state == "confirmed"
    assert decisions.decline(staff, unwanted, "no helium").reason == "no helium"
    with pytest.raises(Conflict):
        decisions.approve(staff, unwanted)
    assert book(3, 4, actor=staff, user=wanted.user).state == "confirmed"
    assert service.edit(wanted.user, wanted, ends_at=at(1.8)).state == "confirmed"  # within what was approved
    assert service.edit(wanted.user, wanted, ends_at=at(2)).state == "pending"
    clock.now = at(7)
    assert sweep()["lapsed"] == 2
    forgotten.refresh_from_db()
    assert forgotten.state == "lapsed" and forgotten.ended_at == at(5)


def test_finished_early_frees_the_rest(book: Book, clock: Clock) -> None:
    booking = book(1, 4)
    with pytest.raises(Conflict):
        service.finish(booking.user, booking)
    clock.now = at(2)
    with pytest.raises(Conflict):
        service.cancel(booking.user, booking)
    assert service.finish(booking.user, booking).ends_at == at(2)
    book(2, 4)
    with pytest.raises(Conflict):
        service.finish(booking.user, booking)


def test_cancelling_twice_changes_nothing(book: Book) -> None:
    booking = book()
    service.cancel(booking.user, booking, "ill")
    assert service.cancel(booking.user, booking).reason == "ill"
    assert kinds(booking) == ["created", "cancelled"]
    with pytest.raises(Conflict):
        service.edit(booking.user, booking, ends_at=at(5))


def test_one_key_makes_one_booking(api: APIClient, instrument: Instrument) -> None:
    body = {"instrument": "alpha", "starts_at": at(1).isoformat(), "ends_at": at(2).isoformat()}
    first = api.post("/api/v1/bookings", body, HTTP_IDEMPOTENCY_KEY="a")
    again = api.post("/api/v1/bookings", body, HTTP_IDEMPOTENCY_KEY="a")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert api.post("/api/v1/bookings", body | {"title": "x"}, HTTP_IDEMPOTENCY_KEY="a").status_code == 422
    Instrument.objects.create(slug="beta", name="Beta", uri="ip:192.0.2.2")
    other = api.post("/api/v1/bookings", body | {"instrument": "beta"}, HTTP_IDEMPOTENCY_KEY="a")
    assert other.status_code == 422
    assert Booking.objects.count() == 1


def test_who_books_for_whom(book: Book, user: User, group: Group, stranger: User, staff: User) -> None:
    colleague, leader = User.objects.create_user("cleo"), User.objects.create_user("lea")
    Membership.objects.create(user=colleague, group=group)
    Membership.objects.create(user=leader, group=group, role=Membership.Role.LEADER)
    with pytest.raises(NotAllowed):
        book(1, 2, actor=colleague, user=user)
    booking = book(1, 2, actor=leader, user=user)
    assert (booking.user, booking.created_by) == (user, leader)
    with pytest.raises(InvalidParameters):
        book(3, 4, actor=staff, user=stranger)  # not of this group
    with pytest.raises(NotAllowed):
        service.edit(colleague, booking, ends_at=at(3))
    service.edit(leader, booking, ends_at=at(3))
    service.cancel(staff, booking)


def test_what_others_see(book: Book, instrument: Instrument, api: APIClient, stranger_api: APIClient) -> None:
    booking = book(1, 2, title="secret sample")
    address = f"/api/v1/bookings/{booking.pk}"
    assert api.get(address).json()["title"] == "secret sample"
    for path in ("", "/events"):
        assert stranger_api.get(address + path).status_code == 404
    for action in ("cancel", "finish", "check-in", "approve", "decline"):
        assert stranger_api.post(f"{address}/{action}").status_code == 404, action
    assert stranger_api.patch(address, {"title": "mine"}).status_code == 404
    assert stranger_api.get("/api/v1/bookings").json()["count"] == 0
    span = {"starts_at": at(0).isoformat(), "ends_at": at(24).isoformat()}
    theirs = stranger_api.get("/api/v1/instruments/alpha/occupation", span)
    assert [(entry["state"], entry["title"], entry["booking"]) for entry in theirs.json()] == [("confirmed", "", None)]
    assert "secret" not in theirs.content.decode()
    own = api.get("/api/v1/instruments/alpha/occupation", span).json()
    assert [(entry["title"], entry["booking"]) for entry in own] == [("secret sample", booking.pk)]
    assert api.get("/api/v1/instruments/alpha/occupation", {"starts_at": at(0).isoformat()}).status_code == 400
    backwards = {"starts_at": span["ends_at"], "ends_at": span["starts_at"]}
    assert api.get("/api/v1/instruments/alpha/occupation", backwards).status_code == 400


def test_qualifications_are_granted_renewed_and_revoked(
    user: User, staff: User, instrument: Instrument, api: APIClient, staff_api: APIClient, book: Book, rule: Book
) -> None:
    rule(needs_qualification=True)
    body = {"instrument": "alpha", "user": "ada", "expires_at": at(24).isoformat()}
    assert api.post("/api/v1/qualifications", body).status_code == 403
    assert staff_api.post("/api/v1/qualifications", body | {"expires_at": at(-1).isoformat()}).status_code == 400
    assert staff_api.post("/api/v1/qualifications", body).status_code == 201
    with pytest.raises(InvalidParameters):
        book(23, 25)
    made = staff_api.post("/api/v1/qualifications", {"instrument": "alpha", "user": "ada"}).json()
    booking = book(23, 25)
    assert api.get("/api/v1/qualifications").json()["count"] == 1
    assert api.get("/api/v1/qualifications?ended=true").json()["count"] == 2
    assert staff_api.post(f"/api/v1/qualifications/{made['id']}/revoke").json()["revoked_at"] is not None
    with pytest.raises(InvalidParameters):
        service.edit(user, booking, ends_at=at(26))
    with pytest.raises(NotAllowed):
        qualifications.grant(user, instrument=instrument, user=user)


def test_the_most_restrictive_row_wins(instrument: Instrument, group: Group, other_group: Group) -> None:
    for where, values in (
        ({}, {"duration_max_minutes": 600, "weekly_hours_user_max": 20.0, "buffer_minutes": 5}),
        ({"instrument": instrument}, {"duration_max_minutes": 900, "buffer_minutes": 10, "needs_approval": False}),
        ({"group": group}, {"weekly_hours_user_max": 8.0, "needs_approval": True}),
        ({"group": group, "instrument": instrument}, {"weekly_hours_user_max": 30.0, "no_show_minutes": 20}),
    ):
        BookingRules.objects.create(**where, **values)
    found = rules.effective(instrument.pk, group.pk)
    assert (found.duration_max_minutes, found.weekly_hours_user_max, found.buffer_minutes) == (600, 8.0, 10)
    assert (found.needs_approval, found.no_show_minutes, found.horizon_days) == (True, 20, rules.Rules().horizon_days)
    others = rules.effective(instrument.pk, other_group.pk)
    assert (others.weekly_hours_user_max, others.needs_approval, others.no_show_minutes) == (20.0, False, None)


def test_rules_belong_to_staff(api: APIClient, staff_api: APIClient, instrument: Instrument, group: Group) -> None:
    body = {"instrument": "alpha", "duration_max_minutes": 60}
    assert api.post("/api/v1/booking-rules", body).status_code == 403
    assert api.get("/api/v1/booking-rules").status_code == 403
    made = staff_api.post("/api/v1/booking-rules", body)
    assert made.status_code == 201, made.content
    assert staff_api.post("/api/v1/booking-rules", body).status_code == 400  # there are rules already
    address = f"/api/v1/booking-rules/{made.json()['id']}"
    for change, field in (
        ({"duration_min_minutes": 90}, "duration_max_minutes"),
        ({"buffer_minutes": -1}, "buffer_minutes"),
        ({"weekly_hours_user_max": 200}, "weekly_hours_user_max"),
        ({"colour": 1}, "colour"),
    ):
        answer = staff_api.patch(address, change)
        assert answer.status_code == 400 and field in {fault["field"] for fault in answer.json()["errors"]}, change
    assert staff_api.patch(address, {"duration_max_minutes": 90}).status_code == 200
    assert api.get("/api/v1/instruments/alpha/rules?group=chlorates").json()["duration_max_minutes"] == 90
    assert api.get("/api/v1/instruments/alpha/rules?group=nitrites").status_code == 400
    assert staff_api.delete(address).status_code == 204


class TestOutages:
    def declare(self, staff: User, instrument: Instrument, start: float, end: float | None, **more: Any) -> Any:
        facts = {
            "kind": "outage",
            "reason": "leak",
            "starts_at": at(start),
            "ends_at": None if end is None else at(end),
        }
        return outages.declare(staff, instrument=instrument, **facts | more)

    def test_bookings_are_kept_and_told(self, book: Book, staff: User, instrument: Instrument) -> None:
        before, inside, after = book(1, 2), book(2, 4), book(5, 6)
        declared = self.declare(staff, instrument, 3, 5)
        assert declared.affected == (inside,)
        assert kinds(inside) == ["created", "affected"]
        assert kinds(before) == kinds(after) == ["created"]
        assert outages.change(staff, declared.outage, ends_at=at(5.5)).affected == (inside, after)
        assert kinds(inside) == ["created", "affected"] and kinds(after) == ["created", "affected"]

    def test_bookings_are_cancelled(self, book: Book, staff: User, instrument: Instrument, clock: Clock) -> None:
        running, later = book(1, 4), book(5, 6)
        clock.now = at(2)
        self.declare(staff, instrument, 3, None, on_bookings="cancel")
        running.refresh_from_db()
        later.refresh_from_db()
        assert (running.state, running.ends_at) == ("confirmed", at(3))
        assert (later.state, later.reason) == ("cancelled", "leak")

    def test_withdrawn_it_holds_nobody_up(self, book: Book, staff: User, instrument: Instrument, clock: Clock) -> None:
        declared = self.declare(staff, instrument, 1, None)
        with pytest.raises(InvalidParameters):
            book(50, 51)
        clock.now = at(2)
        assert outages.withdraw(staff, declared.outage).ends_at == at(2)
        book(50, 51)
        coming = self.declare(staff, instrument, 60, 70).outage
        assert outages.withdraw(staff, coming).withdrawn_at == at(2)
        with pytest.raises(Conflict):
            outages.change(staff, coming, reason="again")

    def test_through_the_api(
        self, book: Book, user: User, instrument: Instrument, api: APIClient, staff_api: APIClient
    ) -> None:
        booking = book(2, 4)
        body = {"instrument": "alpha", "starts_at": at(3).isoformat(), "reason": "leak"}
        assert api.post("/api/v1/outages", body).status_code == 403
        for field, wrong in (
            ("reason", ""),
            ("ends_at", at(2).isoformat()),
            ("on_bookings", "eat"),
            ("starts_at", "soon"),
        ):
            change = {field: wrong}
            answer = staff_api.post("/api/v1/outages", body | change)
            assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == field
        made = staff_api.post("/api/v1/outages", body)
        assert [row["id"] for row in made.json()["affected"]] == [booking.pk]
        number = made.json()["outage"]["id"]
        assert api.get("/api/v1/outages").json()["count"] == 1
        assert api.get(f"/api/v1/outages/{number}/affected").status_code == 403
        assert len(staff_api.get(f"/api/v1/outages/{number}/affected").json()) == 1
        assert api.post(f"/api/v1/outages/{number}/withdraw").status_code == 403
        shown = api.get(
            "/api/v1/instruments/alpha/occupation", {"starts_at": at(0).isoformat(), "ends_at": at(9).isoformat()}
        )
        assert [entry["kind"] for entry in shown.json()] == ["booking", "outage"]
        assert staff_api.post(f"/api/v1/outages/{number}/withdraw").status_code == 200
        assert api.get("/api/v1/outages").json()["count"] == 0

    def test_in_the_administration(self, book: Book, staff: User, instrument: Instrument, client: Any) -> None:
        booking = book(2, 4)
        client.force_login(staff)
        fields = {"instrument": instrument.pk, "kind": "maintenance", "reason": "oil", "on_bookings": "cancel"}
        fields |= {"starts_at_0": "2027-03-01", "starts_at_1": "09:00", "ends_at_0": "2027-03-01", "ends_at_1": "08:30"}
        refused = client.post("/admin/facility/outage/add/", fields)
        assert "ends_at" in refused.context["adminform"].form.errors
        done = client.post("/admin/facility/outage/add/", fields | {"ends_at_1": "18:00"}, follow=True)
        assert b"cancelled" in done.content
        booking.refresh_from_db()
        assert booking.state == "cancelled"


def test_staff_need_no_group_of_their_own(staff: User, group: Group, instrument: Instrument) -> None:
    body = {"instrument": "alpha", "group": "chlorates", "starts_at": at(1).isoformat(), "ends_at": at(2).isoformat()}
    assert client_of(staff).post("/api/v1/bookings", body).status_code == 201
