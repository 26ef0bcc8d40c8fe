"""Bookings, series and templates by the `rasgado` command, against the real site and its database."""

from __future__ import annotations

import csv
import datetime
import io
import json
from zoneinfo import ZoneInfo

import pytest

from rasgado import Client
from rasgado.booking_commands import table
from tests.rasgado.conftest import Answer, ScriptedService, Shell
from webapp.accounts.models import Membership, User
from webapp.facility.models import Booking, BookingRules
from webapp.runs.models import Run, RunSeries, RunTemplate

BOOK = ["book", "--instrument", "demo", "--time-zone", "Europe/Berlin"]
SURVEY = ["--set", "centre_frequency_hz=28.15e6", "--set", "span_hz=1e6"]
#: a year ahead at most can be booked; a Monday
TODAY = datetime.datetime.now(datetime.UTC).date()
MONDAY = TODAY + datetime.timedelta(days=70 - TODAY.weekday())


def at(hour: str, days: int = 0) -> str:
    return f"{MONDAY + datetime.timedelta(days=days)}T{hour}"


@pytest.mark.django_db(transaction=True)
def test_a_booking_from_beginning_to_end(rasgado: Shell) -> None:
    slot = ["--starts-at", at("09:00"), "--ends-at", at("11:00")]
    assert rasgado(*BOOK, *slot, "--title", "Chlorates", "--idempotency-key", "once") == 0, rasgado.err
    booking = Booking.objects.get()
    assert (
        rasgado.out
        == f"Booking {booking.pk} of demo, {MONDAY} 09:00 to {MONDAY} 11:00 (Europe/Berlin), is confirmed.\n"
    )
    assert rasgado(*BOOK, *slot, "--title", "Chlorates", "--idempotency-key", "once") == 0
    assert Booking.objects.count() == 1
    assert rasgado(*BOOK, *slot) == 3
    assert rasgado.err.startswith("rasgado: starts_at: Taken ") and rasgado.err.count("\n") == 1
    number = str(booking.pk)
    assert rasgado("move-booking", number, "--ends-at", at("12:00"), "--time-zone", "Europe/Berlin") == 0
    assert "to " + str(MONDAY) + " 12:00" in rasgado.out
    assert rasgado("move-booking", number, "--title", "Bromates", "--json") == 0
    assert json.loads(rasgado.out)["title"] == "Bromates"
    assert rasgado("check-in", number) == 3 and rasgado.err.startswith("rasgado: ")
    assert rasgado("bookings", "--instrument", "demo", "--mine", "--time-zone", "Asia/Tokyo") == 0
    assert "Bromates" in rasgado.out and "Times of Asia/Tokyo" in rasgado.out
    assert rasgado("bookings", "--csv") == 0
    assert next(csv.DictReader(io.StringIO(rasgado.out)))["title"] == "Bromates"
    assert rasgado("cancel-booking", number, "--reason", "no sample") == 0 and "is cancelled" in rasgado.out
    assert rasgado("bookings") == 0 and rasgado.out == "" and "There are no bookings." in rasgado.err
    assert rasgado("bookings", "--state", "cancelled", "--json") == 0
    assert json.loads(rasgado.out)[0]["reason"] == "no sample"


@pytest.mark.django_db(transaction=True)
def test_a_booking_that_recurs(rasgado: Shell) -> None:
    slot = ["--starts-at", at("09:00"), "--ends-at", at("10:00")]
    weekly = ["--repeat", "weekly", "--weekdays", "mo,we", "--count", "3"]
    assert rasgado(*BOOK, "--starts-at", at("09:30", days=2), "--ends-at", at("09:40", days=2)) == 0
    assert rasgado(*BOOK, *slot, *weekly) == 3 and "Taken" in rasgado.err
    assert rasgado(*BOOK, *slot, *weekly, "--skip") == 0, rasgado.err
    assert Booking.objects.exclude(series=None).count() == 2 and "Left out" in rasgado.err
    number = str(Booking.objects.exclude(series=None).latest("starts_at").pk)
    assert rasgado("cancel-booking", number, "--scope", "all") == 0
    assert Booking.objects.filter(state="cancelled").count() == 2
    assert rasgado(*BOOK, *slot, "--repeat", "daily", "--count", "5000") == 3 and "recurrence.count: " in rasgado.err
    assert rasgado(*BOOK, *slot, "--count", "3") == 3
    assert rasgado.err == "rasgado: count: --count is of a --repeat.\n"


