"""Pages of bookings: every fault beside its field, every button over its service, nothing of other groups told."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp.facility.conftest import NOW, Clock, at
from tests.webapp.pages.test_access import visit
from webapp.accounts.models import Group, Membership, User
from webapp.facility.bookings import qualifications, waitlist
from webapp.facility.models import Booking, BookingRules, Instrument, Outage, Qualification, WaitlistEntry

Book = Callable[..., Booking]
Rule = Callable[..., BookingRules]

LONDON = "Europe/London"


@pytest.fixture
def client(user: User) -> Client:
    """Ada's browser; her clocks are London's."""
    user.time_zone = LONDON
    user.save()
    return visit(user)


def values(instrument: Instrument, group: Group, /, **changes: Any) -> dict[str, Any]:
    typed = {"instrument": instrument.slug, "group": group.slug, "action": "book", "idempotency_key": "page-1"}
    return typed | {"starts_at": "2027-03-01T09:00", "ends_at": "2027-03-01T11:00"} | changes


def errors(answer: Any) -> dict[str, str]:
    """What stands beside which field of the page's form, and is on the page."""
    assert answer.status_code == 200
    found = {name: " ".join(faults) for name, faults in answer.context["form"].errors.items()}
    page = answer.content.decode()
    for name in found:
        assert name == "__all__" or f'data-field="{name}"' in page
    return found


def test_booking_is_made_once(client: Client, instrument: Instrument, group: Group) -> None:
    first, again = (client.post(reverse("bookings:create"), values(instrument, group, title="Mine")) for _ in range(2))
    made = Booking.objects.get()
    assert first["Location"] == again["Location"] == reverse("bookings:detail", args=[made.pk])
    assert (made.starts_at, made.ends_at, made.title) == (at(1), at(3), "Mine")
    page = client.get(first["Location"]).content.decode()
    assert "Mon 1 Mar 2027, 09:00 – 11:00" in page
    assert "ada booked Mon 1 Mar 2027, 09:00 – 11:00." in page


@pytest.mark.parametrize(
    ("field", "changes", "message"),
    [
        ("ends_at", {"ends_at": "2027-03-01T08:30"}, "Must be after the start"),
        ("starts_at", {"starts_at": "2027-03-01T06:00"}, "Is in the past"),
        ("starts_at", {"starts_at": "2027-03-01T12:00", "ends_at": "2027-03-01T14:00"}, "Taken from"),
        ("starts_at", {"starts_at": "2027-03-28T01:30", "ends_at": "2027-03-28T04:00"}, "does not exist in Europe"),
        ("ends_at", {"starts_at": "2027-03-28T00:30", "ends_at": "2027-03-28T01:30"}, "02:30 exist"),
        ("starts_at", {"starts_at": "next week"}, "Must be a time in ISO 8601"),
        ("starts_at", {"starts_at": ""}, "required"),
        ("ends_at", {"starts_at": "2028-03-01T09:00", "ends_at": "2028-03-01T10:00"}, "180 days ahead"),
        ("group", {"group": "nitrites"}, "not a member"),
        ("instrument", {"instrument": "omega"}, "no such instrument"),
        ("until", {"frequency": "weekly", "until": "2037-03-01"}, "at most 60 bookings"),
        ("count", {"frequency": "daily", "count": "5000"}, "at most 60 bookings"),
        ("count", {"frequency": "weekly"}, "Give either count or until"),
        ("interval", {"frequency": "weekly", "count": "3", "interval": "0"}, "Must be 1 to 52"),
        ("weekdays", {"frequency": "daily", "count": "3", "weekdays": ["MO"]}, "Only a weekly"),
        ("ends_at", {"frequency": "weekly", "count": "3", "ends_at": "2027-03-01T08:00"}, "Must be after the start"),
    ],
)
def test_fault_stands_beside_its_field(
    client: Client, instrument: Instrument, group: Group, other_group: Group, book: Book,
    field: str, changes: dict[str, Any], message: str,
) -> None:  # fmt: skip
    book(5, 6)
    found = errors(client.post(reverse("bookings:create"), values(instrument, group, **changes)))
    assert message in found[field]
    assert Booking.objects.count() == 1
    told = json.loads(client.post(reverse("bookings:preview"), values(instrument, group, **changes)).content)
    assert message in " ".join(told["errors"][field])


