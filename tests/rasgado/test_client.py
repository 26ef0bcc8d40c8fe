"""The client's requests and what it makes of good, bad and broken answers."""

from __future__ import annotations

import json
from itertools import count

import pytest

from rasgado import Client, FieldFault, Refused, ServiceFailed, Unreachable
from tests.rasgado.conftest import Answer, Asked, ScriptedService
from tools.processes import free_port


def problem(status: int, detail: str, *faults: tuple[str, str]) -> Answer:
    errors = [{"field": field, "message": message} for field, message in faults]
    body = {"type": "about:blank", "title": "Bad", "status": status, "detail": detail, "errors": errors}
    return Answer(status, body, "application/problem+json")


def submit(client: Client, **parameters: object) -> dict[str, object]:
    return client.submit(
        instrument="demo", sample=3, method="survey", parameters=parameters, idempotency_key="once", title="A survey"
    )


def test_a_submission_says_everything_and_who_asks(service: ScriptedService, client: Client) -> None:
    service.answer = lambda asked: Answer(201, {"id": 7, "state": "queued"})
    assert submit(client, span_hz=1e6)["id"] == 7
    (asked,) = service.asked
    assert (asked.method, asked.path) == ("POST", "/api/v1/runs")
    assert asked.headers["Authorization"] == "Bearer rsg_test"
    assert asked.headers["Idempotency-Key"] == "once"
    assert asked.body == {
        "instrument": "demo", "sample": 3, "method": "survey", "parameters": {"span_hz": 1e6}, "title": "A survey",
    }  # fmt: skip


def test_a_refusal_names_every_field_and_its_limit(service: ScriptedService, client: Client) -> None:
    service.answer = lambda asked: problem(
        400, "Two faults.", ("span_hz", "must be above 0 Hz."), ("tooth_s", "must be shorter than the gap period.")
    )
    with pytest.raises(Refused) as refused:
        submit(client, span_hz=0)
    assert refused.value.status == 400
    assert refused.value.faults[0] == FieldFault("span_hz", "must be above 0 Hz.")
    assert str(refused.value) == "span_hz: must be above 0 Hz. tooth_s: must be shorter than the gap period."


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_json_cannot_say_is_refused_here_with_its_name(
    service: ScriptedService, client: Client, value: float
) -> None:
    with pytest.raises(Refused, match="^span_hz: must be a finite number"):
        submit(client, span_hz=value)
    assert service.asked == []


def test_a_token_that_is_not_accepted_says_where_to_get_one(service: ScriptedService, client: Client) -> None:
    service.answer = lambda asked: problem(401, "Unknown token.")
    with pytest.raises(Refused, match="RASGADO_TOKEN.*settings"):
        client.run(1)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, "<h1>Server Error</h1>", "text/html"),
        Answer(200, "<html>a portal's login page</html>", "text/html"),
        Answer(200, "[1, 2]"),
        Answer(500, "[]"),
        Answer(302, ""),
    ],
)
def test_anything_but_the_api_is_a_failed_service_and_no_traceback(
    service: ScriptedService, client: Client, answer: Answer
) -> None:
    service.answer = lambda asked: answer
    with pytest.raises(ServiceFailed):
        client.run(1)


def test_nobody_there_is_said_in_one_sentence() -> None:
    with Client(f"http://127.0.0.1:{free_port()}", retry_waits_s=(0.01,)) as client:
        with pytest.raises(Unreachable, match="cannot be reached"):
            client.cancel(1)


@pytest.mark.parametrize("url", ["", "not a url", "ftp://127.0.0.1", "http://[::1", "http://127.0.0.1:99999"])
def test_an_address_that_is_none_is_said_in_one_sentence(url: str) -> None:
    with pytest.raises(Unreachable), Client(url, timeout_s=2, retry_waits_s=()) as client:
        client.run(1)


def test_a_submission_is_repeated_with_its_key_until_it_is_answered(service: ScriptedService, client: Client) -> None:
    numbers = count()
    service.answer = lambda asked: (
        Answer(503, "", "text/plain") if next(numbers) < 2 else Answer(200, {"id": 7, "state": "queued"})
    )
    assert submit(client, span_hz=1e6)["id"] == 7
    assert [asked.headers["Idempotency-Key"] for asked in service.asked] == ["once"] * 3


def test_an_answer_that_breaks_off_is_asked_for_again(service: ScriptedService, client: Client) -> None:
    numbers = count()
    service.answer = lambda asked: Answer(200, {"id": 7, "state": "done"}, cut=next(numbers) == 0)
    assert client.run(7)["state"] == "done"
    assert len(service.asked) == 2


def test_a_refusal_is_not_repeated(service: ScriptedService, client: Client) -> None:
    service.answer = lambda asked: problem(409, "This key made another run.")
    with pytest.raises(Refused):
        submit(client)
    assert len(service.asked) == 1


def test_lists_are_read_to_their_last_page(service: ScriptedService, client: Client) -> None:
    def answer(asked: Asked) -> Answer:
        last = "offset=2" in asked.path
        rows = [{"id": 3}] if last else [{"id": 1}, {"id": 2}]
        more = None if last else f"{service.url}/api/v1/samples?offset=2"
        return Answer(200, {"count": 3, "next": more, "results": rows})

    service.answer = answer
    assert [sample["id"] for sample in client.samples()] == [1, 2, 3]


def test_calibrations_are_asked_for_by_instrument_and_run(service: ScriptedService, client: Client) -> None:
    service.answer = lambda asked: Answer(200, {"results": [{"quantity": "dead_time_s"}], "next": None})
    assert client.calibrations(instrument="alpha", in_force=True)[0]["quantity"] == "dead_time_s"
    assert service.asked[0].path.startswith("/api/v1/calibrations?")
    assert "instrument=alpha" in service.asked[0].path
    service.answer = lambda asked: Answer(200, [{"quantity": "xo_error"}])
    assert client.used_calibrations(7)[0]["quantity"] == "xo_error"
    assert service.asked[1].path.startswith("/api/v1/runs/7/calibrations")


def test_a_sample_is_found_by_name_only_if_there_is_just_one(service: ScriptedService, client: Client) -> None:
    rows = [{"id": 1, "name": "KClO3"}, {"id": 2, "name": "Cu2O"}, {"id": 5, "name": "Cu2O"}]
    service.answer = lambda asked: Answer(200, {"count": 3, "next": None, "results": rows})
    assert client.sample("KClO3")["id"] == 1
    with pytest.raises(Refused, match="2, 5"):
        client.sample("Cu2O")
    with pytest.raises(Refused, match="no sample named 'NaCl'"):
        client.sample("NaCl")


def test_events_are_read_until_there_are_no_more(service: ScriptedService, client: Client) -> None:
    def answer(asked: Asked) -> Answer:
        after = int(asked.path.split("after=")[1])
        rows = [{"id": n, "kind": "message", "at": "", "payload": {}} for n in range(after + 1, min(after + 3, 6))]
        return Answer(200, {"results": rows, "last": rows[-1]["id"] if rows else after, "state": "done"})

    service.answer = answer
    assert [event["id"] for event in client.events(1)] == [1, 2, 3, 4, 5]


def test_what_is_sent_is_json_without_extensions(service: ScriptedService, client: Client) -> None:
    service.answer = lambda asked: Answer(201, {"id": 1, "state": "queued"})
    submit(client, note="µs")
    assert json.dumps(service.asked[0].body)
