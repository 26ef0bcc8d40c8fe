"""Every rule at every door: whoever books, moves or recurs, by service, API, page or administration, meets the same.

Rules that are no matter of a time alone are in test_doors_of_rules.py.
"""

from __future__ import annotations

import datetime
import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from acquisition.errors import InvalidParameters
from tests.webapp.conftest import client_of
from tests.webapp.facility.conftest import NOW, at
from webapp.accounts.models import Group, Membership, User
from webapp.errors import ServiceError
from webapp.facility.bookings import outages, qualifications, series, service
from webapp.facility.bookings.recurrence import Recurrence
from webapp.facility.models import Booking, BookingRules, Instrument


@dataclass(frozen=True)
class World:
    instrument: Instrument
    group: Group
    user: User  # books
    staff: User  # administers
    other: User  # of the same group


@dataclass(frozen=True)
class Case:
    """A rule: how it comes to hold, and a time (hours after NOW) that it forbids, blaming `field`."""

    name: str
    field: str
    start: float
    end: float
    prepare: Callable[[World], Any] = lambda world: None


def rules(**values: Any) -> Callable[[World], Any]:
    return lambda world: BookingRules.objects.create(instrument=world.instrument, **values)


def taken(start: float, end: float, **values: Any) -> Callable[[World], Any]:
    """Another of the group has booked this time; then the rules come to hold."""

    def prepare(world: World) -> None:
        times = {"starts_at": at(start), "ends_at": at(end)}
        service.book(world.other, instrument=world.instrument, group=world.group, **times)
        if values:
            BookingRules.objects.create(instrument=world.instrument, **values)

    return prepare


def out_of_order(world: World) -> None:
    outages.declare(
        world.staff, instrument=world.instrument, kind="maintenance", starts_at=at(30), ends_at=None, reason="moves"
    )


def own_week(world: World) -> None:
    times = {"starts_at": at(40), "ends_at": at(48)}
    service.book(world.user, instrument=world.instrument, group=world.group, **times)
    BookingRules.objects.create(instrument=world.instrument, weekly_hours_user_max=10)


def trained_too_short(world: World) -> None:
    qualifications.grant(world.staff, instrument=world.instrument, user=world.user, expires_at=at(31))
    BookingRules.objects.create(instrument=world.instrument, needs_qualification=True)


def archived(world: World) -> None:
    Group.objects.filter(pk=world.group.pk).update(archived_at=NOW)


def left(world: World) -> None:
    Membership.objects.filter(user=world.user, group=world.group).delete()
    Membership.objects.create(user=world.user, group=Group.objects.create(name="Elsewhere", slug="elsewhere"))


CASES = [
    Case("end before start", "ends_at", 32, 30),
    Case("no length", "ends_at", 30, 30),
    Case("past", "starts_at", -3, -1),
    Case("too short", "ends_at", 30, 30.2, rules(duration_min_minutes=15)),
    Case("too long", "ends_at", 30, 35, rules(duration_max_minutes=240)),
    Case("beyond the horizon", "ends_at", 24 * 15, 24 * 15 + 1, rules(horizon_days=14)),
    Case("beyond the default horizon", "ends_at", 24 * 400, 24 * 400 + 1),
    Case("taken", "starts_at", 30, 32, taken(31, 33)),
    Case("taken all around", "starts_at", 30, 32, taken(29, 33)),
    Case("too soon after another", "starts_at", 30, 32, taken(28, 29.9, buffer_minutes=15)),
    Case("too soon before another", "ends_at", 30, 32, taken(32.1, 33, buffer_minutes=15)),
    Case("outage", "starts_at", 30, 32, out_of_order),
    Case("the user's week", "ends_at", 30, 33, own_week),
    Case("the group's week", "ends_at", 30, 33, taken(40, 48, weekly_hours_group_max=10)),
    Case("no training", "instrument", 30, 32, rules(needs_qualification=True)),
    Case("training ends before", "instrument", 30, 32, trained_too_short),
    Case("archived group", "group", 30, 32, archived),
    Case("foreign project", "group", 30, 32, left),
]


def by_service(world: World, case: Case) -> set[str]:
    times = {"starts_at": at(case.start), "ends_at": at(case.end)}
    return refused(lambda: service.book(world.user, instrument=world.instrument, group=world.group, **times))


def by_api(world: World, case: Case) -> set[str]:
    body = {"instrument": "alpha", "group": world.group.slug} | texts(case)
    return problem(client_of(world.user).post("/api/v1/bookings", body))


def by_admin(world: World, case: Case) -> set[str]:
    parties = {"instrument": world.instrument.pk, "group": world.group.pk, "user": world.user.pk}
    return form_errors(admin(world).post("/admin/facility/booking/add/", parties | EVENTS | split(case)))


