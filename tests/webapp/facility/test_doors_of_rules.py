"""Rules about who, how often and until when at every door: closed accounts, approval, deadlines, bounds of series."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from tests.webapp.conftest import client_of
from tests.webapp.facility.conftest import at
from tests.webapp.facility.test_doors import (
    DAILY,
    EVENTS,
    MOVED,
    NEW,
    Case,
    World,
    admin,
    browser,
    by_admin,
    by_admin_change,
    clocks,
    form_errors,
    page_errors,
    problem,
    refused,
    rules,
    split,
    texts,
    world,
)
from webapp.accounts.models import Membership, User
from webapp.errors import NotAllowed
from webapp.facility.bookings import decisions, outages, qualifications, series, service, waitlist
from webapp.facility.bookings.recurrence import Recurrence
from webapp.facility.models import Booking, BookingRules

__all__ = ["world"]
FINE = Case("fine", "", 30, 31)


def booked(world: World, start: float = 100, end: float = 101) -> Booking:
    """A booking of a series of one, so that every door can move it."""
    return series.book(
        world.user, instrument=world.instrument, group=world.group, time_zone="UTC",
        starts_local=at(start).replace(tzinfo=None), ends_local=at(end).replace(tzinfo=None),
        recurrence_=Recurrence("daily", count=1),
    ).bookings[0]  # fmt: skip


def test_nobody_books_for_a_closed_account(world: World) -> None:
    """By leaders and staff, who may book for others."""
    Membership.objects.filter(user=world.user).update(role="leader")
    Membership.objects.create(user=User.objects.create_user("mia"), group=world.group)  # whom ada may book for
    booking = booked(world)
    service.hand_over(world.user, booking, world.other)
    User.objects.filter(pk=world.other.pk).update(is_active=False)
    world.other.refresh_from_db()
    api, page = client_of(world.user), browser(world.user)
    parties = {"instrument": world.instrument, "group": world.group}
    local = {name: at(hours).replace(tzinfo=None) for name, hours in (("starts_local", 30), ("ends_local", 31))}
    body = {"instrument": "alpha", "group": world.group.slug, "user": "otto"}
    wall = {name: text.removesuffix("+00:00") for name, text in texts(FINE).items()} | {"time_zone": "UTC"}
    in_admin = {"instrument": world.instrument.pk, "group": world.group.pk, "user": world.other.pk} | EVENTS
    wishes: list[Callable[[], set[str]]] = [
        lambda: refused(
            lambda: service.book(world.user, **parties, user=world.other, starts_at=at(30), ends_at=at(31))
        ),
        lambda: refused(
            lambda: series.book(world.user, **parties, user=world.other, time_zone="UTC", **local,
                                recurrence_=Recurrence("daily", count=1))
        ),
        lambda: refused(
            lambda: waitlist.join(world.user, **parties, user=world.other, earliest_at=at(30), latest_at=at(40),
                                  duration_minutes=60)
        ),
        lambda: problem(api.post("/api/v1/bookings", body | texts(FINE))),
        lambda: problem(api.post("/api/v1/booking-series", body | wall | {"recurrence": DAILY})),
        lambda: page_errors(page.post("/bookings/new/", clocks(world, FINE) | {"user": "otto"})),
        lambda: form_errors(admin(world).post("/admin/facility/booking/add/", in_admin | split(FINE))),
        lambda: refused(lambda: service.hand_over(world.user, booked(world, 200, 201), world.other)),
    ]  # fmt: skip
    before = Booking.objects.count()
    for number, wish in enumerate(wishes):
        assert "user" in wish(), number
    assert Booking.objects.count() == before + 1  # the one that could not be handed over
    for door in MOVED:
        blamed = door(world, FINE, booking)
        assert "user" in blamed or (door is by_admin_change and blamed) or "group" in blamed, (door.__name__, blamed)
        booking.refresh_from_db()
        assert booking.starts_at == at(100), door.__name__


def test_approval_is_waited_for_at_every_door(world: World) -> None:
    rules(needs_approval=True)(world)
    for number, door in enumerate(door for door in NEW if door is not by_admin):  # staff need none
        assert door(world, Case("fine", "", 30 + 2 * number, 31 + 2 * number)) == set(), door.__name__
        assert Booking.objects.latest("pk").state == "pending", door.__name__
    entry = waitlist.join(
        world.user, instrument=world.instrument, group=world.group, earliest_at=at(60), latest_at=at(61),
        duration_minutes=60,
    )  # fmt: skip
    assert waitlist.accept(world.user, entry).state == "pending"
    for number, door in enumerate(door for door in MOVED if door is not by_admin_change):
        booking = booked(world, 100 + 4 * number, 101 + 4 * number)
        decisions.approve(world.staff, booking)
        start = 102 + 4 * number
        assert door(world, Case("elsewhere", "", start, start + 1), booking) == set(), door.__name__
        booking.refresh_from_db()
        assert (booking.state, booking.starts_at) == ("pending", at(start)), door.__name__


def test_only_staff_decide_at_every_door(world: World) -> None:
    Membership.objects.filter(user=world.user).update(role="leader")
    rules(needs_approval=True)(world)
    booking = booked(world)
    api, page = client_of(world.user), browser(world.user)
    for decide in (decisions.approve, decisions.decline):
        with pytest.raises(NotAllowed):
            decide(world.user, booking)
    assert api.post(f"/api/v1/bookings/{booking.pk}/approve").status_code == 403
    assert api.post(f"/api/v1/bookings/{booking.pk}/decline", {"reason": ""}).status_code == 403
    assert page.post(f"/bookings/{booking.pk}/decide/", {"decision": "approve"}).status_code == 403
    chosen = {"action": "approve", "_selected_action": booking.pk}
    assert page.post("/admin/facility/booking/", chosen).status_code == 302  # to the log-in
    booking.refresh_from_db()
    assert booking.state == "pending"


def test_what_can_be_given_up_no_more_is_not_at_any_door(world: World) -> None:
    booking = booked(world, 2, 4)
    rules(cancel_deadline_minutes=180)(world)
    api, page = client_of(world.user), browser(world.user)
    away = Case("away", "starts_at", 30, 32)
    shorter = Case("shorter", "starts_at", 2, 3)
    attempts: list[Callable[[], Any]] = [
        lambda: refused(lambda: service.cancel(world.user, booking)),
        lambda: refused(lambda: series.cancel(world.user, booking, "all")),
        lambda: problem(api.post(f"/api/v1/bookings/{booking.pk}/cancel", {"scope": "all"})),
        lambda: page.post(f"/bookings/{booking.pk}/cancel/", {"scope": "this", "reason": ""}),
        *(lambda door=door, case=case: door(world, case, booking)
          for door in MOVED if door is not by_admin_change for case in (away, shorter)),
    ]  # fmt: skip
    for number, attempt in enumerate(attempts):
        blamed = attempt()
        assert not isinstance(blamed, set) or blamed, number
        booking.refresh_from_db()
        assert (booking.state, booking.starts_at, booking.ends_at) == ("confirmed", at(2), at(4)), number


@pytest.mark.parametrize(
    ("recurrence", "field"),
    [
        ({"frequency": "daily", "count": 5000}, "count"),
        ({"frequency": "weekly", "until": datetime.date(2037, 3, 1)}, "until"),  # ten years
        ({"frequency": "daily", "count": 40}, "count"),  # of 30 at most
        ({"frequency": "daily", "until": datetime.date(2027, 2, 1)}, "until"),  # before it begins
        ({"frequency": "daily"}, "count"),  # without an end
    ],
)
def test_no_series_goes_on_for_ever_at_any_door(world: World, recurrence: dict[str, Any], field: str) -> None:
    rules(series_count_max=30)(world)
    rule = Recurrence(recurrence["frequency"], count=recurrence.get("count"), until=recurrence.get("until"))
    body: dict[str, Any] = {"instrument": "alpha", "group": world.group.slug, "time_zone": "UTC"}
    body |= {name: text.removesuffix("+00:00") for name, text in texts(FINE).items()}
    plain = {name: str(value) if name == "until" else value for name, value in recurrence.items()}
    doors: list[Callable[[], set[str]]] = [
        lambda: refused(
            lambda: series.book(
                world.user, instrument=world.instrument, group=world.group, time_zone="UTC",
                starts_local=at(30).replace(tzinfo=None), ends_local=at(31).replace(tzinfo=None), recurrence_=rule,
            )
        ),
        lambda: problem(client_of(world.user).post("/api/v1/booking-series", body | {"recurrence": plain})),
        lambda: page_errors(browser(world.user).post("/bookings/new/", clocks(world, FINE) | plain)),
    ]  # fmt: skip
    for number, door in enumerate(doors):
        assert field in {name.removeprefix("recurrence.") for name in door()}, number
        assert not Booking.objects.exists(), number


@pytest.mark.parametrize("spoilt", ["training", "outage", "cap", "archived", "left"])
def test_an_offer_is_taken_under_the_rules_of_then(world: World, spoilt: str) -> None:
    """What came to hold after the offer was made counts when it is taken, by service, API and page."""
    entry = waitlist.join(
        world.user, instrument=world.instrument, group=world.group, earliest_at=at(30), latest_at=at(32),
        duration_minutes=120,
    )  # fmt: skip
    assert entry.state == "offered"
    match spoilt:
        case "training":
            BookingRules.objects.create(needs_qualification=True)
            row = qualifications.grant(world.staff, instrument=world.instrument, user=world.user, expires_at=at(31))
            assert row.expires_at == at(31)
        case "outage":
            outages.declare(
                world.staff, instrument=world.instrument, kind="outage", starts_at=at(31), ends_at=at(40), reason="x",
            )  # fmt: skip
        case "cap":
            BookingRules.objects.create(weekly_hours_user_max=1)
        case "archived":
            world.group.archived_at = at(0)
            world.group.save()
        case "left":
            Membership.objects.filter(user=world.user).delete()
    assert refused(lambda: waitlist.accept(world.user, entry))
    assert client_of(world.user).post(f"/api/v1/waitlist/{entry.pk}/accept").status_code in (400, 404, 409)
    browser(world.user).post(f"/bookings/waitlist/{entry.pk}/accept/")
    assert not Booking.objects.filter(state__in=("confirmed", "pending")).exists()