def test_time_that_comes_twice_is_asked_about(
    client: Client, instrument: Instrument, group: Group, clock: Clock,
) -> None:  # fmt: skip
    clock.now = datetime.datetime(2027, 10, 1, tzinfo=datetime.UTC)
    twice = values(instrument, group, starts_at="2027-10-31T01:30", ends_at="2027-10-31T03:00")
    answer = client.post(reverse("bookings:create"), twice)
    assert "comes twice" in errors(answer)["starts_at"]
    assert 'name="fold"' in answer.content.decode()
    client.post(reverse("bookings:create"), twice | {"fold": "later"})
    assert Booking.objects.get().starts_at == datetime.datetime(2027, 10, 31, 1, 30, tzinfo=datetime.UTC)


def test_series_is_previewed_then_made_without_what_conflicts(
    client: Client, instrument: Instrument, group: Group, book: Book,
) -> None:  # fmt: skip
    book(1 + 7 * 24, 2 + 7 * 24)
    series = values(instrument, group, frequency="weekly", count="3")
    page = client.post(reverse("bookings:create"), series | {"action": "preview"}).content.decode()
    assert "2 of 3 can be had" in page
    assert "Taken from" in page
    assert Booking.objects.count() == 1
    assert "2027-03-08: Taken" in errors(client.post(reverse("bookings:create"), series))["starts_at"]
    client.post(reverse("bookings:create"), series | {"skip": "on"})
    assert Booking.objects.filter(series__isnull=False).count() == 2


def test_changing_undoing_and_cancelling(client: Client, user: User, book: Book) -> None:
    made = book()
    edit = reverse("bookings:edit", args=[made.pk])
    assert 'value="2027-03-01T09:00"' in client.get(edit).content.decode()
    wrong = {"starts_at": "2027-03-01T09:00", "ends_at": "2027-03-01T08:00", "title": ""}
    assert "Must be after" in errors(client.post(edit, wrong))["ends_at"]
    client.post(edit, {"starts_at": "2027-03-01T10:00", "ends_at": "2027-03-01T12:00", "title": "Later"})
    made.refresh_from_db()
    assert (made.starts_at, made.ends_at, made.title) == (at(2), at(4), "Later")
    made.events.update(at=NOW)
    page = reverse("bookings:detail", args=[made.pk])
    assert "Undo the move" in client.get(page).content.decode()
    client.post(reverse("bookings:undo", args=[made.pk]))
    made.refresh_from_db()
    assert (made.starts_at, made.ends_at) == (at(1), at(2))
    client.post(reverse("bookings:cancel", args=[made.pk]), {"reason": "No sample"})
    shown = client.get(page).content.decode()
    assert "ada cancelled it: No sample" in shown
    assert "Book again" in shown
    like = client.get(reverse("bookings:create") + f"?like={made.pk}").content.decode()
    assert 'value="2027-03-01T09:00"' in like


def test_what_is_left_as_it_is_does_not_move(client: Client, book: Book) -> None:
    """Fields show minutes; the seconds behind them stay."""
    made = book(1 + 1 / 3600, 2)
    client.post(
        reverse("bookings:edit", args=[made.pk]),
        {"starts_at": "2027-03-01T09:00", "ends_at": "2027-03-01T10:30", "title": ""},
    )
    made.refresh_from_db()
    assert (made.starts_at, made.ends_at) == (at(1 + 1 / 3600), at(2.5))


@pytest.mark.parametrize(("scope", "left"), [("this", 2), ("following", 1), ("all", 0)])
def test_series_is_cancelled_as_far_as_asked(
    client: Client, instrument: Instrument, group: Group, scope: str, left: int
) -> None:
    client.post(reverse("bookings:create"), values(instrument, group, frequency="daily", count="3"))
    second = Booking.objects.order_by("starts_at")[1]
    client.post(reverse("bookings:cancel", args=[second.pk]), {"scope": scope})
    assert Booking.objects.filter(state=Booking.State.CONFIRMED).count() == left


def test_check_in_and_finish(client: Client, book: Book, rule: Rule, clock: Clock) -> None:
    rule(no_show_minutes=30)
    made = book()
    page = reverse("bookings:detail", args=[made.pk])
    assert "Check in</button>" not in client.get(page).content.decode()
    clock.now = at(1.1)
    assert "Check in</button>" in client.get(page).content.decode()
    client.post(reverse("bookings:check-in", args=[made.pk]))
    made.refresh_from_db()
    assert made.checked_in_at == clock.now
    client.post(reverse("bookings:finish", args=[made.pk]))
    made.refresh_from_db()
    assert made.ends_at == clock.now