def by_series(world: World, case: Case) -> set[str]:
    return refused(
        lambda: series.book(
            world.user, instrument=world.instrument, group=world.group, time_zone="UTC",
            starts_local=at(case.start).replace(tzinfo=None), ends_local=at(case.end).replace(tzinfo=None),
            recurrence_=Recurrence("daily", count=1),
        )
    )  # fmt: skip


def by_series_api(world: World, case: Case) -> set[str]:
    body: dict[str, Any] = {"instrument": "alpha", "group": world.group.slug, "time_zone": "UTC"}
    body |= {name: text.removesuffix("+00:00") for name, text in texts(case).items()}
    return problem(client_of(world.user).post("/api/v1/booking-series", body | {"recurrence": DAILY}))


def by_edit(world: World, case: Case, booking: Booking) -> set[str]:
    return refused(lambda: service.edit(world.user, booking, starts_at=at(case.start), ends_at=at(case.end)))


def by_api_patch(world: World, case: Case, booking: Booking) -> set[str]:
    someone = world.user if Membership.objects.filter(user=world.user, group=world.group).exists() else world.staff
    return problem(client_of(someone).patch(f"/api/v1/bookings/{booking.pk}", texts(case)))


def by_admin_change(world: World, case: Case, booking: Booking) -> set[str]:
    address = f"/admin/facility/booking/{booking.pk}/change/"
    return form_errors(admin(world).post(address, EVENTS | split(case)))


def by_series_edit(world: World, case: Case, booking: Booking) -> set[str]:
    times = {"starts_at": at(case.start), "ends_at": at(case.end)}
    return refused(lambda: series.edit(world.user, booking, "all", **times))


def by_page(world: World, case: Case) -> set[str]:
    return page_errors(browser(world.user).post("/bookings/new/", clocks(world, case)))


def by_page_series(world: World, case: Case) -> set[str]:
    daily = {"frequency": "daily", "count": "1"}
    return page_errors(browser(world.user).post("/bookings/new/", clocks(world, case) | daily))


def by_page_edit(world: World, case: Case, booking: Booking) -> set[str]:
    # pages show nothing to who has left; there is no need to try this door as them
    someone = world.user if Membership.objects.filter(user=world.user, group=world.group).exists() else world.staff
    return page_errors(browser(someone).post(f"/bookings/{booking.pk}/edit/", clocks(world, case) | {"scope": "all"}))


NEW = [by_service, by_api, by_admin, by_page, by_series, by_series_api, by_page_series]
MOVED = [by_edit, by_api_patch, by_admin_change, by_page_edit, by_series_edit]
DAILY = {"frequency": "daily", "count": 1}
EVENTS = {f"events-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL", "MIN_NUM")} | {"events-MAX_NUM_FORMS": 0}


@pytest.fixture
def world(user: User, group: Group, instrument: Instrument, staff: User) -> World:
    other = User.objects.create_user("otto")
    Membership.objects.create(user=other, group=group)
    return World(instrument, group, user, staff, other)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_new_booking_gets_past_a_rule(world: World, case: Case) -> None:
    case.prepare(world)
    before = Booking.objects.count()
    for door in NEW:
        blamed = door(world, case)
        as_series = door in (by_series, by_series_api, by_page_series) and "horizon" in case.name
        counted = blamed & {"recurrence.count", "count"}
        assert case.field in blamed or (as_series and counted), (door.__name__, blamed)
        assert Booking.objects.count() == before, door.__name__


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_booking_is_moved_past_a_rule(world: World, case: Case) -> None:
    made = series.book(
        world.user, instrument=world.instrument, group=world.group, time_zone="UTC",
        starts_local=at(100).replace(tzinfo=None), ends_local=at(101).replace(tzinfo=None),
        recurrence_=Recurrence("daily", count=1),
    )  # fmt: skip
    booking = made.bookings[0]
    case.prepare(world)
    for door in MOVED:
        assert case.field in door(world, case, booking), door.__name__
        booking.refresh_from_db()
        assert (booking.starts_at, booking.ends_at) == (at(100), at(101)), door.__name__


def test_what_no_rule_forbids_goes_through_every_door(world: World) -> None:
    for index, door in enumerate(NEW):
        assert door(world, Case("fine", "", 30 + 2 * index, 31 + 2 * index)) == set(), door.__name__
    assert Booking.objects.count() == len(NEW)
    for index, (door, booking) in enumerate(zip(MOVED, Booking.objects.exclude(series=None), strict=False)):
        assert door(world, Case("fine", "", 50 + 2 * index, 51 + 2 * index), booking) == set(), door.__name__