@pytest.mark.django_db(transaction=True)
def test_every_fault_of_a_booking_is_one_sentence_with_its_field(rasgado: Shell) -> None:
    def refused(*arguments: str) -> str:
        assert rasgado(*arguments) == 3, rasgado.out
        assert rasgado.out == "" and rasgado.err.count("\n") == 1 and rasgado.err.startswith("rasgado: ")
        return rasgado.err.removeprefix("rasgado: ").split(":")[0]

    def slot(start: str, end: str, days: int = 0) -> list[str]:
        return ["--starts-at", at(start, days), "--ends-at", at(end, days)]

    assert refused(*BOOK, *slot("11:00", "09:00")) == "ends_at"
    assert refused(*BOOK, *slot("09:00", "10:00", days=-200)) == "starts_at"
    assert refused(*BOOK, *slot("soon", "later")) == "starts_at"
    assert (
        refused("book", "--instrument", "demo", "--time-zone", "Mars/Olympus", *slot("09:00", "10:00")) == "time_zone"
    )
    assert refused("book", "--instrument", "demo", *slot("09:00", "10:00")) == "starts_at"
    assert refused("book", "--instrument", "nowhere", "--time-zone", "UTC", *slot("09:00", "10:00")) == "instrument"
    assert refused(*BOOK, *slot("09:00", "10:00"), "--group", "others") == "group"
    assert refused("move-booking", "1") == "starts_at"
    assert refused("cancel-booking", "4711")
    BookingRules.objects.create(needs_qualification=True)
    assert refused(*BOOK, *slot("09:00", "10:00")) == "instrument"
    assert not Booking.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_series_and_templates(rasgado: Shell) -> None:
    assert rasgado("save-template", "Wide look", "--group", "demonstration", "--method", "survey", *SURVEY) == 0
    template = RunTemplate.objects.get()
    assert rasgado.out == f"Template {template.pk} is kept: Wide look.\n" and template.parameters["span_hz"] == 1e6
    assert rasgado("templates", "--json") == 0 and json.loads(rasgado.out)[0]["name"] == "Wide look"
    assert rasgado("templates") == 0 and "Wide look" in rasgado.out

    sample = ["--instrument", "demo", "--sample", "KClO3"]
    assert rasgado("submit", *sample, "--template", "Wide look", "--set", "span_hz=0.5e6") == 0, rasgado.err
    run = Run.objects.get()
    assert (run.parameters["span_hz"], run.parameters["centre_frequency_hz"]) == (0.5e6, 28.15e6)

    vary = ["--vary", "temperature_k=77,150,295", "--one-by-one", "--idempotency-key", "ramp"]
    for _ in range(2):
        assert rasgado("submit-series", *sample, "--template", str(template.pk), *vary) == 0, rasgado.err
    series = RunSeries.objects.get()
    assert [one.temperature_k for one in series.runs.order_by("series_index")] == [77, 150, 295]
    assert rasgado.out == f"Series {series.pk} is queued: runs {run.pk + 1} to {run.pk + 3}.\n"
    assert rasgado("list-series") == 0 and "temperature_k" in rasgado.out
    assert rasgado("cancel-series", str(series.pk)) == 0
    assert set(series.runs.values_list("state", flat=True)) == {"cancelled"}

    assert rasgado("submit-series", *sample, "--template", "Wide look", "--vary", "span_hz=1e6,-2") == 3
    assert rasgado.err.startswith("rasgado: values[1]: ") and rasgado.err.count("\n") == 1
    assert rasgado("submit-series", *sample, "--template", "None such", "--repeats", "2") == 3
    assert rasgado.err.startswith("rasgado: template: There is no template named 'None such'")
    assert rasgado("submit-series", "--vary", "span_hz=inf") == 2 and "finite" in rasgado.err
    assert rasgado("save-template", "Wide look", "--group", "demonstration", "--method", "survey", *SURVEY) == 3
    assert rasgado.err.startswith("rasgado: name: ")

    RunTemplate.objects.update(created_by=User.objects.create(username="somebody"))
    Membership.objects.update(role="member")
    assert rasgado("delete-template", "Wide look") == 3
    Membership.objects.update(role="leader")
    assert rasgado("delete-template", "Wide look") == 0 and not RunTemplate.objects.exists()


def test_what_makes_something_new_is_repeated_with_its_key_and_the_rest_is_asked_once(
    service: ScriptedService, client: Client
) -> None:
    service.answer = lambda asked: Answer(503 if len(service.asked) < 3 else 201, {"id": 1})
    client.book(instrument="a", starts_at="x", ends_at="y", idempotency_key="k")
    assert [asked.headers["Idempotency-Key"] for asked in service.asked] == ["k"] * 3
    assert service.asked[0].body == {"instrument": "a", "starts_at": "x", "ends_at": "y"}


def test_a_booking_over_midnight_is_shown_with_both_days() -> None:
    one = {"id": 1, "instrument": "a", "starts_at": "2027-03-27T23:00:00Z", "ends_at": "2027-03-28T01:30:00Z",
           "state": "confirmed", "group": "g", "user": "u", "title": ""}  # fmt: skip
    shown = table([one], ZoneInfo("Europe/London"))
    assert [next(iter(shown.columns[k].cells)) for k in (2, 3)] == ["2027-03-27 23:00", "2027-03-28 02:30"]
