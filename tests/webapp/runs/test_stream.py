"""The live stream, through the real ASGI application, with the Redis of the tests and without any."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.db import connection, transaction
from django.test import Client

from webapp.accounts import tokens
from webapp.accounts.models import User
from webapp.config.asgi import application
from webapp.facility.models import Instrument
from webapp.runs import events, stream
from webapp.runs.models import Run
from webapp.runs.wake import Hub, hub

pytestmark = pytest.mark.django_db(transaction=True)

Event = tuple[int, str, dict[str, Any]]


def run_async(test: Callable[[], Awaitable[None]]) -> None:
    """Run a test's coroutine in a loop of its own, and give up on one that hangs."""

    async def limited() -> None:
        async with asyncio.timeout(30):
            await test()

    asyncio.run(limited())


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that tells nobody when it happens."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def in_database(function: Callable[..., Any], *args: Any) -> Any:
    def call() -> Any:
        try:
            return function(*args)
        finally:
            connection.close()

    return await sync_to_async(call, thread_sensitive=False)()


class Stream:
    """One request for a stream, read event by event."""

    def __init__(self, run: int, headers: dict[str, str], query: str = "") -> None:
        self._asgi = ApplicationCommunicator(
            application,
            {
                "type": "http", "method": "GET", "path": f"/api/v1/runs/{run}/stream", "http_version": "1.1",
                "query_string": query.encode(), "server": ("localhost", 80), "client": ("127.0.0.1", 1),
                "scheme": "http",
                "headers": [(name.lower().encode(), value.encode()) for name, value in
                            ({"host": "localhost"} | headers).items()],
            },
        )  # fmt: skip
        self.status = 0
        self.headers: dict[str, str] = {}
        self._text = ""
        self.closed = False

    async def start(self) -> Stream:
        await self._asgi.send_input({"type": "http.request", "body": b"", "more_body": False})
        first = await self._asgi.receive_output(timeout=20)
        self.status = first["status"]
        self.headers = {name.decode().lower(): value.decode() for name, value in first["headers"]}
        return self

    async def block(self, timeout_s: float = 10) -> str | None:
        """The next block of the stream, or None at its end."""
        while "\n\n" not in self._text:
            part = await self._asgi.receive_output(timeout=timeout_s)
            self._text += part.get("body", b"").decode()
            if not part.get("more_body"):
                self.closed = True
                break
        block, found, self._text = self._text.partition("\n\n")
        return block if found else None

    async def event(self, timeout_s: float = 10) -> Event | None:
        """The next event, or None at the end."""
        while (block := await self.block(timeout_s)) is not None:
            fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if "id" in fields:
                return int(fields["id"]), fields["event"], json.loads(fields["data"])
        return None

    async def leave(self) -> None:
        """The client goes away."""
        await self._asgi.send_input({"type": "http.disconnect"})
        await self._asgi.wait(timeout=10)


@asynccontextmanager
async def watching(run: Run, user: User, after: int | None = None, query: str = "") -> AsyncIterator[Stream]:
    token = await in_database(lambda: tokens.create(user, "t").secret)
    headers = {"Authorization": f"Bearer {token}"}
    if after is not None:
        headers["Last-Event-ID"] = str(after)
    one = await Stream(run.pk, headers, query).start()
    try:
        yield one
    finally:
        if not one.closed:
            await one.leave()


def say(run: Run, text: str) -> int:
    return events.record(run.pk, "message", {"text": text}).pk


def end(run: Run, state: str = Run.State.DONE) -> int:
    with transaction.atomic():  # as the queue does it
        Run.objects.filter(pk=run.pk).update(state=state)
        return events.record(run.pk, "state", {"state": state}).pk


def test_what_was_and_what_comes_until_the_end(make_run: Callable[..., Run], user: User) -> None:
    run = make_run(state=Run.State.ACQUIRING)
    first = say(run, "one")

    async def test() -> None:
        async with watching(run, user) as live:
            assert live.status == 200
            assert live.headers["content-type"].startswith("text/event-stream")
            assert live.headers["cache-control"] == "no-store"
            number, kind, data = await live.event() or (0, "", {})
            assert (number, kind, data["text"]) == (first, "message", "one")
            assert data["at"].startswith("20")
            second = await in_database(say, run, "two")
            assert (await live.event() or (0,))[0] == second
            last = await in_database(end, run)
            assert (await live.event() or (0,))[:2] == (last, "state")
            assert await live.event() is None

    run_async(test)


