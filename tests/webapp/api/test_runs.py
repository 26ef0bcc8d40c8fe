"""Submitting, following, cancelling, repeating and reprocessing runs through the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from acquisition import methods
from acquisition.experiment import Spectrum as Values
from acquisition.methods.parameters import describe
from tests.webapp.conftest import SURVEY
from webapp.accounts.models import User
from webapp.facility.models import Instrument
from webapp.runs import events, partial
from webapp.runs.models import CaptureRecord, Run
from webapp.runs.queue.forecast import BETWEEN_RUNS_S
from webapp.samples.models import Sample
from webapp.spectra.models import Spectrum

State = Run.State


@pytest.fixture
def body(instrument: Instrument, sample: Sample) -> dict[str, Any]:
    return {"instrument": "alpha", "sample": sample.pk, "method": "survey", "parameters": SURVEY, "title": "First"}


def test_methods_describe_their_parameters(api: APIClient) -> None:
    shown = {method["name"]: method for method in api.get("/api/v1/methods").json()}
    assert set(shown) == set(methods.methods())
    for name, method in methods.methods().items():
        infos = describe(method.parameters)
        assert [p["name"] for p in shown[name]["parameters"]] == [info.name for info in infos]
        assert [p["required"] for p in shown[name]["parameters"]] == [info.required for info in infos]
    span = next(p for p in shown["survey"]["parameters"] if p["name"] == "span_hz")
    assert (span["required"], span["default"], span["unit"], span["type"]) == (True, None, "Hz", "number")


def test_a_plan_queues_nothing(api: APIClient, body: dict[str, Any]) -> None:
    response = api.post("/api/v1/plans", {name: body[name] for name in ("instrument", "method", "parameters")})
    assert response.status_code == 200, response.content
    plan = response.json()
    assert plan["duration_s"] > 0
    low = min(centre - width / 2 for centre, width in plan["windows_hz"])
    high = max(centre + width / 2 for centre, width in plan["windows_hz"])
    assert low <= 28.1e6 - 0.25e6 + 1 and high >= 28.1e6 + 0.25e6 - 1
    assert len(plan["excitation_frequency_hz"]) == len(plan["excitation_flip_deg"]) > 10
    assert not Run.objects.exists()


def test_submit_queues_a_run(api: APIClient, body: dict[str, Any], user: User) -> None:
    response = api.post("/api/v1/runs", body)
    assert response.status_code == 201, response.content
    shown = response.json()
    assert shown["state"] == "queued"
    assert shown["queue"]["ahead"] == 0
    assert shown["parameters"].items() >= SURVEY.items()
    assert shown["parameters"]["gap_period_s"] > 0, "defaults are written down with the run"
    assert shown["plan"]["duration_s"] > 0
    assert api.get(response["Location"]).json()["id"] == shown["id"]
    run = Run.objects.get(pk=shown["id"])
    assert run.submitted_by == user
    assert [(event.kind, event.payload) for event in run.events.all()] == [("state", {"state": "queued"})]


def test_a_hint_goes_out_when_the_run_is_committed(
    api: APIClient, body: dict[str, Any], django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr("webapp.runs.queue.hints._send", lambda *message: sent.append(message))
    with django_capture_on_commit_callbacks(execute=True):
        api.post("/api/v1/runs", body)
    assert sent == [("tasks.instrument.look", ["alpha"], "instrument.alpha")]


@pytest.mark.parametrize("status", [Instrument.Status.OFFLINE, Instrument.Status.NEEDS_CHECK, Instrument.Status.BUSY])
def test_an_instrument_that_is_away_still_takes_runs(
    api: APIClient, body: dict[str, Any], instrument: Instrument, status: str
) -> None:
    Instrument.objects.update(status=status)
    assert api.post("/api/v1/runs", body).status_code == 201


def test_the_same_key_gives_the_same_run(api: APIClient, body: dict[str, Any]) -> None:
    first = api.post("/api/v1/runs", body, headers={"Idempotency-Key": "k1"})
    again = api.post("/api/v1/runs", body, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    explicit = body | {"parameters": SURVEY | {"confirm": True}}  # the default, written out: the same contents
    assert api.post("/api/v1/runs", explicit, headers={"Idempotency-Key": "k1"}).status_code == 200
    assert api.post("/api/v1/runs", body, headers={"Idempotency-Key": "k2"}).json()["id"] != first.json()["id"]
    assert Run.objects.count() == 2


@pytest.mark.parametrize(
    "change", [{"title": "Other"}, {"parameters": SURVEY | {"span_hz": 0.4e6}}, {"temperature_k": 77.0}]
)
def test_the_same_key_for_other_contents_is_refused(api: APIClient, body: dict[str, Any], change: Any) -> None:
    api.post("/api/v1/runs", body, headers={"Idempotency-Key": "k1"})
    refused = api.post("/api/v1/runs", body | change, headers={"Idempotency-Key": "k1"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "Idempotency-Key"
    assert Run.objects.count() == 1


def test_a_retry_gets_its_run_even_if_the_limits_have_changed(
    api: APIClient, body: dict[str, Any], instrument: Instrument
) -> None:
    first = api.post("/api/v1/runs", body, headers={"Idempotency-Key": "k1"})
    instrument.limits = {"frequency_max_hz": 10e6}
    instrument.save()
    again = api.post("/api/v1/runs", body, headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert api.post("/api/v1/runs", body).status_code == 400


def test_a_retry_gets_its_run_even_if_the_sample_has_changed(
    api: APIClient, body: dict[str, Any], sample: Sample
) -> None:
    first = api.post("/api/v1/runs", body, headers={"Idempotency-Key": "k1"})
    Sample.objects.update(temperature_k=77.0)
    again = api.post("/api/v1/runs", body, headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()["temperature_k"]) == (200, first.json()["temperature_k"])


def test_keys_are_each_users_own(api: APIClient, staff_api: APIClient, body: dict[str, Any]) -> None:
    first = api.post("/api/v1/runs", body, headers={"Idempotency-Key": "k"})
    second = staff_api.post("/api/v1/runs", body, headers={"Idempotency-Key": "k"})
    assert (first.status_code, second.status_code) == (201, 201)


def test_too_many_waiting_runs(api: APIClient, body: dict[str, Any], settings: Any) -> None:
    settings.RASGADO_QUEUED_MAX = 2
    assert [api.post("/api/v1/runs", body).status_code for _ in range(3)] == [201, 201, 429]


def test_an_archived_sample_is_not_measured(api: APIClient, body: dict[str, Any]) -> None:
    Sample.objects.update(archived=True)
    refused = api.post("/api/v1/runs", body)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "sample"


def test_cancel_of_a_waiting_run_is_done_at_once_and_may_be_repeated(
    api: APIClient, make_run: Callable[..., Run]
) -> None:
    run = make_run()
    for _ in range(2):
        shown = api.post(f"/api/v1/runs/{run.pk}/cancel").json()
        assert shown["state"] == "cancelled"
        assert shown["finished_at"]
    assert [event.payload for event in run.events.all()] == [{"state": "cancelled"}]


@pytest.mark.parametrize("state", [State.CLAIMED, State.ACQUIRING])
def test_cancel_of_a_measuring_run_waits_for_its_worker(
    api: APIClient, make_run: Callable[..., Run], state: str
) -> None:
    run = make_run(state=state)
    shown = api.post(f"/api/v1/runs/{run.pk}/cancel").json()
    assert (shown["state"], shown["cancel_requested"], shown["finished_at"]) == (state, True, None)
    api.post(f"/api/v1/runs/{run.pk}/cancel")
    assert run.events.count() == 1


def test_cancel_while_only_processing(api: APIClient, make_run: Callable[..., Run]) -> None:
    assert api.post(f"/api/v1/runs/{make_run(state=State.PROCESSING).pk}/cancel").json()["state"] == "cancelled"


@pytest.mark.parametrize("state", [State.DONE, State.FAILED, State.INTERRUPTED])
def test_cancel_of_what_has_ended_is_a_conflict(api: APIClient, make_run: Callable[..., Run], state: str) -> None:
    assert api.post(f"/api/v1/runs/{make_run(state=state).pk}/cancel").status_code == 409


@pytest.mark.parametrize("state", Run.FINAL)
def test_requeue_makes_a_new_run_of_the_same_contents(api: APIClient, make_run: Callable[..., Run], state: str) -> None:
    run = make_run(state=state, title="Again", temperature_k=77.0)
    response = api.post(f"/api/v1/runs/{run.pk}/requeue")
    assert response.status_code == 201, response.content
    shown = response.json()
    assert (shown["repeat_of"], shown["state"], shown["title"]) == (run.pk, "queued", "Again")
    assert shown["temperature_k"] == 77.0
    assert shown["parameters"].items() >= SURVEY.items()
    run.refresh_from_db()
    assert run.state == state
    assert api.post(f"/api/v1/runs/{run.pk}/requeue").status_code == 409, "a second click"


@pytest.mark.parametrize("state", [State.QUEUED, State.ACQUIRING, State.PROCESSING])
def test_requeue_of_what_has_not_ended(api: APIClient, make_run: Callable[..., Run], state: str) -> None:
    assert api.post(f"/api/v1/runs/{make_run(state=state).pk}/requeue").status_code == 409


def with_capture(run: Run) -> Run:
    CaptureRecord.objects.create(
        run=run, index=0, name="x", sha256="0" * 64, size_bytes=1, method="survey", centre_frequency_hz=28e6,
        sample_rate_hz=10e6, averages=2, alignment="exact",
    )  # fmt: skip
    return run


def test_reprocess_queues_the_next_version(
    api: APIClient, make_run: Callable[..., Run], make_spectrum: Callable[..., Spectrum]
) -> None:
    run = with_capture(make_run(state=State.DONE))
    make_spectrum(run=run)
    described = api.get("/api/v1/reconstruction").json()
    assert described
    response = api.post(f"/api/v1/runs/{run.pk}/reprocess", {"parameters": {}})
    assert response.status_code == 202, response.content
    shown = response.json()
    assert (shown["version"], shown["state"], shown["run"]) == (2, "queued", run.pk)
    assert set(shown["parameters"]) == {info["name"] for info in described}
    assert [v["version"] for v in api.get(f"/api/v1/runs/{run.pk}/spectra").json()] == [2, 1]
    assert api.get(f"/api/v1/runs/{run.pk}").json()["spectrum"] == run.spectra.get(version=1).pk


def test_reprocess_that_cannot_be(api: APIClient, make_run: Callable[..., Run]) -> None:
    done = with_capture(make_run(state=State.DONE))
    refused = api.post(f"/api/v1/runs/{done.pk}/reprocess", {"parameters": {"no_such": 1}})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "no_such"
    assert api.post(f"/api/v1/runs/{done.pk}/reprocess", {}).status_code == 400
    for run in (make_run(state=State.DONE), with_capture(make_run(state=State.ACQUIRING)), make_run()):
        assert api.post(f"/api/v1/runs/{run.pk}/reprocess", {"parameters": {}}).status_code == 409
    assert not Spectrum.objects.exists()


def test_events_after_one(api: APIClient, make_run: Callable[..., Run]) -> None:
    run = make_run()
    for number in range(3):
        events.record(run.pk, "message", {"text": str(number)})
    shown = api.get(f"/api/v1/runs/{run.pk}/events").json()
    assert [event["payload"]["text"] for event in shown["results"]] == ["0", "1", "2"]
    assert shown["state"] == "queued"
    after = shown["results"][1]["id"]
    rest = api.get(f"/api/v1/runs/{run.pk}/events?after={after}").json()
    assert [event["payload"]["text"] for event in rest["results"]] == ["2"]
    assert api.get(f"/api/v1/runs/{run.pk}/events?after={rest['last']}").json()["results"] == []


def test_the_partial_spectrum(api: APIClient, make_run: Callable[..., Run]) -> None:
    run = make_run(state=State.ACQUIRING)
    assert api.get(f"/api/v1/runs/{run.pk}/partial").status_code == 204
    data = np.arange(10, dtype=np.complex64) * 1j
    partial.store(run.pk, Values(1e6, 10.0, data, 0.1))
    response = api.get(f"/api/v1/runs/{run.pk}/partial?component=imaginary&columns=100")
    assert response["X-Rasgado-Kind"] == "raw"
    assert float(response["X-Rasgado-X0-Hz"]) == 1e6
    assert np.frombuffer(response.content, "<f4").tolist() == list(range(10))


def test_filters_of_the_list(api: APIClient, staff_api: APIClient, make_run: Callable[..., Run]) -> None:
    make_run()
    make_run(state=State.DONE)
    assert api.get("/api/v1/runs?state=done").json()["count"] == 1
    assert api.get("/api/v1/runs?instrument=alpha").json()["count"] == 2
    assert api.get("/api/v1/runs?instrument=beta").json()["count"] == 0
    assert api.get("/api/v1/runs?mine=true").json()["count"] == 2
    assert staff_api.get("/api/v1/runs?mine=true").json()["count"] == 0
    page = api.get("/api/v1/runs?limit=1").json()
    assert len(page["results"]) == 1 and page["next"]
    assert len(api.get("/api/v1/runs?limit=100000").json()["results"]) == 2


def test_the_place_in_the_queue(api: APIClient, make_run: Callable[..., Run]) -> None:
    make_run(state=State.ACQUIRING, progress={"duration_done_s": 20.0, "duration_planned_s": 50.0})
    first, second = make_run(plan={"duration_s": 100.0}), make_run(plan={"duration_s": 10.0})
    ahead = make_run(position=-1.0, plan={"duration_s": 5.0})
    now = timezone.now()
    queue = {run["id"]: run["queue"] for run in api.get("/api/v1/runs").json()["results"]}

    def waits_s(run: Run) -> float:
        return (timezone.datetime.fromisoformat(queue[run.pk]["starts_at"]) - now).total_seconds()

    assert [queue[run.pk]["ahead"] for run in (ahead, first, second)] == [1, 2, 3]
    assert [waits_s(run) for run in (ahead, first, second)] == pytest.approx(
        [30.0, 35.0 + BETWEEN_RUNS_S, 135.0 + 2 * BETWEEN_RUNS_S], abs=1.0
    )
    for run in (ahead, first, second):
        told = queue[run.pk]
        assert told["starts_from"] < told["starts_at"] < told["starts_until"]
        assert told["starts_at"] < told["ends_at"] < told["ends_until"]


@pytest.mark.parametrize("address", ["runs", "spectra", "lines", "samples", "instruments"])
def test_lists_ask_the_database_the_same_number_of_times_however_long_they_are(
    api: APIClient, make_run: Callable[..., Run], make_spectrum: Callable[..., Spectrum], address: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as context:
            assert api.get(f"/api/v1/{address}").status_code == 200
        return len(context)

    make_spectrum()
    make_run()
    api.get(f"/api/v1/{address}")
    few = queries()
    for number in range(5):
        make_spectrum(lines_hz=(28.01e6 + number, 28.1e6))
        make_run()
        Instrument.objects.create(slug=f"i{number}", name=f"I{number}", uri="ip:192.0.2.9")
    assert queries() == few
    assert few <= 11