def test_a_late_cancellation_by_every_door(world: World) -> None:
    booking = service.book(
        world.user, instrument=world.instrument, group=world.group, starts_at=at(2), ends_at=at(4)
    ).booking
    rules(cancel_deadline_minutes=180)(world)
    api = client_of(world.user)
    assert refused(lambda: service.cancel(world.user, booking)) == {"starts_at"}
    assert problem(api.post(f"/api/v1/bookings/{booking.pk}/cancel")) == {"starts_at"}
    # moved away or made shorter it would be given up just as well; made longer it is not
    assert problem(
        api.patch(f"/api/v1/bookings/{booking.pk}", {"starts_at": at(30).isoformat(), "ends_at": at(32).isoformat()})
    )
    assert problem(api.patch(f"/api/v1/bookings/{booking.pk}", {"ends_at": at(3).isoformat()})) == {"starts_at"}
    assert problem(api.patch(f"/api/v1/bookings/{booking.pk}", {"ends_at": at(5).isoformat()})) == set()
    # staff may, by the list of the administration too, where nothing is ever deleted
    page = admin(world)
    assert page.post(f"/admin/facility/booking/{booking.pk}/delete/", {"post": "yes"}).status_code == 403
    page.post("/admin/facility/booking/", {"action": "delete_selected", "_selected_action": booking.pk, "post": "yes"})
    booking.refresh_from_db()
    assert booking.state == "confirmed"
    page.post("/admin/facility/booking/", {"action": "cancel", "_selected_action": booking.pk})
    booking.refresh_from_db()
    assert booking.state == "cancelled"
    assert [event.kind for event in booking.events.all()] == ["created", "moved", "cancelled"]


def test_actions_on_many_bookings_obey_the_rules_one_by_one(world: World) -> None:
    rules(needs_approval=True)(world)
    made = [
        service.book(
            world.user, instrument=world.instrument, group=world.group, starts_at=at(start), ends_at=at(start + 1)
        ).booking
        for start in (30, 40)
    ]
    assert [booking.state for booking in made] == ["pending", "pending"]
    outages.declare(
        world.staff, instrument=world.instrument, kind="outage", starts_at=at(40), ends_at=at(41), reason="broken"
    )
    chosen = {"action": "approve", "_selected_action": [booking.pk for booking in made]}
    answer = admin(world).post("/admin/facility/booking/", chosen, follow=True)
    assert b"broken" in answer.content
    assert [Booking.objects.get(pk=booking.pk).state for booking in made] == ["confirmed", "pending"]


def admin(world: World) -> Client:
    client = Client()
    client.force_login(world.staff)
    return client


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def clocks(world: World, case: Case) -> dict[str, str]:
    """What somebody types into the form, in UTC."""
    times = {name: f"{at(hours):%Y-%m-%dT%H:%M}" for name, hours in (("starts_at", case.start), ("ends_at", case.end))}
    return {"instrument": world.instrument.slug, "group": world.group.slug, "title": ""} | times


def page_errors(answer: Any) -> set[str]:
    """The fields with something beside them."""
    if answer.status_code == 302:
        return set()
    form = answer.context["form"]
    named = set(form.errors) - {"__all__"}
    text = html.unescape(answer.content.decode())
    if "Bookings belong to a group" not in text:  # which is all that is told to who is in none
        assert all(str(form.errors[field][0]) in text for field in named)
    # what the form of a booking that exists has no field for is said on top
    return named | ({"group", "instrument"} if form.non_field_errors() else set())


def texts(case: Case) -> dict[str, str]:
    return {"starts_at": at(case.start).isoformat(), "ends_at": at(case.end).isoformat()}


def split(case: Case) -> dict[str, str]:
    fields = {"title": ""}
    for name, hours in (("starts_at", case.start), ("ends_at", case.end)):
        moment = at(hours).astimezone(datetime.UTC)
        fields |= {f"{name}_0": f"{moment:%Y-%m-%d}", f"{name}_1": f"{moment:%H:%M:%S}"}
    return fields


def refused(action: Callable[[], Any]) -> set[str]:
    try:
        action()
    except InvalidParameters as error:
        return {fault.field for fault in error.errors}
    except ServiceError as error:
        return {error.field}
    return set()


def problem(answer: Any) -> set[str]:
    if answer.status_code < 300:
        return set()
    assert 400 <= answer.status_code < 500, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return {fault["field"] for fault in answer.json()["errors"]}


def form_errors(answer: Any) -> set[str]:
    if answer.status_code == 302:
        return set()
    form = answer.context["adminform"].form
    named = set(form.errors) - {"__all__"}
    # what the form has no field for, such as the group of a booking that exists, is said on top
    return named | ({"group", "instrument"} if form.non_field_errors() else set())
