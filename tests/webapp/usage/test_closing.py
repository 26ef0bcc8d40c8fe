"""A closed month stays as it was, whatever becomes of its rows; what is corrected afterwards is told apart."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client

from acquisition.errors import InvalidParameters
from tests.webapp.conftest import client_of
from tests.webapp.usage.conftest import NOW, at
from webapp.accounts.models import Group, Membership, User
from webapp.errors import Conflict, NotAllowed
from webapp.facility.models import Booking, Instrument
from webapp.runs.models import Run
from webapp.usage import services
from webapp.usage.models import ClosedHours, ClosedMonth, UsageCorrection, WrittenOnce
from webapp.usage.periods import Month, Period
from webapp.usage.report import Filters, Report, report

MARCH, APRIL = Month(2027, 3), Month(2027, 4)
DAY = datetime.date(2027, 3, 5)


@pytest.fixture
def hours(booked: Callable, used: Callable, leader: User, stranger: User, foreign_sample: object) -> None:
    """Of three people in two groups, some in bookings, one over the end of the month."""
    booked(at(5, 0), at(5, 4), checked_in_at=at(5, 0))
    booked(at(6, 0), at(6, 2), state=Booking.State.RELEASED, no_show_at=at(6, 1), ended_at=at(6, 1))
    used(at(5, 1), at(5, 2), transmit_s=60.0)
    used(at(5, 3), at(5, 6), submitted_by=leader)
    used(at(31, 23), at(1, 1, month=4))
    group = Group.objects.get(slug="nitrites")
    used(at(7, 0), at(7, 3), submitted_by=stranger, group=group, sample=foreign_sample)


def told(found: Report) -> tuple[object, ...]:
    """All figures of a report, without what says that it is closed."""
    return found.lines, found.accounts, found.machines, found.bars


VIEWS: list[tuple[str, dict[str, str]]] = [
    ("stella", {}), ("lena", {}), ("ada", {}), ("eve", {}), ("stella", {"user": "ada"}), ("lena", {"user": "ada"}),
    ("stella", {"group": "chlorates"}), ("stella", {"instrument": "alpha"}),
]  # fmt: skip


def views(period: Period) -> list[tuple[object, ...]]:
    """What everybody sees, filtered in every way."""
    found = []
    for name, filters in VIEWS:
        chosen = Filters(
            group=Group.objects.get(slug=filters["group"]) if "group" in filters else None,
            instrument=Instrument.objects.get(slug=filters["instrument"]) if "instrument" in filters else None,
            user=User.objects.get(username=filters["user"]) if "user" in filters else None,
        )
        found.append(told(report(User.objects.get(username=name), period, chosen)))
    return found


@pytest.mark.usefixtures("hours")
def test_closing_changes_no_figure_and_nothing_changes_them_afterwards(staff: User, group: Group) -> None:
    services.set_rate(staff, valid_from=datetime.date(2027, 1, 1), booked_hour=Decimal(10), used_hour=Decimal(4))
    march, spring = Period(MARCH, MARCH), Period(MARCH, APRIL)
    before, april = views(march), views(Period(APRIL, APRIL))
    closed = services.close_month(staff, MARCH, " Billed ")
    assert (closed.made_by, closed.note, str(closed)) == (staff, "Billed", "2027-03")
    assert views(march) == before

    Run.objects.update(acquired_at=NOW)  # the rows say something else now
    Booking.objects.update(state=Booking.State.CANCELLED, ended_at=at(1, 0))
    assert views(march) == before
    assert views(Period(APRIL, APRIL)) != april
    both = report(staff, spring)
    assert tuple(line for line in both.lines if line.month == MARCH) == report(staff, march).lines
    assert [one.month for one in both.closed] == [MARCH.first_day]


@pytest.mark.usefixtures("hours")
def test_no_price_reaches_back_into_it(staff: User, group: Group) -> None:
    services.close_month(staff, MARCH)
    for change in (
        lambda day: services.set_rate(staff, valid_from=day, used_hour=Decimal(1)),
        lambda day: services.set_tariff(staff, group=group, tariff="academic", valid_from=day),
    ):
        for day in (datetime.date(2026, 1, 1), datetime.date(2027, 3, 31)):
            with pytest.raises(InvalidParameters, match="valid_from: Must be 2027-04-01 or later"):
                change(day)
        change(datetime.date(2027, 4, 1))


@pytest.mark.usefixtures("hours")
def test_corrections_after_closing_are_told_apart(
    staff: User, leader: User, group: Group, instrument: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {"group": group, "instrument": instrument, "day": DAY, "kind": "used"}
    early = services.correct(staff, **fields, value=Decimal(-1), reason="Door open")
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + datetime.timedelta(hours=1))
    services.close_month(staff, MARCH)
    kept = report(leader, Period(MARCH, MARCH)).accounts[0].used_h
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + datetime.timedelta(hours=2))
    late = services.correct(staff, **fields, value=Decimal("0.5"), reason="It was shut")
    found = report(leader, Period(MARCH, MARCH))
    assert found.accounts[0].used_h == pytest.approx(kept + 0.5)
    assert found.corrected_after == {late.pk} and early.pk not in found.corrected_after
    page = Client()
    page.force_login(leader)
    html = page.get("/usage/?month=2027-03").content.decode()
    assert "This month is closed" in html and "after closing" in html
    rows = page.get("/usage/corrections.csv?month=2027-03").content.decode().splitlines()
    assert [row.split(",")[-1] for row in rows] == ["after_closing", "yes", "no"]
    shown = client_of(leader).get("/api/v1/usage?month=2027-03").json()
    assert [one["month"] for one in shown["closed"]] == ["2027-03"]
    assert {row["id"]: row["after_closing"] for row in shown["corrections"]} == {late.pk: True, early.pk: False}


@pytest.mark.usefixtures("hours")
def test_what_cannot_be_closed(staff: User, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotAllowed):
        services.close_month(user, MARCH)
    with pytest.raises(InvalidParameters, match="month: A month can be closed when it is over"):
        services.close_month(staff, APRIL)
    run = Run.objects.latest("pk")
    Run.objects.filter(pk=run.pk).update(state=Run.State.ACQUIRING, acquired_at=None)
    with pytest.raises(InvalidParameters, match=f"Run {run.pk}, which began in it, is still being measured"):
        services.close_month(staff, MARCH)
    Run.objects.filter(pk=run.pk).update(state=Run.State.DONE, acquired_at=at(7, 3))
    services.close_month(staff, Month(2027, 1))
    with pytest.raises(InvalidParameters, match="2027-02 is still open"):
        services.close_month(staff, MARCH)
    with pytest.raises(InvalidParameters, match="stay as they are"):
        services.close_month(staff, Month(2026, 12))
    services.close_month(staff, Month(2027, 2))
    services.close_month(staff, MARCH)
    with pytest.raises(Conflict, match="2027-03 is closed already"), transaction.atomic():
        services.close_month(staff, MARCH)
    for change in (ClosedMonth.objects.all().delete, ClosedHours.objects.all().delete,
                   lambda: ClosedHours.objects.update(hours={}), ClosedMonth.objects.latest("pk").delete):  # fmt: skip
        with pytest.raises(WrittenOnce):
            change()


@pytest.mark.usefixtures("hours")
def test_staff_close_on_a_page_that_says_what_it_does(staff: User, leader: User) -> None:
    page, other = Client(), Client()
    page.force_login(staff)
    other.force_login(leader)
    assert "/usage/close/?month=2027-03" in page.get("/usage/?month=2027-03").content.decode()
    assert "/usage/close/" not in page.get("/usage/?month=2027-04").content.decode()
    assert other.get("/usage/close/?month=2027-03").status_code == 403
    assert other.post("/usage/close/?month=2027-03").status_code == 403
    assert "March 2027" in page.get("/usage/close/?month=2027-03").content.decode()
    early = page.post("/usage/close/?month=2027-04", {"note": ""})
    assert early.status_code == 400 and "when it is over" in early.content.decode()
    assert page.get("/usage/close/?month=soon").status_code == 404
    assert page.post("/usage/close/?month=2027-03", {"note": "Billed"}).status_code == 302
    assert ClosedMonth.objects.get().note == "Billed"
    assert "/usage/close/" not in page.get("/usage/?month=2027-03").content.decode()
    assert page.post("/usage/close/?month=2027-03").status_code == 400


def test_staff_set_prices_and_classes_on_a_page(staff: User, leader: User, group: Group) -> None:
    page, other = Client(), Client()
    page.force_login(staff)
    other.force_login(leader)
    for address in ("/usage/rates/", "/usage/rates/new/", "/usage/classes/new/"):
        assert other.get(address).status_code == other.post(address).status_code == 403
    rate = {"valid_from": "2027-03-01", "rule": "each", "booked_hour": "1", "used_hour": "2.50",
            "transmitting_hour": "0", "currency": "EUR", "tariff": "", "instrument": ""}  # fmt: skip
    wrong = page.post("/usage/rates/new/", rate | {"booked_hour": "-1"})
    assert wrong.status_code == 400 and "Must be at least 0" in wrong.content.decode()
    assert "ISO 4217" in page.post("/usage/rates/new/", rate | {"currency": "eur"}).content.decode()
    assert page.post("/usage/rates/new/", rate).status_code == 302
    assert page.post("/usage/classes/new/", {"group": group.pk, "tariff": "academic", "valid_from": "2027-04-01"}
                     ).status_code == 302  # fmt: skip
    html = page.get("/usage/rates/").content.decode()
    assert "2.50" in html and "Academic" in html and "Chlorates" in html
    services.close_month(staff, MARCH)
    assert "Must be 2027-04-01 or later" in page.post("/usage/rates/new/", rate).content.decode()


def test_who_left_a_group_sees_their_own_hours_of_a_closed_month(hours: None, staff: User, user: User) -> None:
    before = told(report(user, Period(MARCH, MARCH)))
    services.close_month(staff, MARCH)
    Membership.objects.filter(user=user).delete()
    assert told(report(user, Period(MARCH, MARCH))) == before
    assert not UsageCorrection.objects.exists()
