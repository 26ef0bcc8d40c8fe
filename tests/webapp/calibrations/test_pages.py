"""Pages and API of the calibrations: what they show, and who may do what there."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from webapp.accounts.models import User
from webapp.boards.problems import problems
from webapp.calibrations import drawing, services
from webapp.calibrations.models import Calibration, CalibrationValidity
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.samples.models import Sample

Calibrate = Callable[..., list[Calibration]]


def visit(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def page(user: User, address: str) -> str:
    answer = visit(user).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def address(instrument: Instrument) -> str:
    return reverse("calibrations:list", args=[instrument.slug])


def test_visitors_log_in_first(address: str) -> None:
    assert visit(None).get(address).status_code == 302


def test_an_instrument_without_calibrations_says_so(instrument: Instrument, user: User, address: str) -> None:
    assert "Nothing was calibrated here yet" in page(user, reverse("facility:detail", args=[instrument.slug]))
    shown = page(user, address)
    assert shown.count("never measured") >= 10
    assert '<svg class="curve trend"' not in shown


def test_trend_and_stale_warning(calibrate: Calibrate, instrument: Instrument, user: User, address: str) -> None:
    for days_ago, value in ((70, 3.0e-6), (50, 3.05e-6), (40, 3.1e-6)):
        calibrate(days_ago=days_ago, dead_time_s=(value, 0.05e-6))
    shown = page(user, address)
    assert shown.count('r="4"/></g>') == 3
    assert '<rect class="band"' in shown
    assert "3.100 ± 0.050 µs" in shown
    assert "Stale" in shown
    assert "Withdraw" not in shown  # nobody but staff
    card = page(user, reverse("facility:detail", args=[instrument.slug]))
    assert "1 value is stale" in card
    assert card.count('class="spark"') == 1
    assert "40 days ago" in card


def test_staff_decide_on_the_page(
    calibrate: Calibrate, instrument: Instrument, staff: User, user: User, address: str
) -> None:
    calibrate(days_ago=1, dead_time_s=(3e-6, 1e-7))
    (doubtful,) = calibrate(dead_time_s=(9e-6, 1e-7))
    assert "Waits for consent" in page(user, address)
    accept = reverse("calibrations:accept", args=[instrument.slug, doubtful.pk])
    visit(user).post(accept)
    doubtful.refresh_from_db()
    assert doubtful.state == "waiting"
    assert visit(staff).post(accept).status_code == 302
    doubtful.refresh_from_db()
    assert doubtful.state == "accepted"
    visit(staff).post(reverse("calibrations:withdraw", args=[instrument.slug, doubtful.pk]), {"reason": "<b>bad</b>"})
    shown = page(staff, address)
    assert "&lt;b&gt;bad&lt;/b&gt;" in shown
    assert "Withdrawn" in shown
    assert visit(staff).get(accept).status_code == 405
    assert visit(staff).post(reverse("calibrations:accept", args=["beta", doubtful.pk])).status_code == 404


def test_validity_is_set_on_the_page(instrument: Instrument, staff: User, user: User) -> None:
    where = reverse("calibrations:validity", args=[instrument.slug])
    visit(user).post(where, {"quantity": "dead_time_s", "days": "5"})
    assert not CalibrationValidity.objects.exists()
    for days in ("0", "x", "1e99", ""):
        visit(staff).post(where, {"quantity": "dead_time_s", "days": days})
        assert not CalibrationValidity.objects.exists()
    visit(staff).post(where, {"quantity": "<script>", "days": "5"})
    answer = visit(staff).post(where, {"quantity": "dead_time_s", "days": "5"})
    assert answer["Location"].endswith("#dead_time_s")
    assert CalibrationValidity.objects.get().days == 5


def test_staff_are_told_what_is_stale_and_what_waits(calibrate: Calibrate, user: User) -> None:
    assert not [one for one in problems(timezone.now()) if one.label in ("Calibration", "Stale")]
    calibrate(days_ago=40, dead_time_s=(3e-6, 1e-7))
    calibrate("calibrate_b1", submitted_by=user, nutation_frequency_hz=(2e4, 10.0))
    told = {one.label: one.text for one in problems(timezone.now())}
    assert told["Stale"] == "Alpha: Dead time"
    assert told["Calibration"] == "Alpha: 1 value waits for consent"


def test_the_form_warns_and_offers_calibrations_to_staff_only(
    calibrate: Calibrate, instrument: Instrument, user: User, staff: User, sample: Sample
) -> None:
    calibrate(days_ago=40, dead_time_s=(3e-6, 1e-7))
    where = reverse("runs:create") + "?method=fid"
    assert "Calibrate the instrument" not in page(user, where)
    assert "Calibrate the instrument" in page(staff, where)
    sent = {"instrument": instrument.slug, "sample": sample.pk, "frequency_hz": "28", "action": "preview"}
    defaults = dict(re.findall(r'name="([a-z0-9_]+)" value="([^"]+)"', page(user, where)))
    answer = visit(user).post(where, defaults | sent)
    assert "Dead time: last measured 40 days ago" in answer.content.decode()


def test_a_run_shows_what_was_in_force(
    calibrate: Calibrate, make_run: Callable[..., Run], user: User, staff: User
) -> None:
    run = make_run(state=Run.State.DONE)
    where = reverse("runs:detail", args=[run.pk])
    assert "Calibrations in force" not in page(user, where)
    calibrate(days_ago=40, dead_time_s=(3e-6, 1e-7))
    services.freeze(run)
    shown = page(user, where)
    assert "Calibrations in force at its start" in shown
    assert "3.00 ± 0.10 µs" in shown


def test_pictures_of_any_trend_have_a_frame(calibrate: Calibrate) -> None:
    zone = datetime.UTC
    assert drawing.trend([], timezone.now(), zone) is None
    (one,) = calibrate(dead_time_s=(3e-6, 0.0))
    (same,) = calibrate(days_ago=400, dead_time_s=(3e-6, 0.0))
    for rows in ([one], [one, same], [same, one]):
        picture = drawing.trend(rows, timezone.now(), zone)
        assert picture is not None
        assert all(
            picture["left"] <= float(point["x"]) <= picture["right"]
            and picture["top"] <= float(point["y"]) <= picture["bottom"]
            for point in picture["points"]
        )
        assert picture["bands"]


def test_api(calibrate: Calibrate, instrument: Instrument, api: APIClient, staff_api: APIClient, staff: User) -> None:
    calibrate(days_ago=50, dead_time_s=(3e-6, 1e-7))
    (newer,) = calibrate(days_ago=2, dead_time_s=(3.1e-6, 1e-7))
    calibrate("calibrate_reference", xo_error=(2e-6, 1e-8))
    assert APIClient().get("/api/v1/calibrations").status_code in (401, 403)
    everything = api.get("/api/v1/calibrations").json()
    assert everything["count"] == 3
    dead = api.get("/api/v1/calibrations", {"instrument": "alpha", "quantity": "dead_time_s", "in_force": "true"})
    (one,) = dead.json()["results"]
    assert (one["id"], one["value"], one["stale"], one["state"]) == (newer.pk, 3.1e-6, False, "accepted")
    assert api.get("/api/v1/calibrations", {"quantity": "mood"}).status_code == 400
    assert api.get("/api/v1/calibrations", {"instrument": "beta"}).json()["count"] == 0
    assert api.get("/api/v1/calibrations", {"run": newer.run_id}).json()["count"] == 1
    assert api.post(f"/api/v1/calibrations/{newer.pk}/withdraw", {}, format="json").status_code == 403
    assert staff_api.post(f"/api/v1/calibrations/{newer.pk}/withdraw", {"why": "x"}, format="json").status_code == 400
    gone = staff_api.post(f"/api/v1/calibrations/{newer.pk}/withdraw", {"reason": "old"}, format="json").json()
    assert (gone["state"], gone["withdrawn_by"], gone["reason"]) == ("withdrawn", "stella", "old")
    assert staff_api.post(f"/api/v1/calibrations/{newer.pk}/accept").status_code == 409
    assert api.get("/api/v1/calibrations", {"in_force": "1", "quantity": "dead_time_s"}).json()["count"] == 1


def test_api_of_a_run_says_what_was_in_force(
    calibrate: Calibrate, make_run: Callable[..., Run], api: APIClient, stranger_api: APIClient
) -> None:
    calibrate(days_ago=40, dead_time_s=(3e-6, 1e-7))
    run = make_run(state=Run.State.DONE)
    services.freeze(run)
    (one,) = api.get(f"/api/v1/runs/{run.pk}/calibrations").json()
    assert (one["quantity"], one["value"], one["stale"]) == ("dead_time_s", 3e-6, True)
    assert stranger_api.get(f"/api/v1/runs/{run.pk}/calibrations").status_code == 404