def test_a_commit_is_told_at_once(make_run: Callable[..., Run], user: User) -> None:
    run = make_run(state=Run.State.ACQUIRING)

    async def test() -> None:
        async with watching(run, user) as live:
            await until(lambda: hub().connected)
            for number in range(3):
                await in_database(say, run, str(number))
                # far below the second that polling would take
                assert ((await live.event(timeout_s=0.9)) or (0, "", {}))[2]["text"] == str(number)

    run_async(test)


def test_going_on_after_the_last_event_seen(make_run: Callable[..., Run], user: User) -> None:
    run = make_run(state=Run.State.ACQUIRING)
    seen = say(run, "seen")
    missed = say(run, "missed")

    async def test() -> None:
        async with watching(run, user, after=seen) as live:
            assert (await live.event() or (0,))[0] == missed
        async with watching(run, user, query=f"after={seen}") as live:
            assert (await live.event() or (0,))[0] == missed

    run_async(test)


def test_nothing_left_to_tell_is_204(make_run: Callable[..., Run], user: User) -> None:
    run = make_run(state=Run.State.ACQUIRING)
    last = end(run, Run.State.CANCELLED)

    async def test() -> None:
        async with watching(run, user, after=last) as live:
            assert live.status == 204
            live.closed = True
        async with watching(run, user, after=last - 1) as live:
            assert live.status == 200
            assert (await live.event() or (0,))[0] == last
            assert await live.event() is None

    run_async(test)


def test_without_redis_the_rows_are_looked_at(
    make_run: Callable[..., Run], user: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(state=Run.State.ACQUIRING)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    async def test() -> None:
        async with watching(run, user) as live:
            await in_database(say, run, "polled")
            assert ((await live.event(timeout_s=5)) or (0, "", {}))[2]["text"] == "polled"
            assert not hub().connected

    run_async(test)


def test_heartbeats(make_run: Callable[..., Run], user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(state=Run.State.ACQUIRING)
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.2)

    async def test() -> None:
        async with watching(run, user) as live:
            assert await live.block() == "retry: 2000"
            assert (await live.block() or "").startswith(":")
            assert (await live.block() or "").startswith(":")

    run_async(test)


def test_a_client_that_leaves_frees_everything(make_run: Callable[..., Run], user: User) -> None:
    run = make_run(state=Run.State.ACQUIRING)
    say(run, "one")

    async def test() -> None:
        async with watching(run, user) as one, watching(run, user) as other:
            assert await one.event() and await other.event()
            shared: Hub = hub()
            assert len(shared._watchers[run.pk]) == 2
            await one.leave()
            one.closed = True
            assert len(shared._watchers[run.pk]) == 1
        assert not shared._watchers
        await until(lambda: shared._listener is None)

    run_async(test)


def test_other_runs_do_not_appear(make_run: Callable[..., Run], user: User) -> None:
    run = make_run(state=Run.State.ACQUIRING)
    other = make_run(state=Run.State.DONE)
    say(other, "not this")
    mine = say(run, "this")

    async def test() -> None:
        async with watching(run, user) as live:
            assert (await live.event() or (0,))[0] == mine

    run_async(test)


def test_a_session_may_watch(make_run: Callable[..., Run], user: User) -> None:
    run = make_run(state=Run.State.DONE)
    last = end(run)
    browser = Client()
    browser.force_login(user)
    cookie = browser.cookies["sessionid"].value

    async def test() -> None:
        live = await Stream(run.pk, {"Cookie": f"sessionid={cookie}"}).start()
        assert (await live.event() or (0,))[0] == last
        assert await live.event() is None

    run_async(test)


def test_who_may_not_watch_and_what_is_not_there(
    make_run: Callable[..., Run], instrument: Instrument, user: User, stranger: User
) -> None:
    run = make_run()

    async def status(headers: dict[str, str], number: int = run.pk, query: str = "") -> int:
        live = await Stream(number, headers, query).start()
        assert live.headers["content-type"] == "application/problem+json"
        await live.block()
        return live.status

    async def test() -> None:
        own = {"Authorization": "Bearer " + await in_database(lambda: tokens.create(user, "t").secret)}
        theirs = {"Authorization": "Bearer " + await in_database(lambda: tokens.create(stranger, "t").secret)}
        assert await status({}) == 401
        assert await status({"Authorization": "Bearer rsg_wrong"}) == 401
        assert await status(theirs) == 404
        assert await status(own, number=run.pk + 1) == 404
        assert await status(own, number=10**30) == 404
        assert await status(own | {"Last-Event-ID": "abc"}) == 400
        assert await status(own, query="after=-1") == 400
        assert await status(own, query="after=" + "9" * 30) == 400

    run_async(test)
