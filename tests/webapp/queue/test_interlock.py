"""The queue keeps clear of what people have booked: whose runs start when, and which fit into a gap."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.utils import timezone

from webapp.accounts.models import Group, User
from webapp.facility.bookings.windows import Window, windows
from webapp.facility.models import Booking, BookingEvent, Instrument, Outage
from webapp.runs.models import GroupShare, Run
from webapp.runs.queue import share
from webapp.runs.queue.claim import claim_next
from webapp.runs.queue.eligibility import MARGIN_S, eligible, free_s
from webapp.runs.queue.fairness import Candidate

NOW = datetime.datetime(2027, 3, 1, 8, tzinfo=datetime.UTC)


def window(start: float, end: float | None, group: int | None) -> Window:
    """Minutes after NOW."""
    minutes = [None if value is None else NOW + datetime.timedelta(minutes=value) for value in (start, end)]
    return Window(minutes[0], minutes[1], group)


@pytest.mark.parametrize(
    ("windows", "free_min"),
    [
        ((), float("inf")),
        ((window(-10, 10, 1),), float("inf")),  # one's own
        ((window(-10, 10, 2),), 0),
        ((window(-10, 0, 2),), float("inf")),  # over: half-open
        ((window(0, 10, 2),), 0),  # begins now
        ((window(30, 60, 2),), 30),
        ((window(-10, 20, 1), window(20, 40, 2)), 20),
        ((window(-10, 20, 1), window(20, 40, 1), window(50, 60, 2)), 50),
        ((window(15, None, None),), 15),  # an outage until further notice
        ((window(-5, None, None), window(-10, 20, 1)), 0),  # even in one's own booking
    ],
)
def test_time_until_somebody_elses_window(windows: tuple[Window, ...], free_min: float) -> None:
    assert free_s(1, windows, NOW) == free_min * 60


@pytest.mark.parametrize(("spare_s", "starts"), [(MARGIN_S, True), (MARGIN_S - 1.0, False), (0.0, False)])
def test_a_run_ends_with_a_margin_before_somebody_elses_time(spare_s: float, starts: bool) -> None:
    run = Candidate(1, 1, 60.0, 30 * 60.0 - spare_s)
    assert bool(list(eligible([run], [window(30, 60, 2)], NOW))) == starts


@pytest.fixture
def booked(instrument: Instrument) -> Callable[..., Booking]:
    other = Group.objects.create(name="Oxides", slug="oxides")
    owner = User.objects.create(username="olaf")

    def make(start: float, end: float, group: Group = other, **fields: object) -> Booking:
        now = timezone.now()
        times = {
            "starts_at": now + datetime.timedelta(minutes=start), "ends_at": now + datetime.timedelta(minutes=end)
        }  # fmt: skip
        return Booking.objects.create(
            instrument=instrument, group=group, user=owner, created_by=owner, **times | fields
        )

    return make


def claimed() -> int | None:
    claim = claim_next("probe", "w")
    return None if claim is None else claim.run_id


def minutes(value: float) -> dict[str, object]:
    return {"plan": {"duration_s": value * 30, "duration_max_s": value * 60}}


def test_others_wait_while_somebody_has_booked(make_run: Callable[..., Run], booked: Callable[..., Booking]) -> None:
    run = make_run(**minutes(1))
    booking = booked(-5, 30)
    assert claimed() is None
    Booking.objects.filter(pk=booking.pk).update(state="cancelled")
    assert claimed() == run.pk


def test_during_a_booking_its_groups_runs_start_first(
    make_run: Callable[..., Run], booked: Callable[..., Booking]
) -> None:
    first = make_run(**minutes(1))
    own = make_run(**minutes(1))
    booking = booked(-5, 30, no_show_at=timezone.now() + datetime.timedelta(minutes=5))
    Run.objects.filter(pk=own.pk).update(group=booking.group)
    assert claimed() == own.pk
    assert first.pk != own.pk
    booking.refresh_from_db()
    assert booking.checked_in_at is not None  # its run has come, so somebody has
    assert BookingEvent.objects.get(booking=booking).kind == "checked_in"


def test_what_is_booked_is_not_charged_to_the_share_again(
    make_run: Callable[..., Run], booked: Callable[..., Booking]
) -> None:
    """Only what runs took outside their group's own booking counts in the fair order."""
    now = timezone.now()
    inside = make_run(Run.State.ACQUIRING, claimed_at=now - datetime.timedelta(minutes=5))
    booked(-10, 30, group=inside.group)
    share.charge(inside.pk, now)
    assert not GroupShare.objects.exists()
    Run.objects.filter(pk=inside.pk).update(claimed_at=now - datetime.timedelta(minutes=15))
    share.charge(inside.pk, now)
    assert GroupShare.objects.get().used_s == pytest.approx(15 * 60)


def test_what_cannot_end_before_a_booking_does_not_start_and_what_fits_does(
    make_run: Callable[..., Run], booked: Callable[..., Booking]
) -> None:
    booked(20, 40)
    for _ in range(12):
        make_run(**minutes(30))
    make_run(**minutes(20))  # would end with the booking's start, without margin
    make_run(plan={})  # nobody knows how long
    fits = make_run(**minutes(20 - MARGIN_S / 60 - 0.5))
    assert claimed() == fits.pk


def test_an_outage_keeps_everybody_away(make_run: Callable[..., Run], instrument: Instrument) -> None:
    run = make_run(**minutes(5))
    user = User.objects.get(username="ada")
    hour = datetime.timedelta(hours=1)
    outage = Outage.objects.create(
        instrument=instrument, starts_at=timezone.now() - hour, reason="leak", created_by=user
    )
    assert claimed() is None
    Outage.objects.filter(pk=outage.pk).update(withdrawn_at=timezone.now())
    assert claimed() == run.pk


@pytest.mark.parametrize(
    ("start", "fields", "blocks"),
    [
        (-5, {"state": "confirmed"}, True),
        (-5, {"state": "pending"}, False),  # nobody approved it in time
        (2, {"state": "pending"}, True),  # somebody may
        (2, {"state": "offered"}, True),
        (2, {"state": "cancelled"}, False),
        (2, {"state": "released"}, False),
        (-5, {"state": "confirmed", "no_show_at": -1}, False),  # nobody came, whether it was swept yet or not
        (-5, {"state": "confirmed", "no_show_at": 5}, True),
        (-5, {"state": "confirmed", "no_show_at": -1, "checked_in_at": -2}, True),
    ],
)
def test_which_bookings_count(
    instrument: Instrument, booked: Callable[..., Booking], start: float, fields: dict[str, object], blocks: bool
) -> None:
    now = timezone.now()
    moments = {
        name: now + datetime.timedelta(minutes=value) for name, value in fields.items() if not isinstance(value, str)
    }
    booked(start, 30, **fields | moments)
    assert bool(windows(instrument.pk, now)) == blocks