def test_calendar_tells_others_only_that_time_is_booked(
    client: Client,
    stranger: User,
    other_group: Group,
    instrument: Instrument,
    book: Book,
) -> None:
    book(1, 2, title="My own")
    book(3, 4, actor=stranger, group=other_group, title="Secret compound")
    Outage.objects.create(
        instrument=instrument, starts_at=at(5), ends_at=at(6), reason="Probe", created_by=stranger, kind="outage"
    )
    week = {"start": "2027-03-01T00:00:00", "end": "2027-03-08T00:00:00"}
    told = client.get(reverse("bookings:events"), week)
    shown = json.loads(told.content)["events"]
    assert [one["title"] for one in shown] == ["My own", "Booked", "Probe"]
    assert [one.get("movable", False) for one in shown] == [True, False, False]
    assert shown[0]["start"] == "2027-03-01T09:00:00"
    for text in (told.content.decode(), client.get(reverse("bookings:calendar") + "?date=2027-03-01").content.decode()):
        assert "My own" in text
        assert "Secret" not in text
        assert "Nitrites" not in text


@pytest.mark.parametrize(
    "query", [{}, {"start": "x", "end": "y"}, {"start": "2027-03-01T00:00", "end": "2037-01-01T00:00"}]
)
def test_events_want_a_sensible_span(client: Client, instrument: Instrument, query: dict[str, str]) -> None:
    assert client.get(reverse("bookings:events"), query).status_code == 400


def test_days_that_clocks_begin_late_are_shown(client: Client, user: User, instrument: Instrument) -> None:
    """In Santiago, 5 September 2027 begins at 01:00."""
    user.time_zone = "America/Santiago"
    user.save()
    week = {"start": "2027-09-05T00:00:00", "end": "2027-09-06T00:00:00"}
    assert client.get(reverse("bookings:events"), week).status_code == 200


def test_buffers_are_shown_for_one_instrument(
    client: Client,
    instrument: Instrument,
    book: Book,
    rule: Rule,
) -> None:
    rule(buffer_minutes=30)
    book()
    week = {"start": "2027-03-01T00:00:00", "end": "2027-03-08T00:00:00", "instrument": instrument.slug}
    shown = json.loads(client.get(reverse("bookings:events"), week).content)["events"]
    assert [one["start"][11:16] for one in shown if one["kind"] == "buffer"] == ["08:30", "10:00"]


def test_another_groups_booking_is_as_if_it_did_not_exist(stranger: User, book: Book) -> None:
    made = book()
    other = visit(stranger)
    for name, method in (("detail", "get"), ("edit", "get"), ("cancel", "post"), ("finish", "post"), ("undo", "post")):
        assert getattr(other, method)(reverse(f"bookings:{name}", args=[made.pk])).status_code == 404
    form = other.get(reverse("bookings:create") + f"?like={made.pk}").content.decode()
    assert not re.search(r"\bada\b", form)  # as a word: random keys may hold the letters


def test_leaders_book_for_their_members_and_others_do_not(
    client: Client, user: User, stranger: User, instrument: Instrument, group: Group
) -> None:
    bob = User.objects.create_user("bob")
    Membership.objects.create(user=bob, group=group)
    assert 'name="user"' not in client.get(reverse("bookings:create")).content.decode()
    Membership.objects.filter(user=user).update(role=Membership.Role.LEADER)
    assert errors(client.post(reverse("bookings:create"), values(instrument, group, user="eve")))["user"]
    client.post(reverse("bookings:create"), values(instrument, group, user="bob"))
    assert Booking.objects.get().user == bob


def test_requests_are_decided_by_staff(
    client: Client,
    staff: User,
    book: Book,
    rule: Rule,
) -> None:
    rule(needs_approval=True)
    first, second = book(1, 2), book(3, 4)
    address = reverse("bookings:approvals")
    assert client.get(address).status_code == 403
    office = visit(staff)
    assert office.get(address).content.decode().count("Approve</button>") == 2
    office.post(reverse("bookings:decide", args=[first.pk]), {"decision": "approve"})
    office.post(reverse("bookings:decide", args=[second.pk]), {"decision": "decline", "reason": "Visit of the dean"})
    assert [Booking.objects.get(pk=one.pk).state for one in (first, second)] == ["confirmed", "declined"]
    assert "Visit of the dean" in client.get(reverse("bookings:detail", args=[second.pk])).content.decode()
    assert client.post(reverse("bookings:decide", args=[first.pk]), {"decision": "approve"}).status_code == 403


