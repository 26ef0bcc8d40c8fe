"""Hours and amounts from rows of the database."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.management import call_command

from tests.webapp.usage.conftest import NOW, at
from webapp.accounts.models import Group, User
from webapp.facility.models import Booking, Instrument, Outage
from webapp.runs.models import CaptureRecord, Run
from webapp.usage import services
from webapp.usage.models import Rate
from webapp.usage.periods import Month, Period
from webapp.usage.report import Line, Report, report

MARCH = Period(Month(2027, 3), Month(2027, 3))
State = Booking.State


def only(lines: tuple[Line, ...]) -> Line:
    assert len(lines) == 1
    return lines[0]


def march(viewer: User) -> Report:
    return report(viewer, MARCH)


def test_a_booking_used_by_its_own_group_is_booked_and_used(booked: Callable, used: Callable, staff: User) -> None:
    booked(at(3, 9), at(3, 13), checked_in_at=at(3, 9))
    used(at(3, 10), at(3, 11.5), transmit_s=90.0)
    used(at(3, 12.5), at(3, 14), transmit_s=None)  # half an hour of it in the booking
    line = only(march(staff).accounts)
    told = (line.booked_h, line.used_h, line.within_h, line.no_show_h)
    assert told == pytest.approx((4, 3, 2, 0))
    assert line.transmitting_h == pytest.approx(90 / 3600)
    assert march(staff).captures_unknown == 1
    machine = march(staff).machines[0]
    assert machine.open_h == 744
    assert machine.idle_h == 741


def test_what_reaches_over_midnight_belongs_to_both_months(booked: Callable, used: Callable, staff: User) -> None:
    used(at(31, 23), at(1, 2, month=4), transmit_s=900.0)
    booked(at(28, 23, month=2), at(1, 1))
    both = report(staff, Period(Month(2027, 2), Month(2027, 4)))
    hours = {str(line.month): (line.booked_h, line.used_h, line.transmitting_h) for line in both.accounts}
    assert hours == {
        "2027-02": pytest.approx((1, 0, 0)),
        "2027-03": pytest.approx((1, 1, 0.25 / 3)),
        "2027-04": pytest.approx((0, 2, 0.25 * 2 / 3)),
    }


def test_what_held_its_time_counts_and_nothing_else(booked: Callable, staff: User) -> None:
    booked(at(2, 9), at(2, 12), state=State.RELEASED, no_show_at=at(2, 9.5), ended_at=at(2, 9.5))
    booked(at(3, 9), at(3, 12), no_show_at=at(3, 9.25))  # nobody came; not swept yet
    booked(at(4, 9), at(4, 10), no_show_at=at(4, 9.25), checked_in_at=at(4, 9))
    booked(at(5, 9), at(5, 10), state=State.CANCELLED, ended_at=at(4, 9))
    for day, state in enumerate((State.PENDING, State.OFFERED, State.DECLINED, State.LAPSED), start=6):
        booked(at(day, 9), at(day, 10), state=state)
    line = only(march(staff).accounts)
    assert (line.booked_h, line.no_show_h) == pytest.approx((1.75, 0.75))


def test_outages_and_the_time_before_it_existed_are_not_idle(
    instrument: Instrument, used: Callable, staff: User
) -> None:
    Instrument.objects.update(created_at=at(11, 0))
    Outage.objects.create(instrument=instrument, starts_at=at(30, 0), reason="Amplifier", created_by=staff)
    Outage.objects.create(
        instrument=instrument, starts_at=at(20, 0), ends_at=at(21, 0), reason="No", created_by=staff,
        withdrawn_at=at(19, 0),
    )  # fmt: skip
    used(at(29, 22), at(30, 2))
    machine = march(staff).machines[0]
    assert (machine.open_h, machine.outage_h, machine.used_h, machine.idle_h) == (19 * 24, 48, 4, 19 * 24 - 2)


def test_what_still_runs_counts_up_to_now(used: Callable, booked: Callable, staff: User) -> None:
    used(at(19, 22, month=4), None, state=Run.State.ACQUIRING)
    booked(at(19, 23, month=4), at(20, 9, month=4))
    month = Month(2027, 4)
    found = report(staff, Period(month, month))
    assert found.counted_to == NOW
    line = only(found.accounts)
    assert (line.used_h, line.booked_h, line.within_h) == (2, 1, 1)
    assert found.machines[0].idle_h == 19 * 24 - 2


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rate.Rule.BOOKING_COVERS_USE, 4 * 10 + 1 * 20 + Decimal("0.025") * 100),
        (Rate.Rule.LARGER, 3 * 20 + Decimal("0.025") * 100),
        (Rate.Rule.EACH, 4 * 10 + 3 * 20 + Decimal("0.025") * 100),
    ],
)
def test_rules_of_charging(booked: Callable, used: Callable, staff: User, rule: str, expected: Decimal) -> None:
    booked(at(3, 9), at(3, 13))
    used(at(3, 10), at(3, 11.5), transmit_s=90.0)
    used(at(3, 12.5), at(3, 14))
    services.set_rate(
        staff, valid_from=datetime.date(2027, 1, 1), rule=rule, booked_hour=Decimal(10), used_hour=Decimal(20),
        transmitting_hour=Decimal(100),
    )  # fmt: skip
    assert only(march(staff).accounts).amount == expected


def test_the_most_particular_rate_of_the_day_counts(
    used: Callable, staff: User, instrument: Instrument, group: Group
) -> None:
    def rate(day: int, price: int, **fields: object) -> None:
        services.set_rate(staff, valid_from=datetime.date(2027, 3, day), used_hour=Decimal(price), **fields)

    rate(1, 1)
    rate(1, 2)  # of two for the same day the one made last
    used(at(5, 0), at(5, 10))
    assert only(march(staff).accounts).amount == 20
    rate(5, 3, tariff="academic")
    assert only(march(staff).accounts).amount == 20
    services.set_tariff(staff, group=group, tariff="academic", valid_from=datetime.date(2027, 3, 2))
    assert only(march(staff).accounts).amount == 30
    rate(5, 4, instrument=instrument)
    assert only(march(staff).accounts).amount == 40
    used(at(4, 0), at(4, 10))  # the day before is cheaper
    assert only(march(staff).accounts).amount == 60


def test_corrections_add_up_and_are_priced(
    used: Callable, staff: User, instrument: Instrument, group: Group, user: User
) -> None:
    services.set_rate(staff, valid_from=datetime.date(2027, 1, 1), used_hour=Decimal("12.50"))
    used(at(5, 0), at(5, 2))
    facts = {"group": group, "instrument": instrument, "day": datetime.date(2027, 3, 5), "reason": "The pump failed"}
    hours = services.correct(staff, kind="used", value=Decimal("-0.5"), user=user, **facts)
    services.correct(staff, kind="amount", value=Decimal("-3.75"), **facts)
    found = march(staff)
    line = only(found.accounts)
    assert (line.used_h, line.corrected_used_h) == (1.5, -0.5)
    assert line.amount == Decimal("15.00")  # 1.5 h * 12.50 - 3.75
    assert [(one.user, one.used_h) for one in found.lines] == [(user, 1.5)]
    services.reverse(staff, hours, "It did not")
    assert only(march(staff).accounts).amount == Decimal("21.25")
    assert len(march(staff).corrections) == 3


def test_old_captures_learn_their_transmitting_time(
    used: Callable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files that are gone leave it unknown."""
    used(at(5, 0), at(5, 2), transmit_s=None)
    call_command("note_transmitting_time")
    assert "0 noted, 1 cannot be read." in capsys.readouterr().out
    monkeypatch.setattr("webapp.runs.services.captures.load", lambda _row: None)
    monkeypatch.setattr("webapp.runs.services.captures.transmit_s", lambda _capture: 7.0)
    call_command("note_transmitting_time")
    assert CaptureRecord.objects.get().transmit_s == 7.0
