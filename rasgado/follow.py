"""Following a run to its end: server-sent events, and polling where they fail."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rasgado.client import Client
from rasgado.errors import ClientError, Refused, Unreachable

#: states after which nothing happens to a run any more
FINAL_STATES = frozenset({"done", "failed", "cancelled", "interrupted"})


@dataclass(frozen=True)
class Event:
    """Something that happened to a run. Kinds: state, progress, shot, lines, spectrum, message, error."""

    id: int
    kind: str
    payload: dict[str, Any]


def follow(client: Client, run_id: int, *, stream: bool = True, interval_s: float = 1.0) -> Iterator[Event]:
    """Every event of a run from its first to its final state, each once, whatever happens to the connection.

    Raises Refused when the run cannot be seen, and Unreachable when the service stays away for a minute.
    """
    after = 0
    patience = Patience(60.0)
    while True:
        final = False
        try:
            for event in _newer(client, run_id, after, stream=stream):
                after = event.id
                patience.renew()
                yield event
                if event.kind == "state" and event.payload.get("state") in FINAL_STATES:
                    return
            final = client.run(run_id)["state"] in FINAL_STATES
            patience.renew()
        except Refused:
            raise
        except ClientError as error:
            stream = False  # whatever spoils a stream on the way here may well let single answers through
            patience.spend(error)
        if final:  # the last event may have come between the last look at the events and the look at the state
            yield from _newer(client, run_id, after, stream=False)
            return
        time.sleep(interval_s)


class Patience:
    """How long a service may stay away."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self.renew()

    def renew(self) -> None:
        self._deadline = time.monotonic() + self._limit_s

    def spend(self, error: ClientError) -> None:
        """Raise the error once the service has been away for too long."""
        if time.monotonic() > self._deadline:
            raise Unreachable(f"{error} Gave up after {self._limit_s:g} s.") from None


def parse_events(lines: Iterable[str]) -> Iterator[Event]:
    """Events from the lines of a text/event-stream; comments, and events without our id or JSON, are skipped."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _colon, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data" and "data" in fields:
                value = f"{fields['data']}\n{value}"
            if name:
                fields[name] = value
            continue
        event = _event(fields)
        fields = {}
        if event is not None:
            yield event


def _newer(client: Client, run_id: int, after: int, *, stream: bool) -> Iterator[Event]:
    if stream:
        with client.stream(run_id, after) as lines:
            yield from (event for event in parse_events(lines) if event.id > after)
        return
    for row in client.events(run_id, after):
        yield Event(int(row["id"]), str(row["kind"]), dict(row["payload"]))


def _event(fields: dict[str, str]) -> Event | None:
    try:
        payload = json.loads(fields["data"])
        return Event(int(fields["id"]), fields.get("event", "message"), payload if isinstance(payload, dict) else {})
    except (KeyError, ValueError):
        return None
