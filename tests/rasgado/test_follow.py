"""Following a run loses and doubles no event, whatever the connection does."""

from __future__ import annotations

import json

import pytest

from rasgado import Client, Event, Refused, follow
from rasgado.follow import parse_events
from tests.rasgado.conftest import Answer, Asked, ScriptedService

EVENTS = [
    (1, "state", {"state": "queued"}),
    (4, "state", {"state": "acquiring"}),
    (6, "progress", {"message": "Survey", "shots_done": 1, "shots_planned": 2}),
    (9, "state", {"state": "done"}),
]


def stream(events: list[tuple[int, str, dict[str, object]]]) -> str:
    return "".join(f"id: {n}\nevent: {kind}\ndata: {json.dumps(payload)}\n\n" for n, kind, payload in events)


def service_with(streams: list[Answer]) -> tuple[list[Answer], object]:
    def answer(asked: Asked) -> Answer:
        if asked.path.startswith("/api/v1/runs/1/stream"):
            return streams.pop(0) if streams else Answer(404)
        if asked.path.startswith("/api/v1/runs/1/events"):
            after = int(asked.path.split("after=")[1])
            rows = [{"id": n, "kind": kind, "payload": payload} for n, kind, payload in EVENTS if n > after]
            return Answer(200, {"results": rows, "last": rows[-1]["id"] if rows else after, "state": "done"})
        return Answer(200, {"id": 1, "state": "acquiring"})

    return streams, answer


def numbers(client: Client, **options: float) -> list[int]:
    return [event.id for event in follow(client, 1, interval_s=0.01, **options)]


def test_a_whole_stream_is_followed_to_the_final_state(service: ScriptedService, client: Client) -> None:
    _, service.answer = service_with([Answer(200, stream(EVENTS), "text/event-stream")])
    assert numbers(client) == [1, 4, 6, 9]


def test_a_stream_that_ends_early_goes_on_after_its_last_event(service: ScriptedService, client: Client) -> None:
    streams = [
        Answer(200, stream(EVENTS[:2]), "text/event-stream"),
        Answer(200, stream(EVENTS[1:]), "text/event-stream"),
    ]
    _, service.answer = service_with(streams)
    assert numbers(client) == [1, 4, 6, 9]
    asked = [asked for asked in service.asked if "stream" in asked.path]
    assert [one.headers["Last-Event-ID"] for one in asked] == ["0", "4"]


@pytest.mark.parametrize(
    "broken",
    [
        Answer(200, stream(EVENTS[:2]), "text/event-stream", cut=True),
        Answer(502, "", "text/plain"),
        Answer(500, "", "text/plain"),
    ],
)
def test_where_streams_fail_events_are_asked_for(service: ScriptedService, client: Client, broken: Answer) -> None:
    _, service.answer = service_with([broken])
    assert numbers(client) == [1, 4, 6, 9]


def test_a_run_that_ended_long_ago_is_told_from_its_start(service: ScriptedService, client: Client) -> None:
    def answer(asked: Asked) -> Answer:
        if "/stream" in asked.path:
            return Answer(204, "")
        if "/events" in asked.path:
            return service_with([])[1](asked)  # type: ignore[operator]
        return Answer(200, {"id": 1, "state": "done"})

    service.answer = answer
    assert numbers(client) == [1, 4, 6, 9]


def test_a_run_of_others_is_refused_at_once(service: ScriptedService, client: Client) -> None:
    service.answer = lambda asked: Answer(404, {"detail": "There is no such run."}, "application/problem+json")
    with pytest.raises(Refused):
        numbers(client)


def test_comments_retries_and_foreign_events_are_skipped() -> None:
    text = "retry: 2000\n\n: still here\n\nevent: message\ndata: no id\n\nid: x\ndata: {}\n\nid: 3\ndata: not json\n\n"
    assert list(parse_events(text.split("\n"))) == []


def test_an_event_may_have_several_data_lines() -> None:
    lines = ["id:5", "event:lines", 'data:{"lines":', "data: [1]}", ""]
    assert list(parse_events(lines)) == [Event(5, "lines", {"lines": [1]})]
