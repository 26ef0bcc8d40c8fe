"""Who sees whose hours, by page, API and CSV; and that corrections leave a trail by every door."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import models, transaction
from django.test import Client
from rest_framework.test import APIClient

from tests.webapp.conftest import client_of
from tests.webapp.usage.conftest import at
from webapp.accounts.models import Group, Membership, User
from webapp.errors import Conflict, NotAllowed
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.samples.models import Sample
from webapp.usage import services
from webapp.usage.models import Rate, UsageCorrection, WrittenOnce

DAY = datetime.date(2027, 3, 5)


@pytest.fixture
def hours(
    used: Callable[..., Run], user: User, leader: User, stranger: User, foreign_sample: Sample, other_group: Group
) -> None:
    """One hour of ada, two of lena who leads her group, three of eve of another group."""
    used(at(5, 1), at(5, 2))
    used(at(5, 3), at(5, 5), submitted_by=leader, title="=cmd|' /C calc'!A0")
    used(at(5, 6), at(5, 9), submitted_by=stranger, sample=foreign_sample, group=other_group)


def page(user: User, path: str = "/usage/?month=2027-03") -> tuple[int, str]:
    browser = Client()
    browser.force_login(user)
    answer = browser.get(path)
    return answer.status_code, answer.content.decode("utf-8-sig")


def table(user: User, what: str, query: str = "month=2027-03") -> list[dict[str, str]]:
    status, text = page(user, f"/usage/{what}.csv?{query}")
    assert status == 200
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def correction(staff: User, group: Group, instrument: Instrument) -> UsageCorrection:
    return services.correct(
        staff, group=group, instrument=instrument, day=DAY, kind="used", value=Decimal("0.5"), reason="Forgotten"
    )


SEEN = {"user": {("ada", 1.0)}, "leader": {("ada", 1.0), ("lena", 2.0)}, "stranger": {("eve", 3.0)},
        "staff": {("ada", 1.0), ("lena", 2.0), ("eve", 3.0)}}  # fmt: skip


@pytest.mark.usefixtures("hours")
@pytest.mark.parametrize("who", SEEN)
def test_members_see_their_own_leaders_their_group_staff_all(who: str, request: pytest.FixtureRequest) -> None:
    viewer: User = request.getfixturevalue(who)
    seen = SEEN[who]
    answer = client_of(viewer).get("/api/v1/usage?month=2027-03").json()
    assert {(line["user"], line["used_h"]) for line in answer["users"]} == seen
    assert {line["group"] for line in answer["groups"]} == {
        "leader": {"chlorates"}, "staff": {"chlorates", "nitrites"}
    }.get(who, set())  # fmt: skip
    assert bool(answer["instruments"]) == (who == "staff")
    assert {(row["user"], float(row["used_h"])) for row in table(viewer, "users")} == seen
    assert {row["user"] for row in table(viewer, "runs")} == {name for name, _hours in seen}
    assert len(table(viewer, "groups")) == len(answer["groups"])
    assert len(table(viewer, "instruments")) == len(answer["instruments"])
    status, html = page(viewer)
    assert status == 200
    assert {name for name in ("ada", "lena", "eve") if f'<th scope="row">{name}</th>' in html} == {n for n, _h in seen}


@pytest.mark.usefixtures("hours")
def test_filters_do_not_widen_what_is_seen(leader: User, stranger: User, staff: User) -> None:
    api = client_of(leader)
    one = api.get("/api/v1/usage?month=2027-03&user=ada&group=chlorates&instrument=alpha").json()
    assert [line["user"] for line in one["users"]] == ["ada"]
    assert one["groups"] == []  # a part of the group's hours has no amount
    for query, field in (("user=eve", "user"), ("group=nitrites", "group"), ("instrument=beta", "instrument")):
        refused = api.get(f"/api/v1/usage?month=2027-03&{query}")
        assert (refused.status_code, refused["Content-Type"]) == (400, "application/problem+json")
        assert [fault["field"] for fault in refused.json()["errors"]] == [field]
        assert page(leader, f"/usage/runs.csv?{query}")[0] == page(leader, f"/usage/?{query}")[0] == 400
    assert [line["user"] for line in client_of(staff).get("/api/v1/usage?month=2027-03&user=eve").json()["users"]] == [
        "eve"
    ]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("month=2027-13", "month"), ("month=March", "month"), ("month=2027-3", "month"), ("month=0000-01", "month"),
        ("month=2027-03&until=2027-02", "until"), ("month=2020-01&until=2027-02", "until"),
        ("month=2027-03&until=x", "until"), ("month=٢٠٢٧-٠٣", "month"), ("month=" + "9" * 500, "month"),
    ],
)  # fmt: skip
def test_bad_months_are_problems(api: APIClient, user: User, query: str, field: str) -> None:
    answer = api.get(f"/api/v1/usage?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    status, html = page(user, f"/usage/?{query}")
    assert status == 400
    assert f"<b>{field}</b>" in html


def test_nobody_sees_anything_without_logging_in(db: None) -> None:
    assert APIClient().get("/api/v1/usage").status_code == 401
    assert Client().get("/usage/").status_code == Client().get("/usage/runs.csv").status_code == 302


@pytest.mark.usefixtures("hours")
def test_csv_is_read_by_the_csv_module_and_runs_nothing(leader: User, staff: User) -> None:
    rows = table(leader, "runs")
    assert [row["title"] for row in rows] == ["", "'=cmd|' /C calc'!A0"]
    assert rows[1]["claimed_at_utc"] == "2027-03-05T03:00:00Z"
    assert float(rows[1]["used_h"]) == 2.0
    services.set_rate(staff, valid_from=DAY, used_hour=Decimal("2.50"))
    charged = {row["group"]: row["amount_EUR"] for row in table(staff, "groups")}
    assert charged == {"Chlorates": "7.50", "Nitrites": "7.50"}
    assert page(leader, "/usage/secrets.csv")[0] == 404


@pytest.mark.usefixtures("hours")
def test_page_has_pictures_and_an_empty_state(staff: User, user: User) -> None:
    html = page(staff)[1]
    assert 'class="usage-bars"' in html
    assert "Shares of groups" in html
    assert "Nothing was booked or measured" in page(user, "/usage/?month=2026-03")[1]
    assert "2026-05 to 2027-03" not in page(staff, "/usage/?month=2026-05&until=2027-03")[1].split("<title>")[0]


def test_staff_correct_and_take_back_by_page_and_api(
    staff: User, staff_api: APIClient, group: Group, old_instrument: Instrument, leader: User
) -> None:
    browser = Client()
    browser.force_login(staff)
    facts = {"group": group.pk, "instrument": old_instrument.pk, "day": "2027-03-05", "kind": "used", "value": "-0.25"}
    missing = browser.post("/usage/corrections/new/", facts)
    assert missing.status_code == 400
    assert "This field is required" in missing.content.decode()
    assert browser.post("/usage/corrections/new/", facts | {"reason": "Door open"}).status_code == 302
    first = UsageCorrection.objects.get()
    assert (first.made_by, first.reason, first.value) == (staff, "Door open", Decimal("-0.25"))
    assert "Door open" in page(leader)[1]
    assert browser.post(f"/usage/corrections/{first.pk}/reverse/", {"reason": "It was shut"}).status_code == 302
    body = {
        "group": "chlorates",
        "instrument": "alpha",
        "day": "2027-03-06",
        "kind": "amount",
        "value": "5",
        "reason": "x",
    }
    made = staff_api.post("/api/v1/usage-corrections", body)
    assert made.status_code == 201
    back = staff_api.post(f"/api/v1/usage-corrections/{made.json()['id']}/reverse", {"reason": "y"})
    assert (back.status_code, back.json()["value"], back.json()["reverses"]) == (201, "-5.0000", made.json()["id"])
    again = staff_api.post(f"/api/v1/usage-corrections/{made.json()['id']}/reverse", {"reason": "y"})
    assert again.status_code == 409
    assert len(client_of(leader).get("/api/v1/usage?month=2027-03").json()["corrections"]) == 4
    for wrong in ({"value": "0"}, {"value": "0.001"}, {"day": "2027-04-21"}, {"reason": " "}, {"kind": "idle"},
                  {"group": "none"}, {"user": "nobody"}, {"value": "1e9"}, {"why": "?"}):  # fmt: skip
        refused = staff_api.post("/api/v1/usage-corrections", body | wrong)
        assert (refused.status_code, [fault["field"] for fault in refused.json()["errors"]]) == (400, [*wrong])


def test_only_staff_correct(correction: UsageCorrection, leader: User, group: Group, instrument: Instrument) -> None:
    api = client_of(leader)
    body = {
        "group": "chlorates",
        "instrument": "alpha",
        "day": "2027-03-05",
        "kind": "used",
        "value": "1",
        "reason": "x",
    }
    assert api.post("/api/v1/usage-corrections", body).status_code == 403
    assert api.post(f"/api/v1/usage-corrections/{correction.pk}/reverse", {"reason": "x"}).status_code == 403
    assert page(leader, "/usage/corrections/new/")[0] == 403
    assert page(leader, f"/usage/corrections/{correction.pk}/reverse/")[0] == 403
    with pytest.raises(NotAllowed):
        services.set_rate(leader, valid_from=DAY, used_hour=Decimal(1))
    with pytest.raises(NotAllowed):
        services.set_tariff(leader, group=group, tariff="academic", valid_from=DAY)


def test_strangers_see_no_corrections(correction: UsageCorrection, stranger: User, user: User) -> None:
    for viewer in (stranger, user):  # it is of nobody's hours in particular, so of ada's neither
        assert client_of(viewer).get("/api/v1/usage-corrections").json()["count"] == 0
        assert client_of(viewer).get(f"/api/v1/usage-corrections/{correction.pk}").status_code == 404


def test_rows_of_the_accounts_are_written_once(correction: UsageCorrection, staff: User, leader: User) -> None:
    correction.reason = "Nothing happened"
    for change in (
        correction.save,
        correction.delete,
        UsageCorrection.objects.all().delete,
        lambda: UsageCorrection.objects.update(value=1),
        lambda: UsageCorrection.objects.bulk_update([correction], ["reason"]),
    ):
        with pytest.raises(WrittenOnce), transaction.atomic():
            change()
    with pytest.raises(models.ProtectedError):
        staff.delete()
    assert [row.reason for row in UsageCorrection.objects.all()] == ["Forgotten"]
    with pytest.raises(Conflict):
        services.reverse(staff, services.reverse(staff, correction, "x"), "x")


def test_administration_adds_and_never_changes_or_deletes(
    correction: UsageCorrection, staff: User, group: Group, instrument: Instrument
) -> None:
    for is_superuser in (False, True):
        User.objects.filter(pk=staff.pk).update(is_superuser=is_superuser)
        browser = Client()
        browser.force_login(User.objects.get(pk=staff.pk))
        base = "/admin/usage/usagecorrection/"
        assert browser.get(base).status_code == 200
        assert browser.post(f"{base}{correction.pk}/delete/", {"post": "yes"}).status_code == 403
        browser.post(f"{base}{correction.pk}/change/", {"reason": "Nothing happened"})
        browser.post(base, {"action": "delete_selected", "_selected_action": [correction.pk], "post": "yes"})
        assert [row.reason for row in UsageCorrection.objects.all()] == ["Forgotten"]
    added = browser.post("/admin/usage/rate/add/", {
        "tariff": "", "instrument": "", "valid_from": "2027-03-01", "rule": "each", "booked_hour": "-1",
        "used_hour": "2", "transmitting_hour": "0", "currency": "EUR",
    })  # fmt: skip
    assert "Must be at least 0" in added.content.decode() or "constraint" in added.content.decode().lower()
    assert not Rate.objects.exists()
    browser.post("/admin/usage/rate/add/", {
        "tariff": "", "instrument": "", "valid_from": "2027-03-01", "rule": "each", "booked_hour": "1",
        "used_hour": "2", "transmitting_hour": "0", "currency": "EUR",
    })  # fmt: skip
    assert Rate.objects.get().made_by == staff


def test_who_has_left_a_group_keeps_their_own_hours(hours: None, user: User) -> None:
    Membership.objects.filter(user=user).delete()
    answer = client_of(user).get("/api/v1/usage?month=2027-03").json()
    assert [(line["user"], line["used_h"]) for line in answer["users"]] == [("ada", 1.0)]
