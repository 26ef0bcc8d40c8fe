"""What becomes of the bookings and runs of somebody who leaves a group or is taken out, by every door, with a trail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from acquisition.errors import InvalidParameters
from tests.webapp.conftest import client_of
from tests.webapp.facility.conftest import at, clock
from webapp.accounts.models import Group, GroupEvent, Membership, User
from webapp.accounts.services import groups
from webapp.facility.bookings import service, waitlist
from webapp.facility.models import Booking, BookingRules, Instrument, WaitlistEntry
from webapp.notifications.models import Notification
from webapp.runs.models import Run

__all__ = ["clock"]
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def leader(group: Group) -> User:
    lea = User.objects.create_user("lea")
    Membership.objects.create(user=lea, group=group, role=Membership.Role.LEADER)
    return lea


@pytest.fixture
def work(
    user: User, group: Group, instrument: Instrument, make_run: Callable[..., Run]
) -> tuple[Booking, Booking, Run]:
    """Ada's: a booking that runs, one to come, a run that waits, one that is measured, and a wish for time."""
    times = {"instrument": instrument, "group": group}
    running = service.book(user, **times, starts_at=at(0.1), ends_at=at(3)).booking
    Booking.objects.filter(pk=running.pk).update(starts_at=at(-1))
    later = service.book(user, **times, starts_at=at(30), ends_at=at(32), title="Later").booking
    waiting, _measured = make_run(), make_run(state=Run.State.ACQUIRING)
    waitlist.join(user, **times, earliest_at=at(30), latest_at=at(32), duration_minutes=120)
    return running, later, waiting


def state(*rows: Any) -> list[str]:
    for row in rows:
        row.refresh_from_db()
    return [row.state for row in rows]


def test_kept_for_the_group(work: tuple[Any, ...], leader: User, user: User, group: Group) -> None:
    settled = groups.remove_member(leader, group, user, "keep")
    running, later, run = work
    assert state(*work) == ["confirmed", "confirmed", "queued"]
    assert {booking.user for booking in (running, later)} == {leader}
    assert (settled.bookings_kept, settled.runs_kept) == ([running.pk, later.pk], [run.pk])
    assert later.events.last().kind == "handed_over"
    assert later.events.last().payload == {"to": "lea", "before": "ada"} and later.sequence == 1
    assert WaitlistEntry.objects.get().state == "withdrawn"
    assert "ada is no longer in Chlorates. The run stays, as lea decided." in run.events.last().payload["text"]
    event = GroupEvent.objects.get(kind="removed")
    assert (event.actor, event.user, event.payload["bookings_kept"]) == (leader, user, [running.pk, later.pk])


def test_cancelled(work: tuple[Any, ...], leader: User, user: User, group: Group) -> None:
    settled = groups.remove_member(leader, group, user, "cancel")
    running, later, run = work
    assert state(*work) == ["confirmed", "cancelled", "cancelled"]
    assert running.ends_at == at(0) and running.events.last().kind == "finished"
    assert later.reason == "ada is no longer in Chlorates."
    assert (settled.bookings_cancelled, settled.runs_cancelled) == ([running.pk, later.pk], [run.pk])
    assert Run.objects.filter(state=Run.State.ACQUIRING, cancel_requested=False).count() == 1


def test_no_rule_is_got_round_by_it(work: tuple[Any, ...], leader: User, user: User, group: Group) -> None:
    running, later, _run = work
    BookingRules.objects.create(needs_qualification=True, cancel_deadline_minutes=60 * 48)
    settled = groups.remove_member(leader, group, user, "keep")
    # nobody is trained to take them over; the one to come can be given up no more, so it stays as it is
    assert settled.bookings_cancelled == [running.pk] and settled.bookings_kept == [later.pk]
    assert state(later) == ["confirmed"] and later.user == user


def test_nobody_books_for_a_group_in_the_moment_they_leave_it(
    leader: User, user: User, group: Group, instrument: Instrument
) -> None:
    groups.leave(user, group)
    with pytest.raises(InvalidParameters, match="group: "):
        service.book(user, instrument=instrument, group=group, starts_at=at(30), ends_at=at(31))


@pytest.mark.parametrize(("choice", "expected"), [("keep", "confirmed"), ("cancel", "cancelled")])
def test_by_page_and_api(
    work: tuple[Any, ...], leader: User, user: User, group: Group, choice: str, expected: str
) -> None:
    page = Client()
    page.force_login(leader)
    address = f"/accounts/groups/chlorates/members/{group.memberships.get(user=user).pk}/remove/"
    asked = page.get(address).content.decode()
    assert "2 bookings to come and 1 run that waits" in asked and "Later" in asked and 'value="cancel"' in asked
    assert "Must be one of" in page.post(address, {"work": "burn"}, follow=True).content.decode()
    assert group.memberships.filter(user=user).exists()
    member = Client()
    member.force_login(user)
    assert member.get(address).status_code == member.post(address, {"work": "keep"}).status_code == 403
    api = client_of(leader)
    assert api.delete("/api/v1/groups/chlorates/members/ada?work=burn").status_code == 400
    if choice == "keep":
        assert page.post(address, {"work": choice}).status_code == 302
    else:
        assert api.delete(f"/api/v1/groups/chlorates/members/ada?work={choice}").status_code == 204
    assert state(work[1]) == [expected]
    events = api.get("/api/v1/groups/chlorates/events").json()
    assert [(one["kind"], one["user"], one["actor"]) for one in events] == [("removed", "ada", "lea")]
    assert "Taken out: ada" in page.get("/accounts/groups/chlorates/").content.decode()


def test_leaving_asks_too_and_hands_over_to_who_leads(
    work: tuple[Any, ...], leader: User, user: User, group: Group, api: Any
) -> None:
    page = Client()
    page.force_login(user)
    assert "Leave Chlorates?" in page.get("/accounts/groups/chlorates/leave/").content.decode()
    assert api.get("/api/v1/groups/chlorates/events").status_code == 403
    assert api.post("/api/v1/groups/chlorates/leave", {"work": "burn"}).status_code == 400
    assert page.post("/accounts/groups/chlorates/leave/", {"work": "keep"}).status_code == 302
    assert state(work[1]) == ["confirmed"] and work[1].user == leader
    assert GroupEvent.objects.get().kind == "left"
    assert Notification.objects.filter(user=leader, title__startswith="A booking is yours now").count() == 2
    assert page.get("/accounts/groups/chlorates/leave/").status_code == 404


def test_every_change_of_a_group_is_in_its_history(leader: User, staff: User, user: User, group: Group) -> None:
    new = User.objects.create_user("neo")
    groups.add_member(leader, group, new)
    groups.set_role(leader, group, new, "leader")
    groups.set_role(leader, group, new, "leader")
    groups.rename(leader, group, "Chlorates")
    groups.rename(leader, group, "Bromates")
    groups.archive(leader, group)
    groups.archive(leader, group)
    groups.reopen(staff, group)
    groups.reopen(staff, group)
    told = [(one.kind, one.actor.username, one.payload) for one in group.events.all()]
    assert told == [
        ("joined", "lea", {"role": "member"}), ("role", "lea", {"role": "leader", "before": "member"}),
        ("renamed", "lea", {"name": "Bromates", "before": "Chlorates"}), ("archived", "lea", {}),
        ("reopened", "stella", {}),
    ]  # fmt: skip
    made = groups.create(staff, name="Iodates", leader=new)
    assert [one.kind for one in made.events.all()] == ["made", "joined"]
