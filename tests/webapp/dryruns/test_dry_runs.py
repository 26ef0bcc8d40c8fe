"""Dry runs as rows: what may be tried, from which guess, by whom seen, how many at once, and how they end."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from acquisition.errors import InvalidParameters
from acquisition.lines import Line, LineStatus
from acquisition.planning.guess import GuessedLine, parse_guess
from tests.webapp.conftest import SURVEY, client_of
from webapp.accounts.models import User
from webapp.dryruns import queue, results, services
from webapp.dryruns.models import DryRun
from webapp.errors import Conflict, QueueFull
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.runs.queue.ownership import LeaseLost
from webapp.samples.models import Sample
from webapp.spectra.models import Spectrum

State = DryRun.State
LINE = {"frequency_hz": 28.1e6}
BODY = {"instrument": "alpha", "method": "survey", "parameters": SURVEY, "lines": [LINE]}


@pytest.fixture
def make(user: User, instrument: Instrument) -> Callable[..., DryRun]:
    def start(**changes: Any) -> DryRun:
        wanted: dict[str, Any] = {"instrument": instrument, "method": "survey", "parameters": SURVEY, "lines": [LINE]}
        return services.start(user, **(wanted | changes))

    return start


def test_the_guess_is_kept_complete_with_its_plan(make: Callable[..., DryRun]) -> None:
    made = make(lines=[LINE, LINE | {"frequency_hz": 28.2e6, "t1_s": 0.3}], title=" first ")
    assert (made.state, made.title, made.guessed_from) == ("queued", "first", "as typed")
    assert made.guess[0] == {
        "frequency_hz": 28.1e6, "amplitude_over_noise": 0.1, "t1_s": 0.02, "t2_star_s": 300e-6, "spin": 1.5
    }  # fmt: skip
    assert made.guess[1]["t1_s"] == 0.3
    assert made.plan["duration_s"] > 0


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ([{}], "lines[0].frequency_hz"),
        ([LINE, LINE | {"t1_s": -1}], "lines[1].t1_s"),
        ([LINE | {"colour": 3}], "lines[0].colour"),
        ([LINE | {"t1_s": 1e-4, "t2_star_s": 1e-3}], "lines[0].t2_star_s"),
        ([LINE | {"spin": 2}], "lines[0].spin"),
        ([LINE] * 13, "lines"),
    ],
)
def test_faults_of_a_guess_are_named(lines: list[dict[str, Any]], field: str) -> None:
    with pytest.raises(InvalidParameters) as refused:
        parse_guess(lines)
    assert refused.value.errors[0].field == field


def test_lines_confirmed_in_a_sample_are_a_guess(
    make: Callable[..., DryRun], make_spectrum: Callable[..., Spectrum], sample: Sample
) -> None:
    with pytest.raises(InvalidParameters, match="Say where a line might lie"):
        make(lines=[], sample=sample)
    spectrum = make_spectrum(lines_hz=(28.08e6, 28.30e6))
    weaker = spectrum.lines.get(frequency_hz=28.30e6)
    weaker.amplitude *= 0.25
    weaker.save()
    made = make(lines=[], sample=sample, strongest=0.5)
    assert [round(line["frequency_hz"]) for line in made.guess] == [28_080_000, 28_300_000]
    assert [line["amplitude_over_noise"] for line in made.guess] == pytest.approx([0.5, 0.125])
    assert made.guess[0]["t2_star_s"] == pytest.approx(1 / (3.14159265 * weaker.fwhm_hz))
    assert "KClO3" in made.guessed_from


def test_what_an_instrument_may_not_do_cannot_be_tried_either(make: Callable[..., DryRun]) -> None:
    with pytest.raises(InvalidParameters):
        make(parameters=SURVEY | {"centre_frequency_hz": 5e9})


def test_a_user_has_a_few_at_a_time(make: Callable[..., DryRun]) -> None:
    for _ in range(services.OPEN_MAX):
        make()
    with pytest.raises(QueueFull):
        make()


def test_others_do_not_see_them_and_staff_do(
    make: Callable[..., DryRun], api: APIClient, stranger_api: APIClient, staff_api: APIClient
) -> None:
    address = f"/api/v1/dry-runs/{make().pk}"
    assert [who.get(address).status_code for who in (APIClient(), stranger_api, api, staff_api)] == [401, 404, 200, 200]
    assert stranger_api.post(f"{address}/cancel").status_code == 404
    assert stranger_api.get("/api/v1/dry-runs").json()["count"] == 0


def test_the_api_starts_names_faults_and_cancels(api: APIClient, instrument: Instrument, sample: Sample) -> None:
    made = api.post("/api/v1/dry-runs", BODY | {"sample": sample.pk})
    assert made.status_code == 201
    assert made.json()["simulated"] is True
    assert made["Location"].endswith(f"/dry-runs/{made.json()['id']}")
    assert api.post(f"/api/v1/dry-runs/{made.json()['id']}/cancel").json()["state"] == "cancelled"
    wrong = api.post("/api/v1/dry-runs", BODY | {"lines": [{"frequency_hz": "high"}]})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "lines[0].frequency_hz")
    assert api.post("/api/v1/dry-runs", BODY | {"sample": 999_999}).status_code == 404
    assert api.post("/api/v1/dry-runs", BODY | {"shots": 3}).status_code == 400
    assert api.post("/api/v1/dry-runs", BODY | {"instrument": "beta"}).json()["errors"][0]["field"] == "instrument"
    # nothing of the instrument was touched
    assert not Run.objects.exists()


def test_only_so_many_at_once_and_oldest_first(make: Callable[..., DryRun], settings: Any) -> None:
    settings.RASGADO_DRY_RUNS_MAX = 2
    rows = [make() for _ in range(3)]
    jobs = [queue.claim_next() for _ in range(3)]
    assert [job.dry_run_id for job in jobs if job] == [rows[0].pk, rows[1].pk]
    assert jobs[2] is None
    assert jobs[0] is not None and queue.finish(jobs[0], State.DONE, result={"a": 1})
    following = queue.claim_next()
    assert following is not None and following.dry_run_id == rows[2].pk


def test_a_lost_worker_is_seen_and_cannot_write_any_more(make: Callable[..., DryRun]) -> None:
    row = make()
    job = queue.claim_next()
    assert job is not None and queue.renew(job) is False
    DryRun.objects.update(lease_expires_at=timezone.now() - datetime.timedelta(seconds=1))
    assert queue.sweep()["dry_runs_lost"] == 1
    row.refresh_from_db()
    assert (row.state, row.slot) == ("failed", None)
    assert "gone" in row.error_message
    with pytest.raises(LeaseLost):
        queue.renew(job)
    assert not queue.finish(job, State.DONE, result={"a": 1})


def test_cancelling(make: Callable[..., DryRun], user: User) -> None:
    waiting, running = make(), make()
    assert services.cancel(user, waiting).state == "cancelled"
    job = queue.claim_next()
    assert job is not None and job.dry_run_id == running.pk
    assert services.cancel(user, running).state == "running"
    assert queue.renew(job) is True
    queue.finish(job, State.DONE)
    with pytest.raises(Conflict):
        services.cancel(user, running)


def test_they_are_removed_after_a_while(make: Callable[..., DryRun], settings: Any) -> None:
    old, new, waiting = make(), make(), make()
    for row, age_h in ((old, 170), (new, 160)):
        DryRun.objects.filter(pk=row.pk).update(
            state=State.DONE, finished_at=timezone.now() - datetime.timedelta(hours=age_h)
        )
    assert queue.sweep()["dry_runs_removed"] == 1
    assert set(DryRun.objects.values_list("pk", flat=True)) == {new.pk, waiting.pk}


def line(frequency_hz: float, status: LineStatus = LineStatus.CONFIRMED) -> Line:
    return Line(frequency_hz, 20.0, 1000.0, 50.0, 1.0, 0.1, 0.0, 10.0, 1.0, status)


def test_found_lines_are_told_apart_by_the_guess() -> None:
    guess = [GuessedLine(frequency_hz=28.1e6), GuessedLine(frequency_hz=28.2e6), GuessedLine(frequency_hz=28.3e6)]
    lines = [line(28.1001e6, LineStatus.REJECTED), line(28.1002e6), line(28.25e6), line(28.2e6, LineStatus.CANDIDATE)]
    assert results.assigned(lines, guess) == {0: 1, 1: 3}


# -- pages ------------------------------------------------------------------------------------------------------------


def form_values(sample: Sample, **changes: Any) -> dict[str, Any]:
    return {
        "action": "dry_run", "instrument": "alpha", "sample": sample.pk, "title": "", "temperature_k": "",
        "centre_frequency_hz": "28.1", "span_hz": "0.5", "guess_frequencies": "28.05 28.2",
        "guess_amplitude_over_noise": "0.3", "guess_t1_s": "5", "guess_t2_star_s": "",
    } | changes  # fmt: skip


@pytest.fixture
def visitor(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_button_beside_submit_starts_one(visitor: Client, instrument: Instrument, sample: Sample) -> None:
    page = visitor.get("/runs/new/?method=survey").content.decode()
    assert 'value="dry_run"' in page and "guess_frequencies" in page
    answer = visitor.post("/runs/new/?method=survey", form_values(sample))
    made = DryRun.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/dry-runs/{made.pk}/")
    assert [one["frequency_hz"] for one in made.guess] == [28.05e6, 28.2e6]
    assert made.guess[1]["amplitude_over_noise"] == 0.3
    assert made.guess[1]["t1_s"] == pytest.approx(5e-3)
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"guess_frequencies": "28.05 x"}, "must be a number"),
        ({"guess_frequencies": ""}, "Say where a line might lie"),
        ({"guess_t1_s": "-1"}, "T1 must be at least"),
        ({"span_hz": "-1"}, "Span"),
    ],
)
def test_faults_appear_in_the_form(
    visitor: Client, instrument: Instrument, sample: Sample, changes: dict[str, str], said: str
) -> None:
    answer = visitor.post("/runs/new/?method=survey", form_values(sample, **changes))
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not DryRun.objects.exists()


def test_pages_say_that_nothing_was_measured(
    make: Callable[..., DryRun], visitor: Client, user: User, stranger: User
) -> None:
    made = make(title="Before the night")
    for state in State.values:
        DryRun.objects.filter(pk=made.pk).update(state=state)
        page = visitor.get(f"/dry-runs/{made.pk}/").content.decode()
        assert "Simulated" in page and "Nothing on this page was measured" in page, state
    assert "Before the night" in visitor.get("/dry-runs/").content.decode()
    assert "Before the night" not in visitor.get("/runs/").content.decode()
    visitor.force_login(stranger)
    assert visitor.get(f"/dry-runs/{made.pk}/").status_code == 404
    assert visitor.post(f"/dry-runs/{made.pk}/cancel/").status_code == 404
    assert "No dry run yet" in visitor.get("/dry-runs/").content.decode()


def test_cancelling_from_the_page(make: Callable[..., DryRun], visitor: Client) -> None:
    made = make()
    assert visitor.post(f"/dry-runs/{made.pk}/cancel/")["Location"] == f"/dry-runs/{made.pk}/"
    made.refresh_from_db()
    assert made.state == "cancelled"


def test_staff_may_cancel_those_of_others(make: Callable[..., DryRun], staff: User) -> None:
    address = f"/api/v1/dry-runs/{make().pk}/cancel"
    assert client_of(staff).post(address).json()["state"] == "cancelled"