def test_waitlist_is_joined_offered_and_taken(
    client: Client,
    stranger: User,
    other_group: Group,
    instrument: Instrument,
    group: Group,
    book: Book,
) -> None:
    blocking = book(1, 5, actor=stranger, group=other_group)
    wish = values(
        instrument, group, earliest_at="2027-03-01T09:00", latest_at="2027-03-01T13:00", duration_minutes="60"
    )
    address = reverse("bookings:waitlist")
    assert "longer than" in errors(client.post(address, wish | {"duration_minutes": "600"}))["duration_minutes"]
    assert "Must be after" in errors(client.post(address, wish | {"latest_at": "2027-03-01T08:00"}))["latest_at"]
    client.post(address, wish)
    assert "waits for 60 min" in client.get(address).content.decode()
    visit(stranger).post(reverse("bookings:cancel", args=[blocking.pk]), {"reason": ""})
    entry = WaitlistEntry.objects.get()
    assert "Take it" in client.get(address).content.decode()
    client.post(reverse("bookings:waitlist-accept", args=[entry.pk]))
    assert Booking.objects.get(user__username="ada").state == Booking.State.CONFIRMED


def test_offer_is_let_go(client: Client, user: User, instrument: Instrument, group: Group) -> None:
    entry = waitlist.join(
        user, instrument=instrument, group=group, earliest_at=at(1), latest_at=at(4), duration_minutes=60
    )
    assert entry.state == WaitlistEntry.State.OFFERED
    client.post(reverse("bookings:waitlist-decline", args=[entry.pk]))
    entry.refresh_from_db()
    assert entry.state == WaitlistEntry.State.DECLINED


def test_outage_tells_whose_bookings_fall_into_it(
    client: Client,
    staff: User,
    instrument: Instrument,
    book: Book,
) -> None:
    made = book(25, 26)
    office, address = visit(staff), reverse("bookings:outages")
    wish = {
        "instrument": instrument.slug, "kind": "maintenance", "starts_at": "2027-03-02T08:00",
        "ends_at": "2027-03-02T18:00", "reason": "New probe", "on_bookings": "cancel", "action": "preview",
    }  # fmt: skip
    assert "1 booking falls into it" in office.post(address, wish).content.decode()
    assert not Outage.objects.exists()
    wish["action"] = "declare"
    assert "Must be after" in errors(office.post(address, wish | {"ends_at": "2027-03-02T07:00"}))["ends_at"]
    assert "required" in errors(office.post(address, wish | {"reason": ""}))["reason"]
    office.post(address, wish)
    made.refresh_from_db()
    assert made.state == Booking.State.CANCELLED
    assert client.get(address).status_code == 403
    office.post(reverse("bookings:outage-withdraw", args=[Outage.objects.get().pk]))
    assert Outage.objects.get().withdrawn_at is not None


def test_training_is_granted_seen_and_revoked(client: Client, staff: User, user: User, instrument: Instrument) -> None:
    office, address = visit(staff), reverse("bookings:training")
    wish = {"person": "ada", "instrument": instrument.slug, "expires_on": "2027-03-20", "note": "by Stella"}
    assert "Must be in the future" in errors(office.post(address, wish | {"expires_on": "2020-01-01"}))["expires_on"]
    office.post(address, wish)
    assert "Expires within 30 days" in office.get(address).content.decode()
    for page in (reverse("accounts:settings"), reverse("facility:detail", args=[instrument.slug])):
        assert "trained" in client.get(page).content.decode()
    assert "Sun 21 Mar 2027, 00:00" in client.get(reverse("accounts:settings")).content.decode()
    office.post(reverse("bookings:training-revoke", args=[Qualification.objects.get().pk]))
    assert "Nobody" in office.get(address).content.decode()


def test_instruments_page_says_when_it_is_taken_and_by_which_rules(
    client: Client,
    user: User,
    staff: User,
    instrument: Instrument,
    book: Book,
    rule: Rule,
) -> None:
    address = reverse("facility:detail", args=[instrument.slug])
    assert "Free for the next two weeks" in client.get(address).content.decode()
    qualifications.grant(staff, instrument=instrument, user=user)
    rule(needs_qualification=True, duration_max_minutes=240, weekly_hours_user_max=10)
    book(title="Thermometer")
    page = client.get(address).content.decode()
    for text in ("Thermometer", "lasts 5 min to 4 h", "One user may book 10 h a week", "You are trained on it"):
        assert text in page


def test_own_bookings_have_a_list(client: Client, book: Book) -> None:
    assert "Nothing is booked for you" in client.get(reverse("bookings:mine")).content.decode()
    book(title="Thermometer")
    assert "Thermometer" in client.get(reverse("bookings:mine")).content.decode()
