"""Any sequence of what people do with bookings, against a model that knows five-minute marks only."""

from __future__ import annotations

import datetime
import itertools
import os
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from acquisition.errors import InvalidParameters
from tests.webapp.facility.conftest import NOW, Clock
from webapp.accounts.models import Group, Membership, User
from webapp.errors import Conflict
from webapp.facility.bookings import checkin, outages, service, waitlist
from webapp.facility.bookings.sweep import sweep
from webapp.facility.models import Booking, BookingRules, Instrument, Outage, WaitlistEntry

#: sequences tried; on PostgreSQL, where each takes longer, what matters is that the statements work there too
EXAMPLES = 4 if os.environ["DATABASE_URL"] else 12

MARK_MIN = 5
#: the rules of the instrument, in marks
SHORTEST, LONGEST, BUFFER, CAP, NO_SHOW = 3, 24, 2, 30, 4

starts = st.integers(-3, 120)
lengths = st.integers(0, 30)
people = st.integers(0, 2)


def moment(mark: int) -> datetime.datetime:
    return NOW + datetime.timedelta(minutes=MARK_MIN * mark)


def mark(moment_: datetime.datetime) -> float:
    return (moment_ - NOW).total_seconds() / 60 / MARK_MIN


class Bookings(RuleBasedStateMachine):
    """All happens in Monday's week, so that one cap counts."""

    clock: Clock

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.clock.now = NOW
        self.staff = User.objects.create(username="staff", is_staff=True)
        self.group = Group.objects.create(name="g", slug="g")
        self.users = [User.objects.create(username=f"u{number}") for number in range(3)]
        for user in self.users:
            Membership.objects.create(user=user, group=self.group)
        self.instrument = Instrument.objects.create(slug="i", name="i", uri="x")
        BookingRules.objects.create(
            instrument=self.instrument,
            duration_min_minutes=SHORTEST * MARK_MIN,
            duration_max_minutes=LONGEST * MARK_MIN,
            buffer_minutes=BUFFER * MARK_MIN,
            weekly_hours_user_max=CAP * MARK_MIN / 60,
            no_show_minutes=NO_SHOW * MARK_MIN,
        )

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    # -- what people do -----------------------------------------------------------------------------------------------
    @rule(who=people, start=starts, length=lengths)
    def book(self, who: int, start: int, length: int) -> None:
        sweep()  # time alone changes things too; booking sees to it, and so must the model's idea of what is free
        permitted = self.permitted(who, start, start + length)
        done = self.attempt(
            lambda: service.book(
                self.users[who], instrument=self.instrument, group=self.group,
                starts_at=moment(start), ends_at=moment(start + length),
            )
        )  # fmt: skip
        assert done == permitted, (who, start, length)

    @rule(which=st.integers(0, 50), start=starts, length=lengths)
    @precondition(lambda self: self.coming())
    def move(self, which: int, start: int, length: int) -> None:
        sweep()
        coming = self.coming()
        if not coming:
            return
        booking = coming[which % len(coming)]
        who = self.users.index(booking.user)
        permitted = self.permitted(who, start, start + length, besides=booking)
        ends = moment(start + length)
        unchanged = (booking.starts_at, booking.ends_at) == (moment(start), ends)
        done = self.attempt(lambda: service.edit(booking.user, booking, starts_at=moment(start), ends_at=ends))
        assert done == (permitted or unchanged)

    @rule(which=st.integers(0, 50), step=st.sampled_from([service.cancel, service.finish, checkin.check_in]))
    @precondition(lambda self: Booking.objects.exists())
    def change(self, which: int, step: Callable[..., Any]) -> None:
        rows = list(Booking.objects.select_related("user", "instrument").order_by("pk"))
        booking = rows[which % len(rows)]
        self.attempt(lambda: step(booking.user, booking))

    @rule(marks=st.integers(1, 12), ticks=st.booleans())
    def wait(self, marks: int, ticks: bool) -> None:
        self.clock.now += datetime.timedelta(minutes=marks * MARK_MIN)
        if ticks:
            sweep()

    @rule(who=people, start=starts, room=st.integers(1, 40), length=st.integers(1, 30))
    def join(self, who: int, start: int, room: int, length: int) -> None:
        self.attempt(
            lambda: waitlist.join(
                self.users[who], instrument=self.instrument, group=self.group, earliest_at=moment(start),
                latest_at=moment(start + room), duration_minutes=length * MARK_MIN,
            )
        )  # fmt: skip

    @rule(which=st.integers(0, 50), step=st.sampled_from([waitlist.accept, waitlist.decline, waitlist.withdraw]))
    @precondition(lambda self: WaitlistEntry.objects.exists())
    def answer(self, which: int, step: Callable[..., Any]) -> None:
        rows = list(WaitlistEntry.objects.select_related("user", "group", "instrument").order_by("pk"))
        entry = rows[which % len(rows)]
        self.attempt(lambda: step(entry.user, entry))

    @rule(start=starts, length=st.integers(1, 30), on_bookings=st.sampled_from(outages.ON_BOOKINGS))
    @precondition(lambda self: Outage.objects.count() < 2)
    def break_down(self, start: int, length: int, on_bookings: str) -> None:
        times = {"starts_at": moment(start), "ends_at": moment(start + length)}
        outages.declare(
            self.staff, instrument=self.instrument, kind="outage", reason="x", on_bookings=on_bookings, **times
        )

    @rule()
    @precondition(lambda self: Outage.objects.exists())
    def repair(self) -> None:
        outages.withdraw(self.staff, Outage.objects.select_related("instrument").earliest("pk"))

    # -- what must hold -----------------------------------------------------------------------------------------------
    @invariant()
    def nobody_shares_time(self) -> None:
        spans = sorted((mark(row.starts_at), mark(row.ends_at)) for row in self.holding())
        for (_start, end), (start, _end) in itertools.pairwise(spans):
            assert start >= end + BUFFER, spans

    @invariant()
    def offers_and_entries_agree(self) -> None:
        offered = set(Booking.objects.filter(state="offered").values_list("pk", flat=True))
        assert offered == set(WaitlistEntry.objects.filter(state="offered").values_list("booking", flat=True))

    @invariant()
    def nobody_has_more_than_the_cap(self) -> None:
        for user in self.users:
            assert sum(mark(row.ends_at) - mark(row.starts_at) for row in self.holding() if row.user == user) <= CAP

    @invariant()
    def every_booking_has_its_story(self) -> None:
        last = {"cancelled": "cancelled", "released": "released", "lapsed": "lapsed", "offered": "offered"}
        for row in Booking.objects.prefetch_related("events"):
            kinds = [event.kind for event in row.events.all()]
            assert kinds[0] in ("created", "offered")
            assert row.state not in last or kinds[-1] == last[row.state], (row.state, kinds)

    # -- the model ----------------------------------------------------------------------------------------------------
    def permitted(self, who: int, start: int, end: int, besides: Booking | None = None) -> bool:
        """Whether the rules allow it, counted mark by mark."""
        now = mark(self.clock.now)
        if start < now or not SHORTEST <= end - start <= LONGEST:
            return False
        others = [row for row in self.holding() if row != besides]
        taken = {at for row in others for at in self.marks(row.starts_at, row.ends_at)}
        if taken & set(range(start - BUFFER, end + BUFFER)):
            return False
        down = {at for row in Outage.objects.filter(withdrawn_at=None) for at in self.marks(row.starts_at, row.ends_at)}
        if down & set(range(start, end)):
            return False
        own = sum(mark(row.ends_at) - mark(row.starts_at) for row in others if row.user == self.users[who])
        return own + end - start <= CAP

    def marks(self, starts_at: datetime.datetime, ends_at: datetime.datetime) -> range:
        return range(int(mark(starts_at)), int(mark(ends_at)))

    def holding(self) -> list[Booking]:
        return list(Booking.objects.filter(state__in=Booking.HOLDING).select_related("user"))

    def coming(self) -> list[Booking]:
        rows = Booking.objects.filter(state="confirmed", starts_at__gt=self.clock.now)
        return list(rows.select_related("user", "instrument").order_by("pk"))

    def attempt(self, action: Callable[[], Any]) -> bool:
        try:
            with transaction.atomic():
                action()
        except (InvalidParameters, Conflict):
            return False
        return True


@pytest.mark.slow
def test_any_sequence_keeps_the_rules(db: None, clock: Clock) -> None:
    Bookings.clock = clock
    run_state_machine_as_test(
        Bookings,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
